"""Broker clusters that carry data connections: whose sessions are theirs, and how they are told."""
