"""The body of an HTTPS registration: a form, as browsers and SDKs encode it (protocol.md 3.1)."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl

from protocol.validators import MAX_SIGNED_VALUE, MalformedError, require

# Bytes. The five fields take 300; the same as a CONNECT may have before it is authenticated.
MAX_BODY = 8192
MAX_FIELDS = 64
CONTENT_TYPE = "application/x-www-form-urlencoded"


def parse_form(body: bytes, *, longest: int = MAX_BODY) -> Mapping[str, str]:
    """Its fields. Of a repeated one the first counts, so that nothing appended to a request changes
    what it asks for.

    Raises MalformedError when it is too long, not UTF-8, or has too many fields.
    """
    check_length(len(body), longest)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except UnicodeDecodeError:
        raise MalformedError("string is not UTF-8") from None
    except ValueError:
        raise MalformedError(f"body has more than {MAX_FIELDS} fields") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return MappingProxyType(fields)


def check_length(length: int, longest: int = MAX_BODY) -> None:
    """Raise MalformedError for a body that is not worth reading."""
    require(length <= longest, f"body is longer than {longest} bytes")


def signature_of(fields: Mapping[str, str]) -> bytes:
    """Return `sign`: hex in either case, or anything else of its size."""
    sign = fields.get("sign", "")
    require(bool(sign), "sign is missing")
    require(len(sign) <= MAX_SIGNED_VALUE, f"sign is longer than {MAX_SIGNED_VALUE} characters")
    return sign.encode()
