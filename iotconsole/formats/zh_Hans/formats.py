"""Django groups Chinese numbers not at all; consoles group them by thousands."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
