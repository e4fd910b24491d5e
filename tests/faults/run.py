"""`make faults`: cycles on one database; Django is set up once that is there.

Exit status 1 when something was violated.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.world import prepared, running


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", choices=("sqlite", "postgres"))
    parser.add_argument("--cycles", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    sys.stderr.write(f"{options.database}, SEED={options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        directory = Path(name)
        with prepared(options.database, directory) as database:
            from tests.faults import cycles

            with running(directory, database) as world:
                began = time.monotonic()
                report = asyncio.run(cycles.run(world, options.cycles, options.seed, _tell))
                seconds = time.monotonic() - began
    lines = [f"{options.database}: {report}, {seconds:.0f} s"]
    lines += [f"  {violation.rule}: {violation.what}" for violation in report.violations]
    lines += [f"    {line}" for line in report.stories]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(bool(report.violations))


def _tell(report: object) -> None:
    sys.stderr.write(f"so far: {report}\n")


if __name__ == "__main__":
    main()
