"""The acts on one device: each asks in a dialog, calls its operation and says what changed."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from common.web.confirm_dialog import Act, ask, kept
from common.web.forms import posted
from common.web.htmx import Undo
from devices import blocks
from devices.access import device_or_404
from devices.bulk_actions import ACTS
from devices.bulk_selection import undo_of
from devices.forms import AliasForm, ClearForm, SwitchForm
from devices.last_seen import client_id_rows
from devices.models import Device
from devices.operations import manage
from operators.guards import dangerous_act, operator_act
from operators.permissions import actor_of


@dangerous_act(gettext_noop("switch the ClientID of %(device_name)s"))
def switch(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    """Keep one ClientID."""
    device = device_or_404(request, product_key, device_name)
    rows = client_id_rows(device)
    act = Act.of(
        device,
        _("Switch the ClientID of %(name)s"),
        button=_("OK"),
        done=_("Switched %(name)s. One physical device is kept; the others are blocked."),
    )
    # None is picked at first: the current one alternates while clones kick each other.
    client_ids = [row.client_id for row in rows]
    form = SwitchForm(client_ids, posted(request), initial=dict(kept(request)))

    def perform(data: Mapping[str, Any]) -> object:
        return manage.switch(actor_of(request), product_key, device_name, data["client_id"])

    chosen = form["client_id"].value() or ""
    context = {"device": device, "rows": rows, "chosen": chosen}
    return ask(request, act, perform, form, template="devices/switch.html", context=context)


@dangerous_act(gettext_noop("clear %(device_name)s"))
def clear(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    """Void every ClientID."""
    device = device_or_404(request, product_key, device_name)
    act = Act.of(
        device,
        _("Clear %(name)s"),
        _forbidden_by_clear(device),
        _("Blocked ClientIDs cannot be restored."),
        *blocks.after_clear(device),
        button=_("Clear all physical devices"),
        done=_("Cleared %(name)s. All physical devices are blocked."),
        danger=True,
    )
    form = ClearForm(device_name, posted(request), blocked=device.registration_refused)

    def perform(data: Mapping[str, Any]) -> object:
        return manage.clear(
            actor_of(request),
            product_key,
            device_name,
            refuse_registration=data["refuse_registration"],
        )

    return ask(request, act, perform, form)


def _forbidden_by_clear(device: Device) -> str:
    live = device.bindings.filter(voided_at__isnull=True).count()
    holder = device.preregistered and device.claimed_at and not device.secret_blocked
    if holder:
        sentence = ngettext(
            "%(count)s physical device with a ClientID, and the one that uses the DeviceSecret, "
            "will be disconnected and blocked.",
            "%(count)s physical devices with a ClientID, and the one that uses the DeviceSecret, "
            "will be disconnected and blocked.",
            live,
        )
    else:
        sentence = ngettext(
            "%(count)s physical device will be disconnected and blocked.",
            "%(count)s physical devices will be disconnected and blocked.",
            live,
        )
    return sentence % {"count": live}


@dangerous_act(gettext_noop("allow registration of %(device_name)s"))
def allow(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    device = device_or_404(request, product_key, device_name)
    act = Act.of(
        device,
        _("Allow registration of %(name)s"),
        _(
            "Physical devices can register under this DeviceName again while the product's "
            "Dynamic Registration is on, clones too."
        ),
        button=_("Allow registration"),
        done=_("%(name)s can register again."),
    )
    return ask(
        request,
        act,
        lambda _data: manage.allow_registration(actor_of(request), product_key, device_name),
    )


@operator_act
def alias(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    """Name a device for people."""
    device = device_or_404(request, product_key, device_name)
    here = reverse("devices:alias", args=[product_key, device_name])
    act = Act.of(
        device,
        _("Edit the alias of %(name)s"),
        button=_("OK"),
        done=_("Changed the alias of %(name)s."),
        undo=Undo(here, {"nickname": device.nickname}),
    )
    form = AliasForm(posted(request), initial={"nickname": device.nickname})

    def perform(data: Mapping[str, Any]) -> object:
        return manage.set_nickname(actor_of(request), product_key, device_name, data["nickname"])

    return ask(request, act, perform, form)


@dangerous_act(gettext_noop("reset %(device_name)s"))
def reset(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    device = device_or_404(request, product_key, device_name)
    blocked = device.registration_refused
    act = Act.of(
        device,
        _("Reset %(name)s"),
        *blocks.after_reset(device),
        _("Its state, its live connection and its ClientIDs stay as they are."),
        button=_("Reset"),
        done=_("Reset %(name)s.") if blocked else _("Reset %(name)s: it can register again."),
    )
    return ask(
        request, act, lambda _data: manage.reset(actor_of(request), product_key, device_name)
    )


@dangerous_act(gettext_noop("disable %(device_name)s"))
def disable(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    device = device_or_404(request, product_key, device_name)
    act = Act.of(
        device,
        _("Disable %(name)s"),
        _(
            "The device is disconnected at once. It cannot connect or register until you enable "
            "it. Its data and credentials are kept."
        ),
        button=_("Disable"),
        done=_("Disabled %(name)s."),
        danger=True,
        undo=undo_of(ACTS["disable"], [device]),
    )
    return ask(
        request,
        act,
        lambda _data: manage.set_enabled(
            actor_of(request), product_key, device_name, enabled=False
        ),
    )


@dangerous_act(gettext_noop("enable %(device_name)s"))
def enable(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    device = device_or_404(request, product_key, device_name)
    act = Act.of(
        device,
        _("Enable %(name)s"),
        _("The device can connect again with the credential it has."),
        *blocks.after_enable(device),
        button=_("Enable"),
        done=_("Enabled %(name)s."),
        undo=undo_of(ACTS["enable"], [device]),
    )
    return ask(
        request,
        act,
        lambda _data: manage.set_enabled(actor_of(request), product_key, device_name, enabled=True),
    )


@dangerous_act(gettext_noop("delete %(device_name)s"))
def delete(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    device = device_or_404(request, product_key, device_name)
    act = Act.of(
        device,
        _("Delete %(name)s"),
        _("Its DeviceSecret and all its ClientIDs stop working now and cannot be restored."),
        _(
            "To use the DeviceName on other hardware, add it again afterwards. That issues a new "
            "DeviceSecret."
        ),
        *blocks.after_delete(device),
        button=_("Delete device"),
        done=_("Deleted device %(name)s."),
        then=f"{reverse('devices:list')}?product={product_key}",
        danger=True,
    )
    return ask(
        request,
        act,
        lambda _data: manage.delete_device(actor_of(request), product_key, device_name),
    )
