"""Whether the time a refusal takes tells what it was refused for."""
