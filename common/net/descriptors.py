"""How many file descriptors, and so connections, this process may have."""

import logging
import resource

logger = logging.getLogger(__name__)

# For files, the database and what else is open besides connections.
RESERVED = 200


def raise_limit(connections: int) -> None:
    """Allow for so many connections, as far as the system lets us; a warning says where not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + RESERVED
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        logger.warning(
            "only %d descriptors allowed: MAX_CONNECTIONS=%d cannot be reached (ulimit -n)",
            allowed,
            connections,
        )


def most_connections(wished: int) -> int:
    """`wished`, or as many as there are descriptors for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wished if soft == resource.RLIM_INFINITY else max(1, min(wished, soft - RESERVED))
