"""Background jobs: how far one is, and calling it off."""

from collections.abc import Iterator
from itertools import islice

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from devices.access import changeable_devices
from devices.jobs.facts import job_facts, jobs_of
from devices.jobs.parts import changed_by
from devices.models import Job
from devices.operations import jobs
from common.web.confirm_dialog import Act, ask
from common.web.errors import ConflictError
from common.web.htmx import go, render_page
from operators.guards import dangerous_post, operator_act
from operators.permissions import actor_of, operator_of
from products.access import require_change


def job_or_404(request: HttpRequest, key: int) -> Job:
    job = jobs_of(operator_of(request)).filter(pk=key).first()
    if job is None:
        raise Http404(_("This job does not exist or was deleted."))
    return job


@require_safe
def job(request: HttpRequest, key: int) -> HttpResponse:
    """Its page; the part that shows its progress asks for itself again while it runs."""
    facts = job_facts(job_or_404(request, key), timezone.now())
    context = {"facts": facts, "job": facts.job}
    return render_page(request, "devices/job.html", context, regions=("job-progress",))


@dangerous_post(gettext_noop("undo job %(key)s"))
def undo(request: HttpRequest, key: int) -> HttpResponse:
    """Start the job that takes this one back, as far as one may change what it has changed."""
    found = job_or_404(request, key)
    rows = _changeable(request, changed_by(found))
    try:
        opposite = jobs.undo(actor_of(request), found, rows)
    except ConflictError as error:
        return go(request, found.get_absolute_url(), error.text)
    return go(
        request, opposite.get_absolute_url(), _("The job has started."), trail=opposite.target
    )


def _changeable(request: HttpRequest, keys: Iterator[int]) -> Iterator[int]:
    devices = changeable_devices(operator_of(request))
    while part := list(islice(keys, 1000)):
        allowed = set(devices.filter(pk__in=part).values_list("pk", flat=True))
        yield from (key for key in part if key in allowed)


@operator_act
def cancel(request: HttpRequest, key: int) -> HttpResponse:
    """For whoever asked for the job, and for those who may change its product."""
    found = job_or_404(request, key)
    if found.product and found.operator_id != operator_of(request).pk:
        require_change(operator_of(request), found.product.product_key)
    act = Act.of(
        found,
        _("Cancel this job"),
        _("Finished parts stay. The rest is left unchanged."),
        button=_("Cancel the job"),
        done=_("The job is stopping."),
        danger=True,
    )
    return ask(request, act, lambda _data: jobs.cancel(actor_of(request), key))
