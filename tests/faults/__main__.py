"""`make faults`: processes killed at random under load, on SQLite and on PostgreSQL."""

import argparse
import random
import subprocess
import sys


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    options = parser.parse_args()
    sys.stdout.write(f"Order of the kills: SEED={options.seed}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "tests.faults.run"]
    load = [f"--cycles={options.cycles}", f"--seed={options.seed}"]
    # One after the other, and both even when the first fails.
    failed = [
        subprocess.run([*command, database, *load], check=False).returncode
        for database in options.database or ("sqlite", "postgres")
    ]
    sys.exit(any(failed))


if __name__ == "__main__":
    main()
