from tests.console.browser import browser, visit
from tests.console.fixtures import ca_file, chen, console, fleet, outbox, unconfirmed, viewing

__all__ = [
    "browser",
    "ca_file",
    "chen",
    "console",
    "fleet",
    "outbox",
    "unconfirmed",
    "viewing",
    "visit",
]
