"""Moving a fleet in through the console: upload, look at what the check has found, import."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from itertools import islice
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_safe

from common.sql.paging import keyset_page
from common.web.bodies import takes_upload
from common.web.confirm_dialog import Act, ask
from common.web.downloads import csv_download
from common.web.forms import attempt
from common.web.htmx import go, render_page, wanted_region
from common.web.uploads import dropped_files
from imports.batches.one_upload import one_upload
from imports.fleet.reading import GivenFile, read_fleet
from imports.fleet.report import findings, notes_of, report_lines
from imports.fleet.telling import told
from imports.fleet_forms import FleetForm, largest_upload
from imports.models import FleetImport, ImportState
from imports.operations import fleet_imports
from operators.guards import dangerous_act, operator_act
from operators.permissions import actor_of, operator_of

PAGE_SIZE = 50
# Of what is wrong; the rest is in the report.
MOST_SHOWN = 200
# So long after a running import has last moved, its page says that no worker seems to run.
PATIENCE = timedelta(seconds=15)
_NEVER_RUN = frozenset({ImportState.CHECK, ImportState.APPLY})

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def for_every_product(view: View) -> View:
    """A fleet has products of all kinds: who may not see every one would learn of the others."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if operator_of(request).sees_every_product:
            return view(request, *args, **kwargs)
        raise PermissionDenied(
            _("Only accounts with access to all products can import fleets. Ask one of them.")
        )

    return cast("View", guarded)


def import_or_404(key: int) -> FleetImport:
    found = FleetImport.objects.select_related("operator").filter(pk=key).first()
    if found is None:
        raise Http404(_("Import %(number)s does not exist or was deleted.") % {"number": key})
    return found


def state_kind(fleet: FleetImport) -> str:
    """Which dot stands before the state."""
    if fleet.state == ImportState.STOPPED:
        return "look"
    if fleet.state in _NEVER_RUN:
        return "inactive"
    return "look" if _left_out(fleet) else "ok"


def _left_out(fleet: FleetImport) -> int:
    counted = fleet.done if fleet.state == ImportState.DONE else fleet.found
    bad: int = counted.get("bad", 0)
    return bad


@require_safe
@for_every_product
def import_list(request: HttpRequest) -> HttpResponse:
    page = keyset_page(
        FleetImport.objects.select_related("operator").defer("products"),
        request.GET,
        size=PAGE_SIZE,
    )
    context = {"page": page, "rows": [(fleet, state_kind(fleet)) for fleet in page.rows]}
    return render_page(request, "imports/imports.html", context, regions=("import-list",))


@takes_upload(largest_upload)
@operator_act
@for_every_product
def import_add(request: HttpRequest) -> HttpResponse:
    posted = request.method == "POST"
    files = request.FILES if posted else None
    form = FleetForm(dropped_files(request), request.POST if posted else None, files)
    if form.is_valid():
        fleet = attempt(form, lambda: _begun(request, form.cleaned_data))
        if fleet:
            words = ngettext("Read %(count)s row.", "Read %(count)s rows.", fleet.rows)
            words %= {"count": f"{fleet.rows:,}"}
            return go(request, fleet.get_absolute_url(), words, trail=fleet.target)
    status = 422 if posted else 200
    context = {"form": form}
    return render_page(
        request, "imports/import_add.html", context, regions=("import-form",), status=status
    )


def _begun(request: HttpRequest, data: Mapping[str, Any]) -> FleetImport:
    given = [GivenFile(file.name, file) for file in data["file"]]
    with one_upload():
        reading = read_fleet(given, settings.BATCH_FILE_MB << 20, data["product_key"])
        return fleet_imports.upload_import(
            actor_of(request), reading, assume_activated=data["assume_activated"]
        )


@require_safe
@for_every_product
def fleet_import(request: HttpRequest, key: int) -> HttpResponse:
    """Show what the check found or the import did, and what may be done next."""
    fleet = import_or_404(key)
    shown = [] if fleet.running else list(islice(findings(fleet), MOST_SHOWN + 1))
    context = {
        "fleet": fleet,
        "kind": state_kind(fleet),
        "left_out": _left_out(fleet),
        "good": fleet.total - fleet.found.get("bad", 0),
        "stalled": fleet.running and timezone.now() - fleet.moved_at > PATIENCE,
        "told": [] if fleet.running else told(fleet),
        "notes": notes_of(fleet),
        "problems": shown[:MOST_SHOWN],
        "more_problems": len(shown) > MOST_SHOWN,
        "with_head": wanted_region(request) == "live",
    }
    return render_page(request, "imports/import.html", context, regions=("live",))


@require_safe
@for_every_product
def report(_request: HttpRequest, key: int) -> HttpResponseBase:
    fleet = import_or_404(key)
    return csv_download(f"import-{key}-report.csv", report_lines(fleet), for_people=True)


@dangerous_act(gettext_noop("start import %(key)s"))
@for_every_product
def apply(request: HttpRequest, key: int) -> HttpResponse:
    fleet = import_or_404(key)
    bad = fleet.found.get("bad", 0)
    left = ngettext(
        "%(count)s product or device will be left out. The report stays here.",
        "%(count)s products or devices will be left out. The report stays here.",
        bad,
    ) % {"count": f"{bad:,}"}
    counted = told(fleet)[0]
    sentence = _("New products start with Dynamic Registration off. Existing data stays as it is.")
    act = Act.of(
        fleet,
        _("Import %(number)s"),
        *((counted, left, sentence) if bad else (counted, sentence)),
        button=_("Import"),
        done=_("Import %(number)s has started."),
        number=key,
    )
    return ask(request, act, lambda _data: fleet_imports.apply_import(actor_of(request), key))


@operator_act
@for_every_product
def discard(request: HttpRequest, key: int) -> HttpResponse:
    act = Act.of(
        import_or_404(key),
        _("Discard import %(number)s"),
        _("The uploaded data and its report are deleted. Earlier imports stay."),
        button=_("Discard"),
        done=_("Discarded import %(number)s."),
        then=reverse("imports:imports"),
        number=key,
    )
    return ask(request, act, lambda _data: fleet_imports.discard_import(actor_of(request), key))


@operator_act
@for_every_product
def stop(request: HttpRequest, key: int) -> HttpResponse:
    act = Act.of(
        import_or_404(key),
        _("Stop import %(number)s"),
        _("Imported items stay. Import the rest later with Resume."),
        button=_("Stop"),
        done=_("Stopped import %(number)s."),
        number=key,
    )
    return ask(request, act, lambda _data: fleet_imports.stop_import(actor_of(request), key))


@dangerous_act(gettext_noop("resume import %(key)s"))
@for_every_product
def resume(request: HttpRequest, key: int) -> HttpResponse:
    act = Act.of(
        import_or_404(key),
        _("Resume import %(number)s"),
        _("The import continues where it stopped."),
        button=_("Resume"),
        done=_("Resumed import %(number)s."),
        number=key,
    )
    return ask(request, act, lambda _data: fleet_imports.resume_import(actor_of(request), key))
