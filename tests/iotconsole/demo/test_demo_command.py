"""`manage.py demo`."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from devices.device_state import compromised, state_of, with_state
from devices.models import ClientBinding, Device, DeviceState, Session
from findings.evidence import stored_parties
from findings.models import Finding, FindingKind, FindingState
from findings.texts import sentence
from iotconsole.demo.scenario import LAMPS, SENSORS
from iotconsole.demo.week import METERS
from logs.hourly_stats import history
from logs.models import LogEntry
from logs.reasons import REASONS
from products.models import Product
from tests.factories import make_device, make_product
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def simulator_state(settings: Settings, tmp_path: Path) -> Path:
    """Where the demonstration leaves credentials for the simulator."""
    settings.DATA_DIR = tmp_path
    return tmp_path / "simulator"


def test_it_makes_three_products_that_say_what_they_are() -> None:
    told = answer("demo")
    assert told["made"] is True
    assert {product["name"] for product in told["products"]} == {LAMPS, SENSORS, METERS}
    assert all("demo --remove" in product.description for product in Product.objects.all())


def test_it_makes_a_dozen_devices_in_every_state_but_online() -> None:
    answer("demo")
    others = Device.objects.exclude(product__name=METERS)
    states = [state_of(device) for device in with_state(others)]
    assert len(states) >= 12
    # Online is who is connected: `manage.py demo_devices` sees to that.
    assert set(states) == set(DeviceState) - {DeviceState.ONLINE}
    assert not Session.objects.filter(ended_at__isnull=True).exists()


def test_one_device_is_cloned_and_its_client_ids_first_connected_at_different_times() -> None:
    answer("demo")
    device = compromised(Device.objects.filter(product__name=LAMPS)).get()
    bindings = ClientBinding.objects.filter(device=device, voided_at__isnull=True)
    assert len({binding.first_connected_at for binding in bindings} - {None}) == 3
    assert len(set(device.sessions.values_list("address", flat=True))) == 3
    assert len(set(device.sessions.values_list("sdk", flat=True))) == 2


def test_its_refusals_have_many_reasons() -> None:
    answer("demo")
    reasons = set(LogEntry.objects.exclude(code="200").values_list("reason", flat=True))
    assert reasons <= REASONS.keys()
    assert reasons >= {
        "already_activated",
        "bad_credential",
        "bad_signature",
        "client_id_void",
        "device_disabled",
        "device_not_found",
        "dynamic_registration_off",
        "no_tls",
        "product_not_found",
        "registration_refused",
        "topic_denied",
    }


def test_its_history_is_a_week_long_in_order_and_over() -> None:
    before = timezone.now()
    answer("demo")
    times = list(LogEntry.objects.order_by("pk").values_list("at", flat=True))
    assert times == sorted(times)
    assert timedelta(days=7) < times[-1] - times[0] < timedelta(days=7, hours=3)
    assert times[-1] <= timezone.now()
    for device in Device.objects.exclude(activated_at=None):
        assert device.activated_at is not None
        assert device.created_at <= device.activated_at < before


def test_it_has_a_finding_of_each_kind_with_its_evidence() -> None:
    answer("demo")
    found = Finding.objects.all()
    assert {finding.kind for finding in found} == set(FindingKind)
    assert {finding.state for finding in found} == {FindingState.OPEN}
    assert all(sentence(finding) for finding in found)
    shared = found.get(kind=FindingKind.SHARED)
    one, other = stored_parties(shared.evidence)
    assert one.sdks != other.sdks


def test_its_log_is_counted_hour_by_hour() -> None:
    answer("demo")
    activations = history(timezone.now()).activations
    assert sum(activations.values()) == Device.objects.exclude(activated_at=None).count()
    assert len(activations) > 15


def test_a_second_run_changes_nothing() -> None:
    first = answer("demo")
    entries = LogEntry.objects.count()
    assert answer("demo") == {**first, "made": False}
    assert LogEntry.objects.count() == entries


def test_in_words_it_says_what_it_made_and_where_to_look() -> None:
    told = words("demo")
    for product in Product.objects.all():
        assert product.product_key in told
        assert product.product_secret not in told
    assert django_settings.CONSOLE_URL in told
    assert "Log Service" in told
    assert "is there already" in words("demo")


def test_removed_it_is_gone_and_others_stay(simulator_state: Path) -> None:
    others = make_device(make_product(), "lamp-0001")
    answer("demo")
    assert len(list(simulator_state.iterdir())) == 3
    devices = Device.objects.count() - 1
    assert answer("demo", "--remove")["removed_devices"] == devices
    assert Product.objects.get() == others.product
    assert Device.objects.get() == others
    left = set(LogEntry.objects.values_list("product_key", flat=True))
    assert left == {others.product.product_key}
    assert list(simulator_state.iterdir()) == []
    assert not Finding.objects.exists()
    assert "no demonstration" in words("demo", "--remove")


def test_removed_it_can_be_made_again() -> None:
    answer("demo")
    Product.objects.filter(name=LAMPS).update(status="published")
    answer("demo", "--remove")
    assert answer("demo")["made"] is True


def test_a_name_in_use_makes_nothing_and_is_told() -> None:
    Product.objects.create(name=SENSORS, description="Somebody's own")
    assert "already exists" in failure("demo")["error"]
    assert Product.objects.get().name == SENSORS
    assert not LogEntry.objects.exists()
    answer("demo", "--remove")
    assert Product.objects.exists()
