"""Which column of an uploaded table is which."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from common.errors import OperationError
from imports.batches.cells import tidy
from imports.batches.problems import DEVICE_NAME, NICKNAME, Note
from protocol.validators import is_device_name

_KNOWN = {
    DEVICE_NAME: ("devicename", "设备名称", "设备名", "設備名稱"),
    NICKNAME: ("nickname", "alias", "备注名称", "备注名", "备注", "别名", "昵称", "備註名稱"),
}
_COLUMN_OF = {name: column for column, names in _KNOWN.items() for name in names}
# Columns a report adds, and drops again when it is uploaded.
REPORT_COLUMNS = ("Row", "Problem", "HowToFix")
_REPORT = {name.casefold() for name in REPORT_COLUMNS}
# Columns of a file of credentials; what they hold is not kept.
_SECRET = re.compile("secret|password|passwd|token|密钥|密码|口令")
_DECORATION = re.compile(r"[\s_\-*'\"]|\(.*?\)")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions in a row; `kept` are those of columns that only the report shows again."""

    device_name: int
    nickname: int | None
    kept: tuple[int, ...] = ()
    kept_names: tuple[str, ...] = ()
    width: int = 0
    notes: tuple[Note, ...] = ()


def is_known(cell: str) -> bool:
    """Whether it is the header of one of our columns."""
    return plain(cell) in _COLUMN_OF


def columns_of(first: Sequence[str]) -> Columns | None:
    """Read the columns from the first row; None if it is data already.

    Raises OperationError when it is a header without DeviceName.
    """
    if not any(is_known(cell) for cell in first):
        if _looks_like_data(first):
            return None
        raise _no_device_name(first)
    device_name = _first(first, DEVICE_NAME)
    if device_name is None:
        raise _no_device_name(first)
    return _columns(first, device_name, _first(first, NICKNAME))


def _columns(first: Sequence[str], device_name: int, nickname: int | None) -> Columns:
    others = [n for n in range(len(first)) if n not in (device_name, nickname) and tidy(first[n])]
    repeated = [n for n in others if is_known(first[n])]
    secret = [n for n in others if _SECRET.search(plain(first[n]))]
    report = [n for n in others if plain(first[n]) in _REPORT]
    kept = [n for n in others if n not in {*repeated, *secret, *report}]
    grouped = (
        ("repeated_columns", repeated),
        ("secret_columns", secret),
        ("unknown_columns", kept),
    )
    notes = tuple(
        Note(key, {"names": ", ".join(tidy(first[n]) for n in found)})
        for key, found in grouped
        if found
    )
    names = tuple(tidy(first[n]) for n in kept)
    return Columns(device_name, nickname, tuple(kept), names, len(first), notes)


def _first(cells: Sequence[str], column: str) -> int | None:
    return next((n for n, cell in enumerate(cells) if _COLUMN_OF.get(plain(cell)) == column), None)


def plain(cell: str) -> str:
    """A header as people vary it: "Device Name *", "device_name", in wide letters."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", tidy(cell)).casefold())


def _looks_like_data(first: Sequence[str]) -> bool:
    """A DeviceName has a digit somewhere in practice, and a header has none."""
    cells = [cell for cell in map(tidy, first) if cell]
    return bool(cells) and is_device_name(cells[0]) and any(map(str.isdigit, cells[0]))


def _no_device_name(first: Sequence[str]) -> OperationError:
    found = ", ".join(cell for cell in map(tidy, first) if cell)[:200]
    return OperationError(
        _(
            "There is no DeviceName column. The first row is: %(found)s. Use the template and "
            "keep its first row."
        )
        % {"found": found or "—"},
        field="file",
    )
