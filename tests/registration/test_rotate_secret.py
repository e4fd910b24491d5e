"""A new ProductSecret, and the old one beside it for as long as somebody chose."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings

from common.errors import ConflictError, OperationError
from devices.device_state import with_old_secret
from devices.models import Device
from devices.operations.refusal import Refused
from iotconsole.secret_rotation import reencrypt_secrets
from logs.models import LogEntry
from logs.reasons import Reason
from operators.actor import SHELL
from operators.confirmation import Confirmed
from operators.models import AuditEntry
from products.models import Product
from protocol import signing
from protocol.client_id import RegistrationMode
from registration.operations.register import Outcome
from registration.operations.rotate_secret import (
    AT_ONCE,
    Overlap,
    end_overlap,
    end_overlap_purpose,
    forget_ended_secrets,
    rotate_secret,
    rotation_purpose,
)
from tests.factories import (
    connect_by_token,
    issued_client_id,
    make_device,
    make_product,
    register_now,
    registration,
)

pytestmark = pytest.mark.django_db
REGISTER = RegistrationMode.REGISTER
MONTH = Overlap(days=30)


def rotated(product: Product, overlap: Overlap = AT_ONCE) -> Product:
    confirmed = Confirmed.by_shell(rotation_purpose(product, overlap))
    return rotate_secret(product, confirmed=confirmed, overlap=overlap)


def overlap_ended(product: Product) -> Product:
    return end_overlap(product, confirmed=Confirmed.by_shell(end_overlap_purpose(product)))


def ask(product: Product, name: str, *, now: datetime | None = None) -> Outcome:
    """With the ProductSecret that this `product` object holds."""
    return register_now(registration(product, name), now=now)[0]


BAD = Refused(Reason.BAD_SIGNATURE)


def test_without_overlap_only_the_new_one_serves() -> None:
    old = make_product()
    new = rotated(old)
    assert new.product_secret != old.product_secret
    assert ask(old, "lamp-0001") == BAD
    assert not isinstance(ask(new, "lamp-0002"), Refused)


def test_during_the_overlap_both_serve_and_to_the_second() -> None:
    old = make_product()
    new = rotated(old, MONTH)
    until = new.previous_secret_until
    assert until is not None
    assert not isinstance(ask(new, "lamp-0001"), Refused)
    assert not isinstance(ask(old, "lamp-0001", now=until - timedelta(seconds=1)), Refused)
    assert ask(old, "lamp-0001", now=until) == BAD
    assert not isinstance(ask(new, "lamp-0001", now=until), Refused)


def test_the_overlap_may_end_at_a_moment() -> None:
    until = datetime.now(UTC) + timedelta(hours=3)
    assert rotated(make_product(), Overlap(until=until)).previous_secret_until == until


def test_a_second_rotation_kills_the_oldest() -> None:
    first = make_product()
    second = rotated(first, MONTH)
    third = rotated(second, MONTH)
    assert ask(first, "lamp-0001") == BAD
    assert not isinstance(ask(second, "lamp-0001"), Refused)
    assert not isinstance(ask(third, "lamp-0001"), Refused)
    assert third.secret_version == 3


def test_a_third_rotation_without_overlap_leaves_one() -> None:
    second = rotated(make_product(), MONTH)
    third = rotated(second)
    assert ask(second, "lamp-0001") == BAD
    assert third.previous_secret_sealed == ""


def test_the_overlap_can_be_ended_before_its_time() -> None:
    old = make_product()
    new = overlap_ended(rotated(old, MONTH))
    assert ask(old, "lamp-0001") == BAD
    assert not isinstance(ask(new, "lamp-0001"), Refused)
    with pytest.raises(ConflictError):
        overlap_ended(new)


def test_the_round_forgets_what_serves_no_longer() -> None:
    product, other = rotated(make_product(), Overlap(days=1)), rotated(make_product(), MONTH)
    forget_ended_secrets(datetime.now(UTC) + timedelta(days=2))
    product.refresh_from_db()
    other.refresh_from_db()
    assert (product.previous_secret_sealed, product.previous_secret_until) == ("", None)
    assert other.previous_secret_sealed
    entry = AuditEntry.objects.get(act="product.end_overlap")
    assert (entry.origin, entry.target) == ("system", product.target)


def test_registered_devices_are_not_affected() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    rotated(product)
    assert not isinstance(connect_by_token(product, "lamp-0001", issued), Refused)


# --- who still uses the old one --------------------------------------------------------------
def used_old(product: Product) -> set[str]:
    devices = with_old_secret(Device.objects.filter(product=product))
    return {device.device_name for device in devices}


def test_which_devices_registered_with_the_old_one_since_is_known() -> None:
    old = make_product()
    ask(old, "before-0001")
    make_device(old, "pre-0001")
    make_device(old, "never-0001")
    new = rotated(old, MONTH)
    assert used_old(old) == set()
    ask(old, "created-0001")
    ask(new, "newer-0001")
    register_now(registration(old, "pre-0001", REGISTER), registration(new, "newer-0001"))
    assert used_old(old) == {"created-0001", "pre-0001"}


def test_a_device_that_comes_back_with_the_new_one_has_left_the_old() -> None:
    old = make_product()
    new = rotated(old, MONTH)
    ask(old, "lamp-0001")
    assert used_old(old) == {"lamp-0001"}
    ask(new, "lamp-0001")
    assert used_old(old) == set()


def test_both_secrets_in_one_batch_are_told_apart() -> None:
    old = make_product()
    new = rotated(old, MONTH)
    requests = [registration(p, f"lamp-{n:04}") for n in range(4) for p in ((old, new)[n % 2],)]
    register_now(*requests)
    register_now(*requests[:2], *[registration(old, "lamp-0003")])
    versions = {d.device_name: d.secret_version for d in Device.objects.all()}
    assert versions == {"lamp-0000": 1, "lamp-0001": 2, "lamp-0002": 1, "lamp-0003": 1}


# --- what is kept, told and given away -------------------------------------------------------
def test_secrets_are_encrypted_at_rest_and_stay_out_of_the_trails() -> None:
    old = make_product()
    new = rotated(old, MONTH)
    stored = Product.objects.filter(pk=old.pk).values_list("previous_secret_sealed", flat=True)
    assert old.product_secret not in stored[0]
    trails = repr(
        [list(vars(e).values()) for e in [*AuditEntry.objects.all(), *LogEntry.objects.all()]]
    )
    for secret in (old.product_secret, new.product_secret):
        assert secret not in trails


def test_audit_says_how_long_the_old_one_serves() -> None:
    rotated(make_product(), MONTH)
    entry = AuditEntry.objects.get(act="product.rotate_secret")
    assert entry.text == "Rotated the ProductSecret: the old one works 30 more days"


def test_rekeying_covers_the_old_one_too(settings: LazySettings) -> None:
    old = make_product()
    new = rotated(old, MONTH)
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert reencrypt_secrets().changed == 2
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert not isinstance(ask(old, "lamp-0001"), Refused)
    assert not isinstance(ask(new, "lamp-0001"), Refused)


@pytest.mark.parametrize(
    ("overlap", "field"),
    [
        (Overlap(days=-1), "days"),
        (Overlap(days=367), "days"),
        (Overlap(until=datetime(2020, 1, 1, tzinfo=UTC)), "until"),
        (Overlap(until=datetime(2126, 1, 1, tzinfo=UTC)), "until"),
    ],
)
def test_an_overlap_that_makes_no_sense_changes_nothing(overlap: Overlap, field: str) -> None:
    product = make_product()
    with pytest.raises(OperationError) as refused:
        rotated(product, overlap)
    assert refused.value.field == field
    assert Product.objects.get(pk=product.pk).secret_version == 1


def test_a_confirmation_serves_one_rotation_only() -> None:
    product = make_product()
    confirmed = Confirmed.by_shell(rotation_purpose(product))
    with pytest.raises(ValueError, match="something else"):
        rotate_secret(product, confirmed=confirmed, overlap=MONTH)
    rotate_secret(product, confirmed=confirmed)
    with pytest.raises(ConflictError):
        rotate_secret(product, confirmed=confirmed)
    product.refresh_from_db()
    with pytest.raises(ValueError, match="something else"):
        rotate_secret(product, confirmed=confirmed)


def test_whatever_is_refused_before_proof_costs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two signatures and two decryptions: nothing tells a product that does not exist."""
    plain, overlapping, closed = (
        make_product(),
        make_product(),
        make_product(open_registration=False),
    )
    rotated(overlapping, MONTH)
    gone = make_product()
    requests = [
        registration(p, "lamp-0001", key="wrong") for p in (plain, overlapping, closed, gone)
    ]
    gone.delete()
    verified: list[str] = []
    verify = signing.verify

    def counted(*arguments: object) -> bool:
        verified.append("")
        return verify(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(signing, "verify", counted)
    costs = []
    for request in requests:
        verified.clear()
        assert register_now(request)[0] != Refused(Reason.DYNAMIC_REGISTRATION_OFF)
        costs.append(len(verified))
    assert costs == [2, 2, 2, 2]


def test_a_good_signature_by_the_present_secret_is_tried_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = rotated(make_product(), MONTH)
    request = registration(new, "lamp-0001")
    tried: list[bool] = []
    verify = signing.verify

    def counted(*arguments: object) -> bool:
        tried.append(verify(*arguments))  # type: ignore[arg-type]
        return tried[-1]

    monkeypatch.setattr(signing, "verify", counted)
    register_now(request)
    assert tried == [True]


def test_the_shell_is_named() -> None:
    product = rotated(make_product())
    entry = LogEntry.objects.get(operation="rotate_secret")
    assert (entry.product_key, entry.detail) == (product.product_key, {"by": str(SHELL)})
