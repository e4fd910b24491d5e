"""Signs of clones and leaked secrets: seen in the log by a worker, kept as Finding."""
