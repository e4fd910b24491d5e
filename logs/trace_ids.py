"""One trace id for the whole story of a credential: issued, registered, connected, kicked.

It is computed from the credential's public name, so nothing has to be stored with a device or
carried from its registration to a connection weeks later, and a query less is asked.
"""

from hashlib import blake2b


def trace_of(public_id: str) -> str:
    """The trace id of a ClientID with its DeviceToken, or of the DeviceSecret behind an IotId.

    16 hex digits, like those of a connection that has proven nothing.
    """
    return blake2b(public_id.encode(), digest_size=8, person=b"trace").hexdigest()
