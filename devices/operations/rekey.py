"""Encrypting every stored secret anew, so that an old key can be taken out of FIELD_KEYS."""

from django.db import transaction
from django.db.models import Model, QuerySet

from devices.batches.rows import is_sealed
from devices.models import BatchMethod, BatchPart, Device, FleetPart
from iotconsole.kit.fields import decrypt, decrypt_bytes, encrypt, encrypt_bytes
from operators.models import AccessKey
from products.models import Product

# Few enough that devices, which need the same rows, never wait long.
_CHUNK = 500


def reencrypt_secrets() -> int:
    """Encrypt all of them with the first of FIELD_KEYS; returns how many.

    Each chunk commits by itself, so it may be stopped at any time and run again, and devices are
    served meanwhile. Raises DecryptionError when a secret fits none of the keys.
    """
    columns = (Product, "product_secret"), (Device, "device_secret"), (AccessKey, "secret")
    columns_done = sum(_reencrypt(*column) for column in columns)
    fleets = FleetPart.objects.exclude(payload=b"")
    batches = BatchPart.objects.filter(batch__method=BatchMethod.IMPORT)
    parts_done = _reencrypt_parts(fleets) + _reencrypt_parts(batches)
    return columns_done + _reencrypt_previous() + parts_done


def _reencrypt(model: type[Model], field: str) -> int:
    done, last = 0, 0
    while keys := _reencrypt_chunk(model, field, last):
        done, last = done + len(keys), keys[-1]
    return done


@transaction.atomic
def _reencrypt_chunk(model: type[Model], field: str, last: int) -> list[int]:
    """Primary keys of the next rows after `last`, locked while they are written."""
    locked = model._default_manager.select_for_update(of=("self",), no_key=True)
    rows = locked.filter(pk__gt=last).only("pk", field).order_by("pk")[:_CHUNK]
    keys = []
    for row in rows:
        row.save(update_fields=[field])
        keys.append(row.pk)
    return keys


@transaction.atomic
def _reencrypt_previous() -> int:
    """ProductSecrets that a rotation has replaced and that still serve; there are few."""
    locked = Product.objects.select_for_update(no_key=True).defer("product_secret")
    rows = list(locked.exclude(previous_secret_sealed="").order_by("pk"))
    for product in rows:
        product.previous_secret_sealed = encrypt(decrypt(product.previous_secret_sealed))
        product.save(update_fields=["previous_secret_sealed"])
    return len(rows)


def _reencrypt_parts(waiting: "QuerySet[FleetPart] | QuerySet[BatchPart]") -> int:
    """What waits to be imported, a part at a time."""
    done = 0
    for key in list(waiting.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            part = waiting.select_for_update(of=("self",), no_key=True).filter(pk=key).first()
            # One whose devices are added holds no secret any more.
            if part and is_sealed(bytes(part.payload)):
                part.payload = encrypt_bytes(decrypt_bytes(bytes(part.payload)))
                part.save(update_fields=["payload"])
                done += 1
    return done
