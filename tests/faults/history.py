"""History as clients and operators saw it, and the final database state. Plain values, no I/O.

Each operation has two times, in seconds of one monotonic clock: before it was sent, and when its
outcome was known. An operation with an unknown outcome may take effect at any time after the
first, so its second time is `NEVER`.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

NEVER = math.inf

Name = tuple[str, str]  # ProductKey and DeviceName


class Outcome(enum.Enum):
    OK = "ok"
    REFUSED = "refused"  # it certainly had no effect
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential from a registration; `client_id` is empty for a DeviceSecret."""

    name: Name
    secret: str = field(repr=False)
    client_id: str = ""

    @property
    def label(self) -> str:
        return f"{'/'.join(self.name)} {self.client_id or 'DeviceSecret'}"


@dataclass(frozen=True, slots=True)
class Registration:
    """`credential` where the outcome is OK."""

    name: Name
    regnwl: bool
    began: float
    ended: float
    outcome: Outcome
    credential: Credential | None = None


@dataclass(slots=True)
class Connection:
    """`closed`: when the session was over for its client, for whatever reason."""

    credential: Credential
    began: float
    ended: float
    outcome: Outcome
    closed: float = NEVER


class Act(enum.Enum):
    CLEAR = "clear"
    SWITCH = "switch"
    RESET = "reset"
    DISABLE = "disable"
    ENABLE = "enable"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Deed:
    """An operator's act on one device; `kept` is the ClientID that Switch keeps."""

    act: Act
    name: Name
    began: float
    ended: float
    outcome: Outcome
    kept: str = ""


@dataclass(slots=True)
class History:
    registrations: list[Registration] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Binding:
    name: Name
    client_id: str
    void_reason: str = ""  # empty while it is live


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry about a device, in the order of the log: an accepted registration or an act.

    `voided` is the ClientID that gave its slot to this one.
    """

    name: Name
    operation: str
    client_id: str = ""
    connection: str = ""
    voided: str = ""


@dataclass(frozen=True, slots=True)
class Holdings:
    """The state of the database at the end, and the names with sessions when all was quiet.

    `budgets`: the most registrations that a product was opened for, by its ProductKey.
    """

    names: Sequence[Name] = ()
    bindings: Sequence[Binding] = ()
    log: Sequence[LogLine] = ()
    online: Sequence[Name] = ()
    held: Sequence[Name] = ()
    budgets: dict[str, int] = field(default_factory=dict)
