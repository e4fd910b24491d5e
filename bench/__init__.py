"""`make bench`: what an activation costs, beside what TLS alone costs in the same run."""
