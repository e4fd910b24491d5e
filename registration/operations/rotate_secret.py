"""A new ProductSecret for a product, and how long the one before it still serves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.crypto.encrypted_fields import encrypt
from common.errors import ConflictError, NotFoundError, OperationError
from common.text.stored_messages import Words, for_count
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from operators.actor import SYSTEM, Actor
from operators.confirmation import Confirmed
from operators.operations import audit
from operators.purposes import Purpose
from products.models import Product, new_product_secret

MAX_OVERLAP_DAYS = 366

_COLUMNS = (
    "product_secret",
    "secret_version",
    "secret_rotated_at",
    "previous_secret_sealed",
    "previous_secret_until",
)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How long the old ProductSecret serves beside the new one: days, or until a moment."""

    days: int = 0
    until: datetime | None = None

    @property
    def wished(self) -> str:
        return self.until.isoformat() if self.until else f"{self.days} d"

    @property
    def words(self) -> Words:
        if self.until:
            moment = f"{self.until.astimezone(UTC):%Y-%m-%d %H:%M}"
            return {
                "words": gettext_noop("the old one works until %(moment)s UTC"),
                "moment": moment,
            }
        if self.days:
            words = for_count(
                gettext_noop("the old one works %(days)s more day"),
                gettext_noop("the old one works %(days)s more days"),
                self.days,
            )
            return {"words": words, "days": self.days}
        return {"words": gettext_noop("the old one stops working now")}

    def ends_at(self, now: datetime) -> datetime:
        return self.until or now + timedelta(days=self.days)


def check_overlap(overlap: Overlap, now: datetime) -> Overlap:
    """The overlap in its usual form; raises OperationError, its field named as here."""
    if not 0 <= overlap.days <= MAX_OVERLAP_DAYS:
        text = _("The old ProductSecret can work for at most %(most)s more days.")
        raise OperationError(text % {"most": MAX_OVERLAP_DAYS}, field="days")
    if overlap.until is None:
        return overlap
    if overlap.until <= now:
        raise OperationError(_("This time has passed."), field="until")
    if overlap.until > now + timedelta(days=MAX_OVERLAP_DAYS):
        raise OperationError(_("This time is more than a year ahead."), field="until")
    return Overlap(until=overlap.until.astimezone(UTC))


AT_ONCE = Overlap()


def rotation_purpose(product: Product, overlap: Overlap = AT_ONCE) -> Purpose:
    """A code for it serves this one rotation: the next has another number."""
    return Purpose(
        act="rotate_secret",
        target=product.target,
        wished=f"version {product.secret_version + 1}, {overlap.wished}",
        sentence=gettext_noop(
            "rotate the ProductSecret of product %(product)s (%(product_key)s), %(overlap)s"
        ),
        facts={**_names(product), "overlap": overlap.words},
    )


def end_overlap_purpose(product: Product) -> Purpose:
    return Purpose(
        act="end_overlap",
        target=product.target,
        wished=f"version {product.secret_version}",
        sentence=gettext_noop(
            "stop the old ProductSecret of product %(product)s (%(product_key)s) now"
        ),
        facts=_names(product),
    )


def _names(product: Product) -> dict[str, Any]:
    return {"product": product.name, "product_key": product.product_key}


def rotate_secret(product: Product, *, confirmed: Confirmed, overlap: Overlap = AT_ONCE) -> Product:
    """Give the product a new ProductSecret. A still older one than the present is dead at once.

    Devices that have registered are not affected: they connect with credentials of their own.
    Registration holds the product's row, so once this returns no request that was signed with a
    dead ProductSecret is served. Raises ValueError when the confirmation is for something else,
    OperationError when the overlap makes no sense, NotFoundError, ConflictError.
    """
    if confirmed.purpose != rotation_purpose(product, overlap):
        raise ValueError("the confirmation is for something else")
    with transaction.atomic():
        now = timezone.now()
        overlap = check_overlap(overlap, now)
        locked = lock_for_rotation(product)
        rotate_locked(locked, confirmed.actor, overlap, now)
    return locked


def lock_for_rotation(product: Product) -> Product:
    """Raises NotFoundError, or ConflictError when it was rotated since `product` was read."""
    locked = _locked(product.pk)
    if locked.secret_version != product.secret_version:
        raise ConflictError(_("Somebody else has rotated the ProductSecret in the meantime."))
    return locked


def rotate_locked(product: Product, actor: Actor, overlap: Overlap, now: datetime) -> None:
    """The change itself, on a product that is locked, with its entries in both trails."""
    ends_at = overlap.ends_at(now)
    serves = ends_at > now
    product.previous_secret_sealed = encrypt(product.product_secret) if serves else ""
    product.previous_secret_until = ends_at if serves else None
    product.product_secret = new_product_secret()
    product.secret_version += 1
    product.secret_rotated_at = now
    product.save(update_fields=_COLUMNS)
    _note(actor, product, "rotate_secret", _ROTATED, now, overlap=overlap.words)


def end_overlap(product: Product, *, confirmed: Confirmed) -> Product:
    """Let the old ProductSecret serve no longer. Raises as `rotate_secret` does."""
    if confirmed.purpose != end_overlap_purpose(product):
        raise ValueError("the confirmation is for something else")
    with transaction.atomic():
        now = timezone.now()
        locked = _locked(product.pk)
        if not locked.previous_secret_sealed or locked.secret_version != product.secret_version:
            raise ConflictError(_("There is no old ProductSecret that still works."))
        _forget(confirmed.actor, locked, now)
    return locked


def forget_ended_secrets(now: datetime) -> None:
    """Delete old ProductSecrets whose time is up. They serve no longer anyway. A round."""
    ended = Product.objects.filter(previous_secret_until__lte=now)
    for key in ended.values_list("pk", flat=True):
        with transaction.atomic():
            locked = Product.objects.select_for_update(no_key=True).filter(pk=key).first()
            until = locked.previous_secret_until if locked else None
            # Meanwhile it may have been rotated again.
            if locked and until and until <= now:
                _forget(SYSTEM, locked, now)


def _forget(actor: Actor, product: Product, now: datetime) -> None:
    product.previous_secret_sealed, product.previous_secret_until = "", None
    product.save(update_fields=["previous_secret_sealed", "previous_secret_until"])
    _note(actor, product, "end_overlap", _FORGOTTEN, now)


_ROTATED = gettext_noop("Rotated the ProductSecret: %(overlap)s")
_FORGOTTEN = gettext_noop("Stopped the old ProductSecret")


def _locked(key: int) -> Product:
    try:
        return Product.objects.select_for_update(no_key=True).get(pk=key)
    except Product.DoesNotExist as error:
        raise NotFoundError(_("This product does not exist.")) from error


def _note(
    actor: Actor, product: Product, act: str, summary: str, now: datetime, **facts: Any
) -> None:
    """The log first: the audit trail stays locked from its entry to the end."""
    event = log_writer.Event(
        service_type=ServiceType.MANAGEMENT,
        operation=act,
        reason=Reason.OK,
        product_key=product.product_key,
        address=actor.address,
        detail={"by": str(actor)},
    )
    log_writer.write([event], now)
    audit.record(actor, f"product.{act}", product.target, summary, **facts)
