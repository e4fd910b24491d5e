"""Making a backup while everything runs, and restoring one into an empty installation."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.contrib.sessions.models import Session as WebSession
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import gettext_noop

from iotconsole.transfer import CopyError
from iotconsole.transfer.archive import Backup, reading, writing
from iotconsole.transfer.keys import files_to_keep, keys_afterwards, put_files, require_fit
from iotconsole.transfer.loader import applied_migrations, fill, require_empty, tables_to_copy
from iotconsole.transfer.sequences import last_number
from iotconsole.transfer.snapshot import one_moment
from operators.actor import SHELL
from operators.audit_verify import verify as verify_audit
from operators.models import SignedIn
from operators.operations import audit

# Who was signed in signs in anew: a session ended since must not come back to life.
LEFT_OUT = (WebSession, SignedIn)


@dataclass(frozen=True, slots=True)
class Report:
    """Rows by table, and the names of the files in DATA_DIR that came along."""

    rows: Mapping[str, int]
    files: list[str]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def back_up(file: Path, directory: Path) -> Report:
    """Everything as it is at one moment, in `file`, with the keys of `directory` (DATA_DIR).

    Raises CopyError or OSError; no file is left then.
    """
    if file.exists():
        raise CopyError(f"{file} exists already; nothing is overwritten.")
    rows: dict[str, int] = {}
    kept = dict(files_to_keep(directory))
    with writing(file) as output:
        with one_moment():
            for table in tables_to_copy():
                if table.model not in LEFT_OUT:
                    last = last_number(table, "default")
                    rows[table.name] = output.add_table(table, table.rows("default"), last)
            applied = applied_migrations()
        for name, content in kept.items():
            output.add_file(name, content)
        output.finish(applied, timezone.now().isoformat())
    summary = gettext_noop("Backed up the whole installation: %(rows)s rows")
    audit.record(SHELL, "installation.back_up", "", summary, rows=sum(rows.values()))
    return Report(rows, list(kept))


def restore(file: Path, directory: Path) -> Report:
    """Fill the empty installation whose DATA_DIR is `directory`. Raises CopyError or OSError.

    Before anything is committed all rows are read back, every secret is opened, and the audit
    trail is followed to its end. After a failure it may simply be run again.
    """
    with reading(file) as backup:
        call_command("migrate", interactive=False, verbosity=0)
        _require_same_migrations(backup)
        require_empty()
        files = backup.files()
        keys = keys_afterwards(directory, files)

        def verify() -> None:
            require_fit(keys)
            _require_whole_trail()

        # First the keys: rows that nobody could read would be in the way of another attempt.
        put_files(directory, files)
        rows = fill(backup, verify=verify)
        made_at = backup.made_at
    summary = gettext_noop("Restored the backup made at %(made_at)s: %(rows)s rows")
    total = sum(rows.values())
    audit.record(SHELL, "installation.restore", "", summary, made_at=made_at, rows=total)
    return Report(rows, list(files))


def _require_same_migrations(backup: Backup) -> None:
    """The tables of another version could lack a column, or have one more."""
    here = applied_migrations()
    if missing := sorted(backup.migrations - here):
        raise CopyError(f"The backup comes from a newer version ({missing[0]}). Install that one.")
    if unknown := sorted(here - backup.migrations):
        raise CopyError(
            f"The backup comes from an older version, without {unknown[0]}. Restore it with that "
            "version into an empty database, then upgrade."
        )


def _require_whole_trail() -> None:
    verdict = verify_audit()
    if verdict.broken:
        raise CopyError(f"The audit trail does not hold: {verdict.broken.words}")
