"""Files written in one step, and the lock of a directory."""

import stat
import threading
from pathlib import Path

import pytest

from common.ops.files import locked, write_atomically


def test_a_file_is_for_its_owner_alone_unless_said_otherwise(tmp_path: Path) -> None:
    write_atomically(tmp_path / "secret", b"1")
    write_atomically(tmp_path / "public", b"2", mode=0o644)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("secret", "public")]
    assert modes == [0o600, 0o644]


def test_a_file_is_replaced_and_a_reader_keeps_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"old")
    with file.open("rb") as reader:
        write_atomically(file, b"new")
        assert (reader.read(), file.read_bytes()) == (b"old", b"new")


def test_a_failure_leaves_no_remnant(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "directory", b"content")
    assert [entry.name for entry in tmp_path.iterdir()] == ["directory"]


def test_the_lock_of_a_directory_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with locked(tmp_path):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(tmp_path):
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
