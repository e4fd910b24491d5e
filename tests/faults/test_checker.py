"""The checker's rules, on histories written by hand."""

from dataclasses import replace

import pytest

from tests.faults.checker import GRACE, violations
from tests.faults.history import (
    NEVER,
    Act,
    Binding,
    Connection,
    Credential,
    Deed,
    History,
    Holdings,
    LogLine,
    Outcome,
    Registration,
)

LAMP, SIM = ("pk", "lamp-0001"), ("pk", "sim-00001")
OK, REFUSED, UNKNOWN = Outcome.OK, Outcome.REFUSED, Outcome.UNKNOWN
SECRET = Credential(LAMP, "secret")
TOKEN = Credential(SIM, "token", "C1")


def registered(
    credential: Credential, began: float = 1, ended: float = 2, outcome: Outcome = OK
) -> Registration:
    received = credential if outcome is OK else None
    return Registration(
        credential.name, bool(credential.client_id), began, ended, outcome, received
    )


def connected(
    credential: Credential,
    began: float,
    ended: float,
    outcome: Outcome = OK,
    closed: float | None = None,
) -> Connection:
    return Connection(credential, began, ended, outcome, ended if closed is None else closed)


def deed(act: Act, credential: Credential, began: float, ended: float, **also: object) -> Deed:
    made = Deed(act, credential.name, began, ended, OK)
    return replace(made, **also)  # type: ignore[arg-type]


def history(*events: Registration | Connection | Deed) -> History:
    made = History()
    for event in events:
        if isinstance(event, Registration):
            made.registrations.append(event)
        elif isinstance(event, Connection):
            made.connections.append(event)
        else:
            made.deeds.append(event)
    return made


# What belongs to the two credentials above when each was issued once.
HELD = Holdings(
    names=[LAMP, SIM],
    bindings=[Binding(SIM, "C1")],
    log=[
        LogLine(LAMP, "register", connection="a"),
        LogLine(SIM, "regnwl", "C1", connection="b"),
    ],
)
RECEIVED = (registered(SECRET), registered(TOKEN))


def rules(*events: Registration | Connection | Deed, held: Holdings = HELD) -> list[str]:
    return [violation.rule for violation in violations(history(*RECEIVED, *events), held)]


def test_nothing_is_wrong_where_nothing_is() -> None:
    assert rules(connected(SECRET, 3, 4), connected(TOKEN, 3, 4)) == []


@pytest.mark.parametrize("credential", [SECRET, TOKEN])
def test_a_credential_that_is_refused_without_a_reason(credential: Credential) -> None:
    assert rules(connected(credential, 3, 4, REFUSED)) == ["credential refused"]


@pytest.mark.parametrize("act", [Act.CLEAR, Act.DISABLE, Act.DELETE, Act.SWITCH])
@pytest.mark.parametrize("credential", [SECRET, TOKEN])
def test_a_credential_may_be_refused_after_an_act(credential: Credential, act: Act) -> None:
    refused = connected(credential, 7, 8, REFUSED)
    assert rules(deed(act, credential, 5, 6), refused) == []
    assert rules(deed(act, credential, 5, NEVER, outcome=UNKNOWN), refused) == []


def test_an_act_that_was_not_done_is_no_reason() -> None:
    failed = deed(Act.CLEAR, TOKEN, 5, NEVER, outcome=REFUSED)
    assert rules(failed, connected(TOKEN, 7, 8, REFUSED)) == ["credential refused"]


def test_an_act_that_began_later_is_no_reason() -> None:
    late = deed(Act.CLEAR, TOKEN, 9, 10)
    assert rules(late, connected(TOKEN, 7, 8, REFUSED)) == ["credential refused"]


def test_an_act_before_the_credential_was_issued_is_no_reason() -> None:
    early = deed(Act.CLEAR, TOKEN, 0, 0.5)
    assert rules(early, connected(TOKEN, 7, 8, REFUSED)) == ["credential refused"]


def test_switch_is_no_reason_for_the_client_id_it_keeps() -> None:
    keeps = deed(Act.SWITCH, TOKEN, 5, 6, kept="C1")
    assert rules(keeps, connected(TOKEN, 7, 8, REFUSED)) == ["credential refused"]


