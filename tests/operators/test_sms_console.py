"""SMS_BACKEND=console: the code in the terminal, and in a file all workers share."""

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings
from time_machine import Traveller

from operators import sms
from operators.sms import console
from tests.operators.people import CHEN_PHONE


@pytest.fixture
def data_dir(tmp_path: Path, clock: Traveller) -> Iterator[Path]:
    with override_settings(SMS_BACKEND="console", DATA_DIR=tmp_path):
        yield tmp_path


@pytest.mark.usefixtures("data_dir")
def test_the_message_appears_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    sms.send(CHEN_PHONE, "Code 123456 confirms: …", 1)
    assert f"[SMS to {CHEN_PHONE}] Code 123456 confirms: …\n" in capsys.readouterr().out


@pytest.mark.usefixtures("data_dir")
def test_messages_are_kept_newest_first() -> None:
    for text in ("one", "two 灯\nline", "three"):
        sms.send(CHEN_PHONE, text, 1)
    assert [message.text for message in console.messages_for(1)] == ["three", "two 灯\nline", "one"]
    assert console.messages_for(1)[0].number == CHEN_PHONE


@pytest.mark.usefixtures("data_dir")
def test_old_messages_are_dropped(clock: Traveller) -> None:
    sms.send(CHEN_PHONE, "old", 1)
    clock.shift(timedelta(minutes=10))
    assert console.messages_for(1) == []
    sms.send(CHEN_PHONE, "new", 1)
    assert [message.text for message in console.messages_for(1)] == ["new"]


def test_old_messages_leave_the_file_with_the_next(data_dir: Path, clock: Traveller) -> None:
    sms.send(CHEN_PHONE, "a rather long old message", 1)
    clock.shift(timedelta(minutes=10))
    sms.send(CHEN_PHONE, "new", 1)
    assert "old message" not in (data_dir / "development-sms.jsonl").read_text()


@pytest.mark.usefixtures("data_dir")
def test_only_the_last_are_kept() -> None:
    for number in range(25):
        sms.send(CHEN_PHONE, str(number), 1)
    assert [message.text for message in console.messages_for(1)] == [
        str(n) for n in range(24, 4, -1)
    ]


def test_only_the_servers_user_reads_the_file(data_dir: Path) -> None:
    sms.send(CHEN_PHONE, "text", 1)
    mode = (data_dir / "development-sms.jsonl").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.usefixtures("data_dir")
def test_messages_of_others_are_not_told_even_to_the_same_number() -> None:
    sms.send(CHEN_PHONE, "of one", 1)
    sms.send(CHEN_PHONE, "of two", 2)
    assert [message.text for message in console.messages_for(1)] == ["of one"]
    assert [message.text for message in console.messages_for(2)] == ["of two"]


def test_a_message_kept_before_accounts_were_noted_is_told_to_nobody(data_dir: Path) -> None:
    sms.send(CHEN_PHONE, "new", 1)
    path = data_dir / "development-sms.jsonl"
    path.write_text(path.read_text().replace(', "account": 1', ""))
    assert console.messages_for(1) == []
