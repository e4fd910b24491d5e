"""Acts on many devices among each other and among registrations."""

from functools import partial

import pytest

from devices.models import ClientBinding, Device, Revocation
from devices.operations import manage_many
from operators.actor import SHELL
from operators.models import AuditEntry
from tests.factories import make_device, make_product, register_one
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_device_that_many_disable_is_disabled_once() -> None:
    product = make_product()
    keys = [make_device(product).pk for _ in range(30)]
    disable = partial(manage_many.set_enabled, SHELL, enabled=False)
    shares = [keys[start : start + 20] for start in (0, 5, 10)]
    outcomes = at_once(*[partial(disable, share[::step]) for share in shares for step in (1, -1)])
    changed = [device.pk for outcome in outcomes for device in outcome.changed]
    assert sorted(changed) == sorted(keys)
    assert Revocation.objects.count() == len(keys)
    assert AuditEntry.objects.filter(act="device.disable").count() == len(keys)


def test_registrations_among_a_clear_are_before_or_after_it() -> None:
    product = make_product()
    names = [f"lamp-{number:04}" for number in range(10)]
    for name in names:
        register_one(product, name)
    keys = list(Device.objects.values_list("pk", flat=True))
    ask = [partial(register_one, product, name) for name in names]
    clear = partial(manage_many.clear, SHELL, keys, refuse_registration=True)
    at_once(*ask, clear, *reversed(ask))
    assert not ClientBinding.objects.filter(voided_at__isnull=True).exists()


def test_registrations_among_a_delete_do_not_bring_a_binding_without_its_device() -> None:
    product = make_product()
    names = [f"lamp-{number:04}" for number in range(10)]
    keys = [make_device(product, name).pk for name in names]
    ask = [partial(register_one, product, name) for name in names]
    at_once(*ask, partial(manage_many.delete, SHELL, keys), *reversed(ask))
    assert not Device.objects.filter(pk__in=keys).exists()
    assert not ClientBinding.objects.filter(device__in=keys).exists()
