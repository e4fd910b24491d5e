"""Actions of the RPC API (2018-01-20): a call, its scope, its answer.

Each app lists its own in its `api` module:

    ACTIONS = Actions()

    @ACTIONS.add("QueryProduct", AccessKeyScope.READ_ONLY, per_second=50)
    def query_product(call: Call) -> Answer:
        product = product_of(call)
        return {"Data": {"ProductKey": product.product_key, …}}

`iotconsole.rpc_api` verifies who calls, dispatches, and wraps what they return. What the platform's
gateway would refuse raises GatewayError, what its action would, BusinessError.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from common.errors import ConflictError, OperationError
from common.web.rpc_parameters import GatewayError, Parameters
from operators.actor import Actor
from operators.models import AccessKeyScope, Operator

# What stands in the answer beside RequestId and Success.
Answer = Mapping[str, Any]
Row = TypeVar("Row", bound=Model)
MOST_PAGES = 1_000_000_000


class BusinessError(Exception):
    """Answered with HTTP 200, `Success` false, `Code`, `ErrorMessage` and `extra`.

    `code` is one of the platform's (console_api.md 3.5).
    """

    def __init__(self, code: str, message: str, extra: Answer | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.extra = extra or {}


@contextmanager
def refused_as(code: str, *, taken: str = "", **by_field: str) -> Iterator[None]:
    """Give an operation's refusal the platform's code: `taken` when a value is somebody else's
    already, otherwise that of the field at fault, or `code`."""
    try:
        yield
    except OperationError as error:
        conflict = isinstance(error, ConflictError) and error.field and taken
        raise BusinessError(conflict or by_field.get(error.field, code), error.text) from error


@dataclass(frozen=True, slots=True)
class Page:
    """Page `number` (from 1) of rows in pages of `size`."""

    number: int
    size: int

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size

    def pages(self, total: int) -> int:
        return -(-total // self.size)

    def slice(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        return rows[self.start : self.start + self.size]


def page_of(call: "Call", *, largest: int) -> Page:
    """CurrentPage and PageSize; a page has 10 rows unless it is asked for more."""
    number = call.parameters.integer("CurrentPage", 1)
    size = call.parameters.integer("PageSize", min(10, largest))
    if not (1 <= number <= MOST_PAGES and 1 <= size <= largest):
        text = f"CurrentPage begins with 1, and PageSize is a number from 1 to {largest}."
        raise BusinessError("iot.common.InvalidPageParams", text)
    return Page(number, size)


@dataclass(frozen=True, slots=True)
class Call:
    """One call whose signature is proven. Its actor's operator bounds what it may see and do;
    a key made in the shell has none, and no bounds but its scope."""

    parameters: Parameters
    actor: Actor
    now: datetime
    scope: AccessKeyScope

    @property
    def operator(self) -> Operator | None:
        return self.actor.operator

    def may_look_at(self, product_key: str) -> bool:
        return self.operator is None or self.operator.may_look_at(product_key)

    def may_change(self, product_key: str) -> bool:
        return self.operator is None or self.operator.may_change_product(product_key)

    def reveals(self, product_key: str) -> bool:
        """Whether it is told the secrets of the product and its devices.

        To look at them in the console takes a code, so a key that may only read goes without; so
        does one whose account may look at this product only.
        """
        return self.scope.allows(AccessKeyScope.DEVICES) and self.may_change(product_key)


def forbidden(why: str) -> GatewayError:
    text = "User not authorized to operate on the specified resource."
    return GatewayError("Forbidden.RAM", f"{text} {why}", 403)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Action:
    """`per_second` is how many calls the platform takes of one account in a second."""

    name: str
    scope: AccessKeyScope
    per_second: int
    handle: Handler


class Actions(dict[str, Action]):
    """By name."""

    def add(
        self, name: str, scope: AccessKeyScope, *, per_second: int
    ) -> Callable[[Handler], Handler]:
        def added(handle: Handler) -> Handler:
            self[name] = Action(name, scope, per_second, handle)
            return handle

        return added
