"""Python's collector of garbage, kept away from whoever waits for an answer."""

import gc


def keep_what_is_loaded() -> None:
    """No collection looks at it again. Over Django and the console's own code that took 75 ms, in
    the middle of somebody's answer."""
    gc.collect()
    gc.freeze()


def collect_what_is_new() -> None:
    """Look at what was made since the last time, which takes the less the shorter ago that was. For
    programs that have turned the collector off: by itself it would look at all that lives."""
    gc.collect(0)
