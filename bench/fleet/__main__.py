"""`python -m bench.fleet`: dry run and import of 100,000 devices, on SQLite and PostgreSQL."""

from bench.batches.__main__ import main

if __name__ == "__main__":
    main("bench.fleet.suite")
