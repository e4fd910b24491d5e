"""The acts on many devices: their words, and the operation behind each."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from devices.operations import manage_many
from devices.operations.manage_many import Outcome
from operators.actor import Actor

# So many are done in the request; more become a background job.
AT_ONCE = 50
# More than these ask for their number to be typed.
TYPED_FROM = 11


@dataclass(frozen=True, slots=True)
class BulkAct:
    """`opposite` is the key of the act that undoes this one. `done(count)` says what changed."""

    key: str
    title: str | Promise
    job_title: str | Promise
    sentences: tuple[str | Promise, ...]
    perform: Callable[[Actor, Collection[int], Mapping[str, Any]], Outcome]
    done: Callable[[int], str]
    danger: bool = True
    opposite: str = ""


def job_kind(act: str) -> str:
    """The kind of job that does this act."""
    return f"devices.{act}"


def _enable(actor: Actor, keys: Collection[int], _params: Mapping[str, Any]) -> Outcome:
    return manage_many.set_enabled(actor, keys, enabled=True)


def _disable(actor: Actor, keys: Collection[int], _params: Mapping[str, Any]) -> Outcome:
    return manage_many.set_enabled(actor, keys, enabled=False)


def _reset(actor: Actor, keys: Collection[int], _params: Mapping[str, Any]) -> Outcome:
    return manage_many.reset(actor, keys)


def _clear(actor: Actor, keys: Collection[int], params: Mapping[str, Any]) -> Outcome:
    refuse = bool(params.get("refuse_registration"))
    return manage_many.clear(actor, keys, refuse_registration=refuse)


def _delete(actor: Actor, keys: Collection[int], _params: Mapping[str, Any]) -> Outcome:
    return manage_many.delete(actor, keys)


def _enabled(count: int) -> str:
    return ngettext("Enabled %(count)s device.", "Enabled %(count)s devices.", count)


def _disabled(count: int) -> str:
    return ngettext("Disabled %(count)s device.", "Disabled %(count)s devices.", count)


def _was_reset(count: int) -> str:
    return ngettext("Reset %(count)s device.", "Reset %(count)s devices.", count)


def _cleared(count: int) -> str:
    return ngettext("Cleared %(count)s device.", "Cleared %(count)s devices.", count)


def _deleted(count: int) -> str:
    return ngettext("Deleted %(count)s device.", "Deleted %(count)s devices.", count)


ACTS: dict[str, BulkAct] = {
    act.key: act
    for act in (
        BulkAct(
            "enable",
            _("Enable"),
            _("Enable devices"),
            (_("The devices can connect again with the credentials they have."),),
            _enable,
            _enabled,
            danger=False,
            opposite="disable",
        ),
        BulkAct(
            "disable",
            _("Disable"),
            _("Disable devices"),
            (
                _(
                    "The devices are disconnected at once. They cannot connect or register until "
                    "you enable them. Their data and credentials are kept."
                ),
            ),
            _disable,
            _disabled,
            opposite="enable",
        ),
        BulkAct(
            "reset",
            _("Reset"),
            _("Reset devices"),
            (
                _(
                    "Each device can register once more and gets the same DeviceSecret. Use this "
                    "when devices have lost it."
                ),
                _("Their states, live connections and ClientIDs stay as they are."),
            ),
            _reset,
            _was_reset,
            danger=False,
        ),
        BulkAct(
            "clear",
            _("Clear"),
            _("Clear devices"),
            (
                _(
                    "Every physical device of these DeviceNames will be disconnected and "
                    "blocked. Blocked ClientIDs cannot be restored."
                ),
            ),
            _clear,
            _cleared,
        ),
        BulkAct(
            "delete",
            _("Delete"),
            _("Delete devices"),
            (
                _(
                    "Their DeviceSecrets and all their ClientIDs stop working now and cannot be "
                    "restored."
                ),
            ),
            _delete,
            _deleted,
        ),
    )
}
