"""The Log Service: what devices did and were refused, why, and how often.

`operations.log_writer` is its single way in. Any room above may import from here, views apart.
"""
