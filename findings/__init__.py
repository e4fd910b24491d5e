"""Signs of clones and leaked secrets: seen in the log by a worker, kept as Finding, for a person.

Rooms above may import `models`, `access` and `operations`.
"""
