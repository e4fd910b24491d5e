"""`python -m tests.pins check|ages|update|newer`.

check   hashes and dates are complete, and the virtual environments hold nothing that is not pinned
ages    when each pinned release was published
update  ask the index for hashes and dates of new pins; `--all`: of every pin, and compare
newer   ask the index which pins have a newer release, and which were withdrawn
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from packaging.version import Version

from tests.pins.checks import installed_in, problems_of, unpinned
from tests.pins.dates import age_lines, read_dates
from tests.pins.registry import Registry, RegistryError, Release
from tests.pins.renewal import renew
from tests.pins.requirements import ENVIRONMENTS, ROOT, RequirementError, all_files, by_key


def say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def ages(_arguments: argparse.Namespace) -> int:
    say(age_lines(read_dates(), datetime.now(UTC).date()))
    return 0


def check(arguments: argparse.Namespace) -> int:
    files, dates = all_files(), read_dates()
    found = problems_of(files, dates)
    for environment in ENVIRONMENTS:
        found += unpinned(environment, installed_in(environment), files)
    if not found:
        ages(arguments)
        hashes = sum(len(pin.hashes) for pin in by_key(files).values())
        say([f"{len(dates)} pins with {hashes} hashes; nothing else is installed."])
    say(found)
    return 1 if found else 0


def update(arguments: argparse.Namespace) -> int:
    asked = renew(ROOT, Registry(), every=arguments.all)
    say(
        f"{name} {version} of {each.released}, {len(each.hashes)} files"
        for (name, version), each in asked.items()
    )
    return 0


def newer(_arguments: argparse.Namespace) -> int:
    registry = Registry()
    for name, version in sorted(by_key(all_files())):
        say(_news(f"{name} {version}", Version(version), registry.releases(name)))
    return 0


def _news(pin: str, version: Version, releases: Mapping[Version, Release]) -> Iterator[str]:
    pinned = releases.get(version)
    if pinned is None:
        yield f"{pin} is not in the index any more"
        return
    good = [each for each in releases if not (each.is_prerelease or releases[each].yanked)]
    newest = releases[max(good, default=version)]
    if pinned.yanked:
        yield f"{pin} was withdrawn: {pinned.yanked}"
    if newest.version > version:
        yield f"{pin} ({pinned.released}), newest is {newest.version} ({newest.released})"


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "check": check,
    "ages": ages,
    "update": update,
    "newer": newer,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.pins", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--all", action="store_true", help="with update: every pin anew")
    arguments = parser.parse_args()
    try:
        return COMMANDS[arguments.command](arguments)
    except (RegistryError, RequirementError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
