"""The sections, on one database; every figure is one line of JSON on standard output.

Started by `python -m bench` with DATABASE_URL and DATA_DIR of its own.
"""

import argparse
import json
import os
import sys

import django

from bench.report import SECTIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", choices=SECTIONS, action="append")
    parser.add_argument("--unpinned", action="store_true")
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    from bench.environment import Ground
    from bench.process import allow_descriptors
    from bench.sections import run

    allow_descriptors()
    call_command("migrate", verbosity=0)
    call_command("certificates", verbosity=0)
    ground = Ground(options.scale, os.environ, pinned=not options.unpinned)
    well = run(
        ground, options.only or SECTIONS, lambda figure: print(json.dumps(figure), flush=True)
    )
    sys.exit(not well)


if __name__ == "__main__":
    main()
