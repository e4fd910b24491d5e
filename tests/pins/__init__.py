"""The pins of every requirements*.txt: hashes, release dates, and what is installed beside them.

`python -m tests.pins` is the tool, docs/operations.md says when to use it. Needs no Django.
"""
