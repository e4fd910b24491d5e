"""The programs of Debian's packages that these tests run, and what is skipped without them."""

from pathlib import Path

import pytest

# What each needs, and the package that has it.
HAPROXY = "haproxy", Path("/usr/sbin/haproxy")
RABBITMQ = "rabbitmq-server", Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
EPMD = "rabbitmq-server", Path("/usr/bin/epmd")
SYSTEMD_ANALYZE = "systemd", Path("/usr/bin/systemd-analyze")


def program(wanted: tuple[str, Path]) -> Path:
    """Skips the test by the name of what is missing."""
    package, path = wanted
    if not path.exists():
        _skip(path.name, package)
    return path


def postgres_binaries() -> Path:
    """The program directory of the newest PostgreSQL installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
    if not found:
        _skip("postgres", "postgresql")
    return found[-1]


def _version(binaries: Path) -> int:
    return int(binaries.parent.name)


def _skip(name: str, package: str) -> None:
    pytest.skip(f"no {name}: `apt install {package}`")
