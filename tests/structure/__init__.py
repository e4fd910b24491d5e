"""Tests of the source text itself: they parse files, and need no database."""
