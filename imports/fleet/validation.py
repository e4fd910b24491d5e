"""Rules that each product and device must keep, whatever this server has."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone

from common.errors import OperationError
from devices.models import MAX_CLIENT_IDS
from devices.operations.add import is_nickname
from imports.batches.cells import Spoilt
from imports.batches.rows import SCIENTIFIC, name_problems, nickname_problem
from imports.fleet.columns import (
    ACTIVE_TIME,
    CHINA_ACTIVE_TIME,
    CHINA_CREATE_TIME,
    CLIENT_ID,
    CREATE_TIME,
    DEVICE_NAME,
    DEVICE_SECRET,
    DEVICE_TOKEN,
    IOT_ID,
    NICKNAME,
    PRODUCT_KEY,
    PRODUCT_NAME,
    PRODUCT_SECRET,
    STATUS,
    masked,
)
from imports.fleet.problems import Problem
from imports.fleet.records import Item, ItemKind
from products.operations.manage import check_name
from protocol.validators import PRODUCT_KEY_PATTERN, is_device_name

_PRODUCT_KEY = re.compile(PRODUCT_KEY_PATTERN)
# The C SDK's buffer holds 63, and its parser knows no escapes (protocol.md 1.4, 4.1).
_SECRET = re.compile(r"[!#-\[\]-~]{1,63}")
_IOT_ID = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9._:@&\-]{1,64}")

# States in the words of the API, of its numbers (protocol.md 5.2) and of the Chinese console.
_ACTIVATED = frozenset({"online", "offline", "1", "3", "在线", "离线"})
_DISABLED = frozenset({"disable", "disabled", "8", "已禁用", "禁用"})
# What Gmt… fields of the cloud's answers really are in (console_api.md 3.6).
_CHINA = timezone(timedelta(hours=8))
# Milliseconds since 1970, as in ProductInfo.GmtCreate and DynamicRegClientIds.CreateTime.
_MILLISECONDS = re.compile(r"\d{12,14}")


def check(item: Item) -> None:
    """Add what is wrong with it by itself."""
    if item.kind == ItemKind.PRODUCT:
        _check_values(item, _PRODUCT_RULES)
    elif item.kind == ItemKind.DEVICE:
        _check_values(item, _DEVICE_RULES)
        _check_client_ids(item)


def _check_values(item: Item, rules: Mapping[str, Callable[[Item, str], None]]) -> None:
    for column, rule in rules.items():
        value = item[column]
        if isinstance(value, Spoilt):
            item.complain(column, value.key)
        elif value:
            rule(item, value)


def _product_key(item: Item, value: str) -> None:
    if SCIENTIFIC.fullmatch(value):
        item.complain(PRODUCT_KEY, "scientific")
    elif not _PRODUCT_KEY.fullmatch(value):
        item.complain(PRODUCT_KEY, "product_key_shape")


def _product_name(item: Item, value: str) -> None:
    try:
        check_name(value)
    except OperationError:
        item.complain(PRODUCT_NAME, "product_name_shape")
        item.facts.pop(PRODUCT_NAME)


def _secret_rule(column: str) -> Callable[[Item, str], None]:
    def rule(item: Item, value: str) -> None:
        key = _wrong_secret(value)
        if key:
            item.complain(column, key)

    return rule


def _wrong_secret(value: str) -> str:
    if "**" in value:
        return "asterisks"
    return "" if _SECRET.fullmatch(value) else "secret_shape"


def _device_name(item: Item, value: str) -> None:
    if not is_device_name(value) or SCIENTIFIC.fullmatch(value):
        for problem in name_problems(value, ""):
            item.complain(DEVICE_NAME, problem.key, **problem.facts)


def _nickname(item: Item, value: str) -> None:
    if not is_nickname(value):
        problem = nickname_problem(value)
        item.complain(NICKNAME, problem.key, **problem.facts)
        item.facts.pop(NICKNAME)


def _iot_id(item: Item, value: str) -> None:
    if "**" in value:
        item.complain(IOT_ID, "asterisks")
    elif not _IOT_ID.fullmatch(value):
        item.complain(IOT_ID, "iot_id_shape")


_PRODUCT_RULES: Mapping[str, Callable[[Item, str], None]] = {
    PRODUCT_KEY: _product_key,
    PRODUCT_SECRET: _secret_rule(PRODUCT_SECRET),
    PRODUCT_NAME: _product_name,
}
_DEVICE_RULES: Mapping[str, Callable[[Item, str], None]] = {
    PRODUCT_KEY: _product_key,
    DEVICE_NAME: _device_name,
    DEVICE_SECRET: _secret_rule(DEVICE_SECRET),
    NICKNAME: _nickname,
    IOT_ID: _iot_id,
}


def _check_client_ids(item: Item) -> None:
    for issued in item.client_ids:
        wrong = _wrong_client_id(issued.client_id)
        wrong_token = _wrong_secret(issued.token) if issued.token else "no_token"
        if wrong:
            value = masked(CLIENT_ID, issued.client_id)
            item.note(Problem(CLIENT_ID, wrong, issued.file, issued.row, value))
        elif wrong_token == "no_token":  # noqa: S105 - a key of PROBLEMS
            found = Problem(CLIENT_ID, "no_token", issued.file, issued.row, issued.client_id)
            item.note(found)
        elif wrong_token:
            value = masked(DEVICE_TOKEN, issued.token)
            item.note(Problem(DEVICE_TOKEN, wrong_token, issued.file, issued.row, value))
    if sum(1 for issued in item.client_ids if issued.token) > MAX_CLIENT_IDS:
        item.complain(CLIENT_ID, "too_many_client_ids")


def _wrong_client_id(value: str) -> str:
    if "**" in value:
        return "asterisks"
    return "" if _CLIENT_ID.fullmatch(value) else "client_id_shape"


def is_disabled(item: Item) -> bool:
    return item[STATUS].casefold() in _DISABLED


def was_connected(status: str) -> bool:
    """Whether the cloud's state says so. A disabled device does not say; it counts as one."""
    return status.casefold() in _ACTIVATED | _DISABLED


def activated_at(item: Item, assumed: datetime | None, now: datetime) -> datetime | None:
    """When the device was activated on the cloud, None when it was not.

    Where the cloud tells only that it was, the time it was created: it was not earlier. What tells
    nothing at all counts as `assumed`.
    """
    exact = moment(item[ACTIVE_TIME]) or moment(item[CHINA_ACTIVE_TIME], _CHINA)
    if exact:
        return min(exact, now)
    status = item[STATUS]
    if was_connected(status):
        created = moment(item[CREATE_TIME]) or moment(item[CHINA_CREATE_TIME], _CHINA)
        return min(created or now, now)
    return None if status else assumed


def moment(text: str, zone: timezone = UTC) -> datetime | None:
    """The time an answer or a table tells, in `zone` unless it says another; None when it is none.

    It is in UTC, where the first hours of the year 1 are none.

    `2018-08-06T02:47:50.000Z`, `2018-08-06 10:47:50`, or milliseconds since 1970.
    """
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    try:
        told = datetime.fromisoformat(text)
        return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
