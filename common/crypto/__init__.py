"""Secrets at rest, and random identifiers."""
