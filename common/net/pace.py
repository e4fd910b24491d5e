"""How fast a peer may be read whose request is not complete.

Reading costs by the piece: a byte in a TLS record of its own costs as much as sixteen thousand.
Good clients send few pieces, or large ones. One that trickles is read the more rarely, so that it
costs the same as others whatever it sends.
"""

# Pieces that cost no waiting at first, and that a peer gains in a second.
BURST = 256.0
PER_SECOND = 128.0
# So many bytes pay for their piece.
BYTES_PER_PIECE = 256.0


class Pace:
    """The budget of one peer, in pieces."""

    __slots__ = ("_at", "_left")

    def __init__(self, now: float) -> None:
        self._at = now
        self._left = BURST

    def spend(self, pieces: int, size: int, now: float) -> float:
        """Note that so many pieces of `size` bytes in all were read; seconds to read nothing."""
        gained = (now - self._at) * PER_SECOND + size / BYTES_PER_PIECE
        self._left = min(BURST, self._left + gained) - pieces
        self._at = now
        return max(0.0, -self._left / PER_SECOND)
