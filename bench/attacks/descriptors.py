"""As many open files as the system lets this process have."""

import resource


def allow_descriptors() -> int:
    """How many that are."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
