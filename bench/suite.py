"""All scenarios on one database; figures as one line of JSON on standard output.

Started by `python -m bench` with DATABASE_URL and DATA_DIR of its own.
"""

import argparse
import json

import django


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale: float = parser.parse_args().scale
    django.setup()
    from bench.figures import all_figures

    print(json.dumps(list(all_figures(scale))))


if __name__ == "__main__":
    main()
