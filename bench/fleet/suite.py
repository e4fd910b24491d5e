"""Runs in a process of its own, with one new database."""

import sys

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from bench.batches.figures import table
    from bench.fleet.figures import COUNT, figures

    call_command("migrate", verbosity=0)
    print(table(figures(max(1, int(COUNT * float(sys.argv[1])))), "fleet"), flush=True)


if __name__ == "__main__":
    main()
