"""SQL as it is compared: what is asked, and not of whom."""

import re

# Names, numbers, and the names of savepoints.
_VALUES = re.compile(r"'[^']*'|\b[0-9]+\b|s[0-9]+_x[0-9]+")


def without_values(statement: str) -> str:
    return _VALUES.sub("…", statement)
