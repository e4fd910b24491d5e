"""The acts on many devices as background jobs."""

from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from devices.access import changeable_devices, visible_devices
from devices.bulk_actions import BulkAct, job_kind
from devices.models import Device
from devices.operations.manage_many import Skipped
from jobs.models import Job
from jobs.payload import keep_changed, rows_of
from jobs.registry import ChunkResult, Kind
from operators.models import Operator

# So many of the skipped are named; all are counted.
_NAMED = 100
_CHUNK = 100

NOT_YOURS = gettext_noop("the account that started this no longer has access to the product")


def _chunk(act: BulkAct, job: Job, position: int, size: int) -> ChunkResult:
    keys = rows_of(job, position, size)
    allowed = _changeable(job, keys)
    outcome = act.perform(job.actor, [key for key in keys if key in allowed], job.params)
    skipped = [*outcome.skipped, *_not_allowed(set(keys) - allowed)]
    if act.opposite:
        keep_changed(job, position, [device.pk for device in outcome.changed])
    return ChunkResult(
        taken=len(keys),
        done=len(outcome.changed),
        failed=len(skipped),
        result=_with_skipped(job, skipped),
    )


def _changeable(job: Job, keys: Sequence[int]) -> set[int]:
    """Those that whoever asked for the job may change at this moment, or that are gone."""
    if job.operator is None:
        return set(keys)
    present = Device.objects.filter(pk__in=keys)
    foreign = present.exclude(pk__in=changeable_devices(job.operator).filter(pk__in=keys))
    return set(keys) - set(foreign.values_list("pk", flat=True))


def _changeable_by(operator: Operator, keys: Sequence[int]) -> set[int]:
    return set(changeable_devices(operator).filter(pk__in=keys).values_list("pk", flat=True))


def _not_allowed(keys: Collection[int]) -> list[Skipped]:
    return [Skipped(key, "", NOT_YOURS) for key in sorted(keys)]


def _with_skipped(job: Job, skipped: Sequence[Skipped]) -> dict[str, Any]:
    counts = Counter(job.result.get("reasons", {}))
    counts.update(each.reason for each in skipped)
    named = job.result.get("named", [])
    names = [each.device_name or f"#{each.device_id}" for each in skipped]
    return {"reasons": dict(counts), "named": [*named, *names][:_NAMED]}


def _told(act: BulkAct, job: Job) -> list[str]:
    told = [act.done(job.done) % {"count": f"{job.done:,}"}]
    told += skipped_in_words(job.result.get("reasons", {}))
    if named := _visible(job, job.result.get("named", [])):
        more = job.failed - len(named)
        text = _("Skipped: %(names)s and %(count)s more.") if more > 0 else _("Skipped: %(names)s.")
        told.append(text % {"names": ", ".join(named), "count": f"{more:,}"})
    return told


def _visible(job: Job, names: list[str]) -> list[str]:
    """Without the names of products that were taken from whoever has asked for the job."""
    if job.operator is None or job.operator.sees_every_product:
        return names
    devices = visible_devices(job.operator).filter(device_name__in=names)
    visible = set(devices.values_list("device_name", flat=True))
    return [name for name in names if name in visible]


def skipped_in_words(reasons: dict[str, int]) -> list[str]:
    return [
        _("%(count)s skipped: %(reason)s") % {"count": f"{count:,}", "reason": _(reason)}
        for reason, count in reasons.items()
    ]


def _links(_job: Job) -> list[tuple[str, str]]:
    return [(_("All devices"), reverse("devices:list"))]


def kind_of(act: BulkAct) -> Kind:
    return Kind(
        job_kind(act.key),
        act.job_title,
        partial(_chunk, act),
        size=_CHUNK,
        told=partial(_told, act),
        changeable=_changeable_by,
        links=_links,
        opposite=job_kind(act.opposite) if act.opposite else "",
    )
