"""A fleet straight from the cloud's API: all products, their devices, and who has ClientIDs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from imports.fleet.api_dumps import Answers
from imports.fleet.cloud import Cloud, CloudError
from imports.fleet.columns import IOT_ID, PRODUCT_KEY, STATUS
from imports.fleet.merge import Fleet
from imports.fleet.validation import was_connected

# The largest pages there are.
_PRODUCTS_PER_PAGE, _DEVICES_PER_PAGE = 200, 50
# In the report they stand where the names of files stand otherwise.
ACTIONS = ("QueryProductList", "QueryProduct", "QueryDevice", "QueryClientIds")
# These say that no device of the product has any: the instance does not know them.
_NO_CLIENT_IDS = ("iot.common.", "Forbidden", "InvalidApi", "InvalidAction")
_NUMBER = re.compile(r"[0-9]{1,18}")

# Hears the action and how many objects it has told of so far.
Told = Callable[[str, int], object]


def collect(
    cloud: Cloud,
    fleet: Fleet,
    first_file: int = 0,
    *,
    products: Sequence[str] = (),
    client_ids: bool = True,
    told: Told = lambda _action, _count: None,
) -> None:
    """Have the fleet know everything of all products, or of those named. Raises OperationError.

    ACTIONS stand among the fleet's file names from `first_file` on.

    With `client_ids` every device that has connected costs one more call: otherwise those that
    have no DeviceToken here would not be known, nor be let register anew.
    """
    collector = _Collector(cloud, fleet, first_file, told)
    keys = products or list(collector.products())
    for key in keys:
        collector.ask("QueryProduct", ProductKey=key)
    for key in keys:
        devices = list(collector.devices(key))
        if client_ids:
            collector.client_ids(devices)


class _Collector:
    def __init__(self, cloud: Cloud, fleet: Fleet, first_file: int, told: Told) -> None:
        self._cloud, self._told = cloud, told
        self._answers = {
            action: Answers(fleet, file) for file, action in enumerate(ACTIONS, first_file)
        }

    def ask(self, action: str, **parameters: str | int) -> tuple[Any, list[Mapping[str, str]]]:
        """The answer, and the cells of what it tells of."""
        answer = self._cloud.ask(action, **parameters)
        found = self._answers[action].add(answer)
        self._told(action, self._answers[action].rows)
        return answer, found

    def products(self) -> Iterator[str]:
        page = 0
        while True:
            page += 1
            answer, found = self.ask(
                "QueryProductList", CurrentPage=page, PageSize=_PRODUCTS_PER_PAGE
            )
            yield from (cells[PRODUCT_KEY] for cells in found)
            if page >= _number(answer.get("Data"), "PageCount"):
                return

    def devices(self, product_key: str) -> Iterator[str]:
        """IotIds of those that have connected. From the 10,001st on only tokens lead further."""
        page, token = 1, ""
        while True:
            where: dict[str, str | int] = {"NextToken": token} if token else {"CurrentPage": page}
            answer, found = self.ask(
                "QueryDevice", ProductKey=product_key, PageSize=_DEVICES_PER_PAGE, **where
            )
            for cells in found:
                if IOT_ID in cells and was_connected(cells.get(STATUS, "")):
                    yield cells[IOT_ID]
            page, token = page + 1, str(answer.get("NextToken") or "")
            if not found or not (token or page <= _number(answer, "PageCount")):
                return

    def client_ids(self, iot_ids: list[str]) -> None:
        for iot_id in iot_ids:
            try:
                self.ask("QueryClientIds", IotId=iot_id)
            except CloudError as error:
                if error.code.startswith(_NO_CLIENT_IDS):
                    return


def _number(answer: Any, name: str) -> int:
    value = answer.get(name) if isinstance(answer, dict) else None
    return int(value) if isinstance(value, int | str) and _NUMBER.fullmatch(str(value)) else 0
