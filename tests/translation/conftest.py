from tests.console.browser import browser, visit
from tests.console.fixtures import chen, console, fleet, unconfirmed

__all__ = ["browser", "chen", "console", "fleet", "unconfirmed", "visit"]
