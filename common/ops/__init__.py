"""Settings, logs, metrics, limits and files of a running process."""