@pytest.mark.parametrize(
    ("act", "lifting", "credential"),
    [(Act.DISABLE, Act.ENABLE, TOKEN), (Act.CLEAR, Act.RESET, SECRET)],
)
def test_an_act_that_was_undone_is_no_reason(
    act: Act, lifting: Act, credential: Credential
) -> None:
    undone = deed(act, credential, 3, 4), deed(lifting, credential, 5, 6)
    assert rules(*undone, connected(credential, 7, 8, REFUSED)) == ["credential refused"]
    # Unless nobody knows which of the two came last.
    unknown = deed(act, credential, 3, NEVER, outcome=UNKNOWN), undone[1]
    assert rules(*unknown, connected(credential, 7, 8, REFUSED)) == []


def test_a_client_id_that_gave_its_slot_may_be_refused() -> None:
    taken = replace(
        HELD,
        bindings=[Binding(SIM, "C1", "reclaimed"), Binding(SIM, "C2")],
        log=[*HELD.log, LogLine(SIM, "regnwl", "C2", "c", voided="C1")],
    )
    assert rules(connected(TOKEN, 7, 8, REFUSED), held=taken) == []


@pytest.mark.parametrize("act", [Act.CLEAR, Act.DISABLE, Act.DELETE, Act.SWITCH])
def test_what_was_revoked_and_is_admitted(act: Act) -> None:
    done = deed(act, TOKEN, 5, 6)
    assert rules(done, connected(TOKEN, 7, 8)) == ["revoked admitted"]


def test_what_is_admitted_while_it_is_revoked_may_have_come_first() -> None:
    assert rules(deed(Act.CLEAR, TOKEN, 5, 6), connected(TOKEN, 5.5, 8)) == []


def test_an_act_of_unknown_outcome_forbids_nothing() -> None:
    unknown = deed(Act.CLEAR, TOKEN, 5, NEVER, outcome=UNKNOWN)
    assert rules(unknown, connected(TOKEN, 7, 8)) == []


@pytest.mark.parametrize(
    ("act", "lifting", "credential"),
    [(Act.DISABLE, Act.ENABLE, TOKEN), (Act.CLEAR, Act.RESET, SECRET)],
)
def test_what_was_given_back_may_be_admitted(
    act: Act, lifting: Act, credential: Credential
) -> None:
    back = deed(act, credential, 3, 4), deed(lifting, credential, 5, NEVER, outcome=UNKNOWN)
    assert rules(*back, connected(credential, 7, 8)) == []


def test_no_reset_gives_a_token_back() -> None:
    cleared = deed(Act.CLEAR, TOKEN, 3, 4), deed(Act.RESET, TOKEN, 5, 6)
    assert rules(*cleared, connected(TOKEN, 7, 8)) == ["revoked admitted"]


def test_a_session_that_outlives_its_revocation() -> None:
    cleared = deed(Act.CLEAR, TOKEN, 5, 6)
    kept = connected(TOKEN, 3, 4, closed=6 + GRACE + 1)
    assert rules(cleared, kept) == ["revoked session kept"]
    assert rules(cleared, connected(TOKEN, 3, 4, closed=NEVER)) == ["revoked session kept"]
    assert rules(cleared, connected(TOKEN, 3, 4, closed=6.5)) == []


def issued(*client_ids: str, more: tuple[LogLine, ...] = ()) -> Holdings:
    """Beside the first, in this order."""
    lines = [LogLine(SIM, "regnwl", client_id, f"on {client_id}") for client_id in client_ids]
    bindings = [Binding(SIM, client_id) for client_id in client_ids]
    return replace(HELD, log=[*HELD.log, *lines, *more], bindings=[*HELD.bindings, *bindings])


def test_six_live_tokens_in_the_database() -> None:
    six = issued("C2", "C3", "C4", "C5", "C6")
    assert rules(held=six) == ["more than five", "more than five"]
    assert rules(held=issued("C2", "C3", "C4", "C5")) == []


def test_six_live_tokens_for_a_moment_of_the_log() -> None:
    """Cleared afterwards, so that the database shows none of it."""
    six = issued("C2", "C3", "C4", "C5", "C6", more=(LogLine(SIM, "clear"),))
    void = replace(six, bindings=[replace(b, void_reason="cleared") for b in six.bindings])
    assert rules(held=void) == ["more than five"]


