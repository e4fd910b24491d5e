"""Batch Add and Import fleet: readers, checks, reports and the work that adds them.

Rooms above may import `models` and `operations`.
"""
