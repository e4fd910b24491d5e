"""Stored messages and addresses, as people and columns need them."""
