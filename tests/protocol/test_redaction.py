"""Redaction of a refused CONNECT: the parts that are kept and those that never are."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.redaction import LONGEST, Sent

PASSWORD = "8f3ac2d1e0b4a5968778695a4b3c2d1e8f3ac2d1e0b4a5968778695a4b3c2d1e"
CLIENT_ID = "a1FCrJmPpk1.lamp|timestamp=2524608000000,_v=sdk-c-4.2.0,securemode=2,ext=3,|"


def sent(
    client_id: str = CLIENT_ID, username: str | None = "lamp&a1FCrJmPpk1", password: str = PASSWORD
) -> dict[str, str]:
    return Sent(client_id, username, password.encode(), 60).facts()


def test_client_id_and_username_stand_as_they_came() -> None:
    assert sent() == {
        "clientId": CLIENT_ID,
        "username": "lamp&a1FCrJmPpk1",
        "password": "8f3a…",
        "passwordLength": "64",
        "keepalive": "60",
    }


def test_of_a_short_password_nothing_is_kept() -> None:
    assert sent(password="hunter2")["password"] == "…"


def test_what_was_not_sent_is_left_out() -> None:
    assert Sent("x", None, None, 60).facts() == {"clientId": "x", "keepalive": "60"}


def test_a_secret_in_the_wrong_place_is_masked() -> None:
    secret, token = "0f48d1e2a3b4c5d6e7f80912a3b4c5d6", "Zk3sQ9wT1bVn7LxM4pRy8JcD2fHa6GuE"
    for kept in (
        sent(client_id=f"{token}|securemode=-2,authType=connwl|"),
        sent(username=f"{secret}&a1FCrJmPpk1"),
        sent(client_id=f"lamp|deviceSecret={secret},securemode=2|"),
        sent(client_id="lamp|productSecret=Orn3y2SPYvLJQBks,securemode=2|"),
        sent(client_id="lamp|Orn3y2SPYvLJQBks|"),
    ):
        assert secret not in repr(kept)
        assert token not in repr(kept)
        assert "Orn3y2SPYvLJQBks" not in repr(kept)


def test_what_does_not_print_shows_as_its_escape() -> None:
    assert sent(client_id="lamp\n|a=1\x00|")["clientId"] == "lamp\\n|a=1\\x00|"


def test_a_password_stays_out_of_the_repr() -> None:
    assert PASSWORD[:4] not in repr(Sent("x", "y", PASSWORD.encode(), 60))


@given(st.text(), st.text() | st.none(), st.binary() | st.none())
def test_whatever_is_sent_the_facts_are_printable_and_bounded(
    client_id: str, username: str | None, password: bytes | None
) -> None:
    for value in Sent(client_id, username, password, 0).facts().values():
        assert value.isprintable()
        assert len(value) <= 12 * LONGEST