@pytest.mark.parametrize(("act", "left"), [("clear", 5), ("switch", 4), ("delete", 5)])
def test_acts_make_room(act: str, left: int) -> None:
    first = issued("C2", "C3", "C4", "C5").log
    more = [LogLine(SIM, "regnwl", f"D{n}", f"on D{n}") for n in range(left)]
    void = [Binding(SIM, f"C{n}", "cleared") for n in range(1, 6)]
    live = [Binding(SIM, f"D{n}") for n in range(left)]
    held = replace(HELD, log=[*first, LogLine(SIM, act), *more], bindings=[*void, *live])
    assert rules(held=held) == []
    again = LogLine(SIM, "regnwl", "E1", "on E1")
    over = replace(held, log=[*held.log, again], bindings=[*void, *live, Binding(SIM, "E1", "x")])
    assert rules(held=over) == ["more than five"]


def test_a_token_that_was_received_and_not_logged() -> None:
    lost = replace(HELD, log=HELD.log[:1])
    assert rules(held=lost) == ["not logged"]


def test_a_device_secret_that_was_received_and_not_logged() -> None:
    lost = replace(HELD, log=HELD.log[1:])
    assert rules(held=lost) == ["not logged"]


def test_a_token_that_nobody_received_is_logged_too() -> None:
    silent = replace(HELD, bindings=[*HELD.bindings, Binding(SIM, "C9")])
    assert rules(held=silent) == ["not logged"]


def test_an_issue_that_is_logged_twice() -> None:
    token = replace(HELD, log=[*HELD.log, HELD.log[1]])
    assert rules(held=token) == ["logged twice"]
    secret = replace(HELD, log=[*HELD.log, HELD.log[0]])
    assert rules(held=secret) == ["logged twice", "logged twice"]


def test_a_device_secret_may_be_logged_for_each_attempt_that_was_cut_off() -> None:
    twice = replace(HELD, log=[*HELD.log, LogLine(LAMP, "register", connection="c")])
    assert rules(registered(SECRET, 3, NEVER, UNKNOWN), held=twice) == []
    assert rules(registered(SECRET, 3, 4, REFUSED), held=twice) == ["logged twice"]


def test_a_token_in_the_log_that_the_database_does_not_have() -> None:
    alone = replace(HELD, log=[*HELD.log, LogLine(SIM, "regnwl", "C9", "c")])
    assert rules(held=alone) == ["log alone"]
    deleted = replace(alone, log=[*alone.log, LogLine(SIM, "delete")], bindings=[])
    assert rules(held=deleted) == []


def test_another_device_secret_for_the_same_name() -> None:
    other = registered(Credential(LAMP, "other"), 3, 4)
    held = replace(HELD, log=[*HELD.log, LogLine(LAMP, "register", connection="c")])
    assert rules(other, held=held) == ["secret changed"]
    assert rules(deed(Act.DELETE, SECRET, 2.2, 2.5), other, held=held) == []
    assert rules(deed(Act.DELETE, SECRET, 5, 6), other, held=held) == ["secret changed"]


def test_the_database_and_the_connections_must_agree_on_who_is_online() -> None:
    assert rules(held=replace(HELD, online=[SIM], held=[SIM])) == []
    assert rules(held=replace(HELD, online=[SIM])) == ["online"]
    assert rules(held=replace(HELD, held=[SIM])) == ["online"]
    assert rules(held=replace(HELD, online=[SIM], held=[SIM, SIM])) == ["online"]


def test_a_name_that_exists_twice() -> None:
    assert rules(held=replace(HELD, names=[LAMP, SIM, SIM])) == ["name not unique"]


def test_a_budget_that_was_exceeded() -> None:
    assert rules(held=replace(issued("C2"), budgets={"pk": 2})) == []
    # By what was logged, and by what clients received.
    assert rules(held=replace(issued("C2", "C3"), budgets={"pk": 2})) == ["budget exceeded"]
    assert rules(held=replace(HELD, budgets={"pk": 1})) == ["budget exceeded"]


def test_a_violation_names_no_secret() -> None:
    found = violations(history(*RECEIVED, connected(TOKEN, 3, 4, REFUSED)), HELD)
    assert [violation.what for violation in found] == ["pk/sim-00001 C1 was refused at 4.000"]
    assert "token" not in repr(TOKEN)
