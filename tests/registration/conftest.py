from tests.console.fixtures import ca_file, chen, console, fleet, outbox, viewing

__all__ = ["ca_file", "chen", "console", "fleet", "outbox", "viewing"]
