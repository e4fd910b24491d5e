"""How much memory one upload may take while it is read."""

from django.utils.translation import gettext as _

from common.errors import OperationError

# Bytes of what a process that also serves pages keeps of an upload. With what Python and the
# database need besides, it grows by no more than 100 MB.
MOST_KEPT = 78 << 20
# The same of a process that does nothing else.
MOST_KEPT_BY_COMMAND = 1 << 30


class Budget:
    """All files of one upload share it. `spend` raises OperationError when nothing is left."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._left = most

    def spend(self, size: int) -> None:
        """`size` more bytes are kept."""
        self._left -= size
        if self._left < 0:
            raise OperationError(
                _(
                    "The file has too much text to read at once. Remove unneeded columns, or "
                    "split the file."
                ),
                field="file",
            )

    def give_back(self, size: int) -> None:
        """`size` bytes are kept no longer."""
        self._left += size
