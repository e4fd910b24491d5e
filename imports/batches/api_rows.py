"""Rows that a program gives, and not a file: no spreadsheet has spoilt them, so none is mended."""

from collections.abc import Sequence

from devices.operations.add import is_device_secret, is_nickname, is_sn
from imports.batches.problems import DEVICE_NAME, DEVICE_SECRET, SN, Problem
from imports.batches.reading import Reading, mark_repeated
from imports.batches.rows import Row, broken_rule, nickname_problem
from protocol.validators import is_device_name


def reading_of(rows: Sequence[Row]) -> Reading:
    """Them with what is wrong with each by itself or against the others."""
    for row in rows:
        if not row.device_name:
            row.problems.append(Problem(DEVICE_NAME, "missing"))
        elif not is_device_name(row.device_name):
            row.problems.append(broken_rule(row.device_name))
        if row.nickname and not is_nickname(row.nickname):
            row.problems.append(nickname_problem(row.nickname))
    mark_repeated(rows)
    return Reading(list(rows), [], [])


def import_of(rows: Sequence[Row]) -> Reading:
    """The same for devices that bring their DeviceSecrets along."""
    for row in rows:
        if not is_device_secret(row.device_secret):
            row.problems.append(Problem(DEVICE_SECRET, "secret"))
        if row.sn and not is_sn(row.sn):
            row.problems.append(Problem(SN, "sn"))
    return reading_of(rows)
