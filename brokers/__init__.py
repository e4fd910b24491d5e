"""Broker clusters that carry data connections: their webhooks, and the drivers that disconnect.

Nothing but `iotconsole` may import from here.
"""
