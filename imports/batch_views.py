"""Batch Add and Batch Management."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_safe

from common.sql.paging import keyset_page
from common.web.bodies import takes_upload
from common.web.confirm_dialog import Act, ask
from common.web.forms import attempt, posted
from common.web.htmx import go, render_page, wanted_region
from devices.device_state import with_product, with_state
from devices.last_seen import device_rows
from imports.access import batch_or_404, visible_batches
from imports.batch_forms import METHODS, AddBatchForm, BatchForm, largest_upload
from imports.batches.one_upload import one_upload
from imports.batches.reading import read_file
from imports.batches.report import bad_rows, notes_of
from imports.filters import BatchFilter
from imports.models import BatchMethod, BatchState, DeviceBatch
from imports.operations import batches
from jobs.progress import job_facts, jobs_of
from operators.guards import dangerous_act, dangerous_when, operator_act
from operators.permissions import actor_of, operator_of
from products.access import changeable_products

PAGE_SIZE = 50
MOST_JOBS = 10
# Of the rows that cannot be added; the others are in the report.
MOST_SHOWN = 200
# So long after a running batch has last moved, its page says that no worker seems to run.
PATIENCE = timedelta(seconds=15)
# How the console colours a state.
_KINDS = {
    BatchState.CHECK_SUCCESS: "ok",
    BatchState.CHECK_FAILED: "look",
    BatchState.CREATE_SUCCESS: "ok",
    BatchState.CREATE_FAILED: "refused",
}


def state_kind(batch: DeviceBatch) -> str:
    """Which dot stands before the state."""
    if batch.stopped:
        return "look"
    return _KINDS.get(BatchState(batch.state), "inactive")


@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    operator = operator_of(request)
    chosen = BatchFilter(request.GET, queryset=visible_batches(operator), request=request)
    page = keyset_page(chosen.rows, request.GET, size=PAGE_SIZE)
    context = {
        "filter": chosen,
        "page": page,
        "rows": [(batch, state_kind(batch)) for batch in page.rows],
        "filtered": bool(request.GET),
        "jobs": [job_facts(job, timezone.now()) for job in jobs_of(operator)[:MOST_JOBS]],
    }
    return render_page(request, "imports/batches.html", context, regions=("batch-list",))


def _adds_at_once(request: HttpRequest) -> bool:
    """Whether this POST adds devices. A list that is uploaded is only checked."""
    return request.POST.get("method") != BatchMethod.UPLOAD


@takes_upload(largest_upload)
@dangerous_when(_adds_at_once, gettext_noop("add devices"))
def batch_add(request: HttpRequest) -> HttpResponse:
    form = BatchForm(
        changeable_products(operator_of(request)),
        posted(request),
        request.FILES if request.method == "POST" else None,
        initial=_initial(request),
    )
    if form.is_valid():
        batch = attempt(form, lambda: _begun(request, form.cleaned_data))
        if batch:
            return go(request, batch.get_absolute_url(), _begun_words(batch), trail=batch.target)
    return render_page(
        request,
        "imports/batch_add.html",
        {"form": form},
        regions=("batch-form",),
        status=422 if form.is_bound else 200,
    )


def _initial(request: HttpRequest) -> dict[str, str | None]:
    method = request.GET.get("method")
    known = method if method in dict(METHODS) else BatchMethod.AUTO
    return {"product": request.GET.get("product"), "method": known}


def _begun(request: HttpRequest, data: Mapping[str, Any]) -> DeviceBatch:
    actor, product_key = actor_of(request), data["product"].product_key
    if data["method"] == BatchMethod.AUTO:
        return batches.generate_batch(
            actor, product_key, data["count"], name_prefix=data["name_prefix"]
        )
    file = data["file"]
    with one_upload():
        reading = read_file(file, settings.BATCH_FILE_MB << 20)
        return batches.upload_batch(actor, product_key, reading, file_name=file.name)


def _begun_words(batch: DeviceBatch) -> str:
    facts = {"count": f"{batch.total:,}", "file": batch.file_name}
    if batch.method == BatchMethod.AUTO:
        words = ngettext("Adding %(count)s device.", "Adding %(count)s devices.", batch.total)
    else:
        words = ngettext(
            "Read %(count)s row of %(file)s.", "Read %(count)s rows of %(file)s.", batch.total
        )
    return words % facts


@require_safe
def batch(request: HttpRequest, key: int) -> HttpResponse:
    """Details: what is wrong with its rows, how far it is, its devices."""
    shown = batch_or_404(request, key)
    page = keyset_page(with_state(with_product(shown.devices.all())), request.GET, size=PAGE_SIZE)
    problems = [] if shown.running else _problems(shown)
    context = {
        "batch": shown,
        "product": shown.product,
        "kind": state_kind(shown),
        "stalled": shown.running and timezone.now() - shown.moved_at > PATIENCE,
        "notes": notes_of(shown),
        "problems": problems,
        "more_problems": shown.bad > MOST_SHOWN,
        "page": page,
        "rows": device_rows(page.rows),
        **_activation(shown),
        "with_head": wanted_region(request) == "live",
    }
    return render_page(request, "imports/batch.html", context, regions=("live", "batch-devices"))


def _activation(shown: DeviceBatch) -> dict[str, int]:
    """How many of its devices have connected so far; of those that are still there."""
    return shown.devices.aggregate(
        activated=Count("pk", filter=Q(activated_at__isnull=False)),
        inactive=Count("pk", filter=Q(activated_at__isnull=True)),
    )


def _problems(shown: DeviceBatch) -> list[Any]:
    found: list[Any] = []
    for row in bad_rows(shown):
        if len(found) == MOST_SHOWN:
            break
        found.append([row, [(problem, row.value(problem.column)) for problem in row.problems]])
    return found


@dangerous_act(gettext_noop("add batch %(key)s"))
def add_checked(request: HttpRequest, key: int) -> HttpResponse:
    """Add the good rows of a list; with none bad, the operator may want all or nothing."""
    shown = batch_or_404(request, key, change=True)
    counted = ngettext(
        "%(count)s device will be added to product %(product)s, with a new DeviceSecret.",
        "%(count)s devices will be added to product %(product)s, with new DeviceSecrets.",
        shown.good,
    ) % {"count": f"{shown.good:,}", "product": shown.product.name}
    left = ngettext(
        "%(count)s row will be left out. The report stays here.",
        "%(count)s rows will be left out. The report stays here.",
        shown.bad,
    ) % {"count": f"{shown.bad:,}"}
    act = Act.of(
        shown,
        _("Add batch %(batch)s"),
        *((counted, left) if shown.bad else (counted,)),
        button=_("Add devices"),
        done=_("Adding batch %(batch)s."),
        batch=key,
    )
    form = None if shown.bad else AddBatchForm(posted(request))

    def perform(data: Mapping[str, Any]) -> object:
        whole = data.get("all_or_nothing", False)
        return batches.add_batch(actor_of(request), key, all_or_nothing=whole)

    return ask(request, act, perform, form)


@operator_act
def discard(request: HttpRequest, key: int) -> HttpResponse:
    shown = batch_or_404(request, key, change=True)
    act = Act.of(
        shown,
        _("Discard batch %(batch)s"),
        _("The list and its report are deleted. No device is changed."),
        button=_("Discard"),
        done=_("Discarded batch %(batch)s."),
        then=reverse("imports:batches"),
        batch=key,
    )
    return ask(request, act, lambda _data: batches.discard_batch(actor_of(request), key))


@operator_act
def stop(request: HttpRequest, key: int) -> HttpResponse:
    shown = batch_or_404(request, key, change=True)
    act = Act.of(
        shown,
        _("Stop batch %(batch)s"),
        _("Added devices stay. Add the others later with Resume."),
        button=_("Stop"),
        done=_("Stopped batch %(batch)s."),
        batch=key,
    )
    return ask(request, act, lambda _data: batches.stop_batch(actor_of(request), key))


@dangerous_act(gettext_noop("resume batch %(key)s"))
def resume(request: HttpRequest, key: int) -> HttpResponse:
    shown = batch_or_404(request, key, change=True)
    act = Act.of(
        shown,
        _("Resume batch %(batch)s"),
        _("The remaining devices are added."),
        button=_("Resume"),
        done=_("Resumed batch %(batch)s."),
        batch=key,
    )
    return ask(request, act, lambda _data: batches.resume_batch(actor_of(request), key))
