"""Background jobs: how far one is, and calling it off."""

from collections.abc import Iterator
from itertools import islice

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from common.errors import ConflictError
from common.web.confirm_dialog import Act, ask
from common.web.htmx import go, render_page
from jobs import operations
from jobs.models import Job
from jobs.payload import changed_by
from jobs.progress import job_facts, jobs_of
from jobs.registry import KINDS
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
    return render_page(request, "jobs/details.html", context, regions=("job-progress",))


@dangerous_post(gettext_noop("undo job %(key)s"))
def undo(request: HttpRequest, key: int) -> HttpResponse:
    """Start the job that takes this one back, as far as one may change what it has changed."""
    found = job_or_404(request, key)
    rows = _changeable(request, found)
    try:
        opposite = operations.undo(actor_of(request), found, rows)
    except ConflictError as error:
        return go(request, found.get_absolute_url(), error.text)
    return go(
        request, opposite.get_absolute_url(), _("The job has started."), trail=opposite.target
    )


def _changeable(request: HttpRequest, job: Job) -> Iterator[int]:
    kind, keys = KINDS.get(job.kind), changed_by(job)
    while kind and (part := list(islice(keys, 1000))):
        allowed = kind.changeable(operator_of(request), part)
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
    return ask(request, act, lambda _data: operations.cancel(actor_of(request), key))
