"""Atomic writes and folders."""

import errno
import os
from pathlib import Path

import pytest

from codex_orch_tui.store.artifacts import write_text
from codex_orch_tui.store.atomic import make_folder, remove_stray, temporary_name, write_atomic
from codex_orch_tui.store.errors import StoreError


def test_a_file_is_written_with_mode_0600_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("call", ["open", "write", "fdatasync", "replace"])
def test_the_old_file_stays_when_a_system_call_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "state.json"
    write_atomic(path, b"old")

    def fail(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        if call == "fdatasync":
            patch.setattr("codex_orch_tui.store.atomic.sync_file", fail)
        with pytest.raises(StoreError, match="No space left on device"):
            write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, bytes(data[:3])))
    write_atomic(tmp_path / "state.json", b"0123456789")
    assert (tmp_path / "state.json").read_bytes() == b"0123456789"


def test_a_symlink_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"untouched")
    (tmp_path / "state.json").symlink_to("victim")
    write_atomic(tmp_path / "state.json", b"new")
    assert (tmp_path / "victim").read_bytes() == b"untouched"
    assert not (tmp_path / "state.json").is_symlink()


def test_what_a_kill_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    temporary_name(tmp_path / "a.json").touch()
    temporary_name(tmp_path / "b.json").touch()
    for name in ("a.json", ".a.json.tmp", "notes.tmp", ".hidden"):
        (tmp_path / name).touch()
    assert remove_stray(tmp_path, "a.json") == 1
    assert remove_stray(tmp_path) == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".a.json.tmp", ".hidden", "a.json", "notes.tmp"]


def test_folders_are_made_with_mode_0700(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0o755)
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b" / "c").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755


def test_a_folder_is_not_made_through_a_link_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="is a symlink"):
        make_folder(tmp_path / "link")
    with pytest.raises(StoreError, match="not a folder"):
        make_folder(tmp_path / "file")


def test_artifacts_take_what_has_no_utf8(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "logs.txt", "odd \udcff name é")
    assert (tmp_path / "deep" / "logs.txt").read_bytes() == b"odd \\udcff name \xc3\xa9"


def test_an_error_message_is_clean(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        write_atomic(tmp_path / "missing\x1b]0;x\n" / "state.json", b"")
    assert "␛]0;x\\n" in caught.value.message
    assert str(caught.value).isprintable()
