"""Runs in a process of its own, with one new database."""

import sys

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from bench.size.figures import LEAST, MANY, few, figures, table

    call_command("migrate", verbosity=0)
    many = max(LEAST, int(MANY * float(sys.argv[1])))
    print(table([figures(few(many)), figures(many)]), flush=True)


if __name__ == "__main__":
    main()
