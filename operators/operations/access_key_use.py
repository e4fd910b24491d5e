"""Use of an access key: every signed request spends a nonce, some stamp the key."""

import hashlib
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from common.text.addresses import known_address
from operators.actor import Actor
from operators.models import AccessKey, SeenNonce

# How far a request's time may be off, either way (console_api.md 3.3).
WINDOW = timedelta(minutes=15)
# A request dated 15 minutes ahead can be sent again for half an hour; the minute is for hosts
# whose clocks differ.
NONCE_KEPT = 2 * WINDOW + timedelta(minutes=1)
_STAMP_EVERY = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def find_access_key(access_key_id: str) -> AccessKey | None:
    """The key with its operator and its secret; ask it whether it is `usable`."""
    keys = AccessKey.objects.select_related("operator")
    return keys.filter(access_key_id=access_key_id).first()


def api_actor(key: AccessKey, address: str | None) -> Actor:
    """The actor of operations a request signed with `key` calls."""
    return Actor("api", key.operator, address, key.label)


def recent_calls(key: AccessKey, action: str, now: datetime) -> int:
    """How often this key called the action within a second, in all processes."""
    called = SeenNonce.objects.filter(access_key=key, action=action, at__gt=now - _SECOND)
    return called.count()


def spend_nonce(key: AccessKey, nonce: str, now: datetime, action: str = "") -> bool:
    """False when it was spent before, or when the key was deleted just now.

    Constraints decide what came first. Call it after the signature is proven, or strangers could
    fill the table. `action` counts as called; leave it out for a call that is turned away.
    """
    digest = hashlib.sha256(nonce.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        with transaction.atomic():
            SeenNonce.objects.create(access_key=key, digest=digest, action=action, at=now)
    except IntegrityError:
        return False
    return True


def prune_nonces(now: datetime) -> int:
    """Forget nonces whose requests would be refused for their age; returns how many."""
    return SeenNonce.objects.filter(at__lt=now - NONCE_KEPT).delete()[0]


def note_use(key: AccessKey, now: datetime, address: str | None) -> None:
    """Stamp the key with when and from where it was used, at most once a minute."""
    if key.last_used_at and key.last_used_at >= now - _STAMP_EVERY:
        return  # most calls: even an UPDATE of nothing waits for whoever writes on SQLite
    due = Q(last_used_at=None) | Q(last_used_at__lt=now - _STAMP_EVERY)
    stamp = {"last_used_at": now, "last_used_address": known_address(address)}
    AccessKey.objects.filter(due, pk=key.pk).update(**stamp)
