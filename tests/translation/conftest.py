from tests.console.fixtures import chen, console, fleet, unconfirmed

__all__ = ["chen", "console", "fleet", "unconfirmed"]
