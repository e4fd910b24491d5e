from tests.console.fixtures import ca_file, chen, console, fleet, mei, outbox, unconfirmed, viewing

__all__ = ["ca_file", "chen", "console", "fleet", "mei", "outbox", "unconfirmed", "viewing"]
