"""Background jobs on other pages than their own."""

from typing import Any

from django import template
from django.utils import timezone

from devices.jobs.facts import job_facts, jobs_of
from devices.models import Job
from operators.models import Operator

register = template.Library()

_RECENT = 10


@register.inclusion_tag("devices/_job_progress.html", takes_context=True)
def job_progress(context: template.Context, job: Job, user: Operator) -> dict[str, Any]:
    """How far it is; asks its own page for news while it runs."""
    facts = job_facts(job, timezone.now())
    csrf_token = context.get("csrf_token")
    return {"facts": facts, "job": job, "user": user, "csrf_token": csrf_token}


@register.inclusion_tag("devices/_recent_jobs.html")
def recent_jobs(user: Operator) -> dict[str, Any]:
    """The newest jobs with their states."""
    now = timezone.now()
    return {"jobs": [job_facts(job, now) for job in jobs_of(user).order_by("-pk")[:_RECENT]]}
