"""Keyed digests of short secrets, and how a phone number is shown."""

import hashlib
import hmac
import json
from collections.abc import Sequence

from django.conf import settings
from phonenumber_field.phonenumber import PhoneNumber


def keyed_digest(*parts: str) -> str:
    """HMAC-SHA256 under CODE_DIGEST_KEY as 64 hex digits.

    The key is what protects a six-digit code at rest: without it a digest of a million values is
    searched in a second. The parts are encoded as JSON, so that ("ab", "c") is not ("a", "bc").
    """
    return _digest(settings.CODE_DIGEST_KEY, parts)


def accepted_digests(*parts: str) -> list[str]:
    """That digest under the key there is and under those there were, which are still accepted.

    For what is kept for longer than it takes to change a key: backup codes and invitations.
    """
    keys = [settings.CODE_DIGEST_KEY, *settings.CODE_DIGEST_KEY_FALLBACKS]
    return [_digest(key, parts) for key in keys]


def _digest(key: str, parts: Sequence[str]) -> str:
    content = json.dumps(parts, ensure_ascii=True).encode()
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def mask(number: PhoneNumber) -> str:
    """`+86 ••• 1234`: enough for its owner to recognise, too little to call."""
    return f"+{number.country_code} ••• {str(number.national_number)[-4:]}"
