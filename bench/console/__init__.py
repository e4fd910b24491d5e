"""`make bench-console`: how long the console's pages take with a million devices."""
