"""Whether what clients saw and what the database holds can both be true. Pure.

An outcome that nobody knows is allowed to have happened and not to have happened: the checker
never accuses the server of what its own clients cannot have seen.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.faults.history import (
    NEVER,
    Act,
    Connection,
    Credential,
    Deed,
    History,
    Holdings,
    LogLine,
    Name,
    Outcome,
    Registration,
)

MOST_LIVE = 5
# Seconds within which a listener must have closed what was forbidden, even when it or the database
# had to be started again meanwhile.
GRACE = 15.0

# Acts after which a credential may be refused, and what gives it back.
_FORBIDDING = frozenset({Act.CLEAR, Act.SWITCH, Act.DISABLE, Act.DELETE})


@dataclass(frozen=True, slots=True)
class Violation:
    """`rule` is its name; `what` holds no secret."""

    rule: str
    what: str


def violations(history: History, holdings: Holdings, *, grace: float = GRACE) -> list[Violation]:
    """Everything that cannot be; empty when all is well."""
    case = _Case(history, holdings, grace)
    return [Violation(rule, what) for rule, check in RULES.items() for what in check(case)]


def story(history: History, holdings: Holdings, what: str) -> list[str]:
    """List all that is known of the name in a violation, to help find the cause."""
    operations: list[Registration | Deed | Connection] = [
        *(one for one in history.registrations if _tells_of(what, one.name)),
        *(one for one in history.deeds if _tells_of(what, one.name)),
        *(one for one in history.connections if _tells_of(what, one.credential.name)),
    ]
    operations.sort(key=lambda operation: operation.began)
    lines = [f"{one.began:.3f} to {one.ended:.3f} {one}" for one in operations]
    log = [f"log: {line}" for line in holdings.log if _tells_of(what, line.name)]
    held = [f"held: {one}" for one in holdings.bindings if _tells_of(what, one.name)]
    return [*lines, *log, *held]


def _tells_of(what: str, name: Name) -> bool:
    return what.startswith("/".join(name))


class _Case:
    """A history and what is looked up in it again and again."""

    def __init__(self, history: History, holdings: Holdings, grace: float) -> None:
        self.history = history
        self.grace = grace
        self.holdings = holdings
        self.deeds: defaultdict[Name, list[Deed]] = defaultdict(list)
        for deed in history.deeds:
            if deed.outcome is not Outcome.REFUSED:
                self.deeds[deed.name].append(deed)
        self.issued: dict[Credential, Registration] = {}
        for registration in history.registrations:
            if registration.credential is not None:
                self.issued.setdefault(registration.credential, registration)
        self.log: defaultdict[Name, list[LogLine]] = defaultdict(list)
        for line in holdings.log:
            self.log[line.name].append(line)
        self.entries = Counter(line.client_id for line in holdings.log if _issues_token(line))
        self.reclaimed = {line.voided for line in holdings.log if line.voided}

    def forbidding(self, credential: Credential) -> Iterator[Deed]:
        """Acts that certainly or possibly forbade a credential that existed before."""
        for deed in self.deeds[credential.name]:
            if deed.act in _FORBIDDING and not _spares(deed, credential):
                yield deed

    def lifted(self, deed: Deed, credential: Credential, before: float) -> bool:
        """Whether something begun before then may have made the act of no effect."""
        if deed.act is Act.DISABLE:
            lifting = Act.ENABLE
        elif deed.act in (Act.CLEAR, Act.SWITCH) and not credential.client_id:
            lifting = Act.RESET
        else:
            return False
        return any(
            other.act is lifting and other.began < before and other.ended > deed.began
            for other in self.deeds[credential.name]
        )


def _spares(deed: Deed, credential: Credential) -> bool:
    return deed.act is Act.SWITCH and bool(deed.kept) and deed.kept == credential.client_id


def _issues_token(line: LogLine) -> bool:
    return line.operation == "regnwl" and bool(line.client_id)


# --- the rules, each a generator of what breaks it ----------------------------------------------


def _credentials_work(case: _Case) -> Iterator[str]:
    """A credential that a client received is admitted unless something recorded forbade it."""
    for connection in case.history.connections:
        credential = connection.credential
        if connection.outcome is Outcome.REFUSED and not _may_be_refused(case, connection):
            yield f"{credential.label} was refused at {connection.ended:.3f}"


def _may_be_refused(case: _Case, connection: Connection) -> bool:
    credential = connection.credential
    if credential.client_id in case.reclaimed:
        return True
    received = case.issued.get(credential)
    since = received.began if received else -NEVER
    return any(
        deed.began < connection.ended
        and deed.ended > since
        and not _given_back(case, deed, credential, connection.began)
        for deed in case.forbidding(credential)
    )


def _given_back(case: _Case, deed: Deed, credential: Credential, before: float) -> bool:
    """Whether an act was certainly made of no effect before then. One whose own end is unknown may
    have come after what should have undone it."""
    if deed.act is not Act.DISABLE and not (
        deed.act in (Act.CLEAR, Act.SWITCH) and not credential.client_id
    ):
        return False
    lifting = Act.ENABLE if deed.act is Act.DISABLE else Act.RESET
    return any(
        other.act is lifting
        and other.outcome is Outcome.OK
        and other.began >= deed.ended
        and other.ended <= before
        for other in case.deeds[credential.name]
    )


def _revoked_stay_out(case: _Case) -> Iterator[str]:
    """Once the act was answered, what it forbade is not admitted."""
    for connection in case.history.connections:
        if connection.outcome is not Outcome.OK:
            continue
        for deed in _certain(case, connection.credential):
            lifted = case.lifted(deed, connection.credential, connection.ended)
            if connection.began >= deed.ended and not lifted:
                yield f"{connection.credential.label} was admitted after {deed.act.value}"


def _certain(case: _Case, credential: Credential) -> Iterator[Deed]:
    """Acts that certainly forbade it: they began when it had been received, and succeeded."""
    received = case.issued.get(credential)
    for deed in case.forbidding(credential):
        if deed.outcome is Outcome.OK and received and received.ended <= deed.began:
            yield deed


def _revoked_sessions_end(case: _Case) -> Iterator[str]:
    """A session that was there before the act is closed soon after its answer."""
    for connection in case.history.connections:
        if connection.outcome is not Outcome.OK:
            continue
        for deed in _certain(case, connection.credential):
            if connection.ended <= deed.began and connection.closed > deed.ended + case.grace:
                yield f"{connection.credential.label} stayed online after {deed.act.value}"


def _five_at_most(case: _Case) -> Iterator[str]:
    """Never more than five live tokens under one name, at no moment of the log.

    Entries about one device are written while its row is held, so their order is the real one.
    """
    for name, lines in case.log.items():
        live = 0
        for line in lines:
            live = _live_after(line, live)
            if live > MOST_LIVE:
                yield f"{'/'.join(name)} had {live} live tokens"
                break
    held = Counter(b.name for b in case.holdings.bindings if not b.void_reason)
    for name, count in held.items():
        if count > MOST_LIVE:
            yield f"{'/'.join(name)} has {count} live tokens"


def _live_after(line: LogLine, live: int) -> int:
    if _issues_token(line):
        return live if line.voided else live + 1
    return {"clear": 0, "delete": 0, "switch": min(live, 1)}.get(line.operation, live)


def _everything_is_logged(case: _Case) -> Iterator[str]:
    """Yield each ClientID or DeviceSecret that was issued without a log entry."""
    received = {c.client_id: c for c in case.issued if c.client_id}
    held = {binding.client_id for binding in case.holdings.bindings}
    for client_id in received.keys() | held:
        if not case.entries[client_id]:
            label = received[client_id].label if client_id in received else client_id
            yield f"{label} has no log entry"
    for name, (fewest, _, logged) in _secret_counts(case).items():
        if logged < fewest:
            yield f"{'/'.join(name)} received its DeviceSecret {fewest} times, logged are {logged}"


def _nothing_is_logged_twice(case: _Case) -> Iterator[str]:
    """One issue, one entry."""
    for client_id, count in case.entries.items():
        if count > 1:
            yield f"{client_id} has {count} log entries"
    answered = Counter(
        line.connection for line in case.holdings.log if line.operation == "register"
    )
    for connection, count in answered.items():
        if count > 1:
            yield f"connection {connection} has {count} log entries"
    for name, (_, most, logged) in _secret_counts(case).items():
        if logged > most:
            yield f"{'/'.join(name)} asked for its DeviceSecret {most} times, logged are {logged}"


def _secret_counts(case: _Case) -> dict[Name, tuple[int, int, int]]:
    """Count DeviceSecrets by the name that asked: received, perhaps received, and logged."""
    certain: Counter[Name] = Counter()
    possible: Counter[Name] = Counter()
    for registration in case.history.registrations:
        if not registration.regnwl:
            certain[registration.name] += registration.outcome is Outcome.OK
            possible[registration.name] += registration.outcome is not Outcome.REFUSED
    logged = Counter(line.name for line in case.holdings.log if line.operation == "register")
    return {name: (certain[name], possible[name], logged[name]) for name in possible | logged}


def _the_log_is_true(case: _Case) -> Iterator[str]:
    """No token in the log that the database does not have, unless its device was deleted since."""
    held = {binding.client_id for binding in case.holdings.bindings}
    for name, lines in case.log.items():
        since: list[LogLine] = []
        for line in lines:
            since = [] if line.operation == "delete" else [*since, line]
        for line in since:
            if _issues_token(line) and line.client_id not in held:
                yield f"{'/'.join(name)} {line.client_id} is in the log alone"


def _secrets_stay(case: _Case) -> Iterator[str]:
    """A name receives the same DeviceSecret always, until it is deleted and added again."""
    received: defaultdict[Name, list[Registration]] = defaultdict(list)
    for registration in case.history.registrations:
        if registration.credential and not registration.regnwl:
            received[registration.name].append(registration)
    for name, some in received.items():
        some.sort(key=lambda registration: registration.ended)
        for earlier, later in pairwise(some):
            if earlier.credential == later.credential:
                continue
            deleted = any(
                deed.act is Act.DELETE and deed.began < later.ended and deed.ended > earlier.began
                for deed in case.deeds[name]
            )
            if not deleted:
                yield f"{'/'.join(name)} received another DeviceSecret"


def _online_is_true(case: _Case) -> Iterator[str]:
    """In the end those are online whose connection some listener holds, each with one."""
    held, online = Counter(case.holdings.held), set(case.holdings.online)
    for name in online - held.keys():
        yield f"{'/'.join(name)} is online in the database alone"
    for name in held.keys() - online:
        yield f"{'/'.join(name)} is connected and offline in the database"
    for name, count in held.items():
        if count > 1:
            yield f"{'/'.join(name)} has {count} sessions"


def _names_are_unique(case: _Case) -> Iterator[str]:
    return _more_than_one(case.holdings.names)


def _more_than_one(names: Iterable[Name]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{'/'.join(name)} exists {count} times"


def _budgets_hold(case: _Case) -> Iterator[str]:
    """By what clients received and by what was logged."""
    received = Counter(credential.name[0] for credential in case.issued)
    logged = Counter(line.name[0] for line in case.holdings.log if _issues_token(line))
    for product_key, budget in case.holdings.budgets.items():
        for count, where in ((received, "received"), (logged, "logged")):
            if count[product_key] > budget:
                yield f"{product_key}: {count[product_key]} {where}, {budget} allowed"


RULES: dict[str, Callable[[_Case], Iterator[str]]] = {
    "credential refused": _credentials_work,
    "revoked admitted": _revoked_stay_out,
    "revoked session kept": _revoked_sessions_end,
    "more than five": _five_at_most,
    "not logged": _everything_is_logged,
    "logged twice": _nothing_is_logged_twice,
    "log alone": _the_log_is_true,
    "secret changed": _secrets_stay,
    "online": _online_is_true,
    "name not unique": _names_are_unique,
    "budget exceeded": _budgets_hold,
}
