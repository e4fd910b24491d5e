"""`python -m bench.size`: what devices cost when the database has a million of them, and few."""

from bench.batches.__main__ import main

if __name__ == "__main__":
    main("bench.size.suite")
