"""Moving a fleet in: what was given is checked first, then imported."""

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, NotFoundError
from common.text.stored_messages import for_count
from imports.fleet.reading import Reading
from imports.fleet.records import Item, pack
from imports.models import PART_ROWS, FleetImport, FleetPart, ImportState
from imports.operations.fleet_runner import begin, finish_small
from imports.operations.fleet_stages import locked_import
from operators.actor import Actor
from operators.operations import audit

# Parts are written so many at a time: each holds a few hundred encrypted rows.
_PARTS_AT_ONCE = 20


def upload_import(actor: Actor, reading: Reading, *, assume_activated: bool = False) -> FleetImport:
    """Keep what was read, encrypted, and begin to compare it with what is here."""
    with transaction.atomic():
        fleet = FleetImport.objects.create(
            file_names=[name[-100:] for name in reading.file_names],
            notes=[note.as_data() for note in reading.notes],
            rows=reading.rows,
            total=len(reading.items),
            assume_activated=assume_activated,
            operator=actor.operator,
            origin=actor.origin,
            address=actor.address,
            moved_at=timezone.now(),
        )
        FleetPart.objects.bulk_create(_parts(fleet, reading.items), batch_size=_PARTS_AT_ONCE)
        summary = for_count(
            gettext_noop("Uploaded %(rows)s row of a fleet to check, import %(import)s"),
            gettext_noop("Uploaded %(rows)s rows of a fleet to check, import %(import)s"),
            fleet.rows,
        )
        _record(actor, "import.upload", fleet, summary)
        begin(actor, fleet)
    return finish_small(fleet)


def apply_import(actor: Actor, key: int, *, all_or_nothing: bool = False) -> FleetImport:
    """Begin to import what is good of a checked fleet; with `all_or_nothing`, if all of it is."""
    with transaction.atomic():
        fleet = _locked(key, ImportState.CHECKED)
        bad = fleet.found.get("bad", 0)
        if bad and all_or_nothing:
            raise ConflictError(_("Some rows cannot be imported, so none was imported."))
        if bad == fleet.total:
            raise ConflictError(_("Nothing can be imported."))
        fleet.state, fleet.position = ImportState.APPLY, 0
        fleet.operator, fleet.origin, fleet.address = actor.operator, actor.origin, actor.address
        _save_stage(fleet)
        _record(actor, "import.apply", fleet, gettext_noop("Started import %(import)s"))
        begin(actor, fleet)
    return finish_small(fleet)


def discard_import(actor: Actor, key: int) -> None:
    """Forget a fleet that was not imported, and every secret of it that was kept."""
    with transaction.atomic():
        states = (ImportState.CHECK, ImportState.CHECKED, ImportState.STOPPED)
        fleet = _locked(key, *states)
        _record(actor, "import.discard", fleet, gettext_noop("Discarded import %(import)s"))
        fleet.delete()


def stop_import(actor: Actor, key: int) -> FleetImport:
    """Go no further. What was imported stays, and the rest can be imported later."""
    with transaction.atomic():
        fleet = _locked(key, ImportState.CHECK, ImportState.APPLY)
        fleet.state = ImportState.STOPPED
        _save_stage(fleet)
        _record(actor, "import.stop", fleet, gettext_noop("Stopped import %(import)s"))
    return fleet


def resume_import(actor: Actor, key: int) -> FleetImport:
    """Go on with a fleet that was stopped, where it was."""
    with transaction.atomic():
        fleet = _locked(key, ImportState.STOPPED)
        fleet.state = ImportState.APPLY if fleet.checked else ImportState.CHECK
        _save_stage(fleet)
        _record(actor, "import.resume", fleet, gettext_noop("Resumed import %(import)s"))
        begin(actor, fleet)
    return finish_small(fleet)


def _parts(fleet: FleetImport, items: Sequence[Item]) -> Iterator[FleetPart]:
    for number, start in enumerate(range(0, len(items), PART_ROWS)):
        some = items[start : start + PART_ROWS]
        problems = [[*item.name, found.as_data()] for item in some for found in item.problems]
        yield FleetPart(fleet_import=fleet, number=number, payload=pack(some), problems=problems)


def _locked(key: int, *states: ImportState) -> FleetImport:
    fleet = locked_import(key, *states)
    if fleet is None:
        if not FleetImport.objects.filter(pk=key).exists():
            raise NotFoundError(_("This import does not exist or was deleted."))
        raise ConflictError(_("The current state of this import does not allow that."))
    return fleet


def _save_stage(fleet: FleetImport) -> None:
    fleet.moved_at = timezone.now()
    columns = ["state", "position", "moved_at", "operator", "origin", "address"]
    fleet.save(update_fields=columns)


def _record(actor: Actor, act: str, fleet: FleetImport, summary: str) -> None:
    facts = {"rows": fleet.rows, "import": fleet.pk}
    audit.record(actor, act, fleet.target, summary, **facts)
