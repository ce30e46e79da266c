"""One writer for a repository, however it was reached and however the last one ended."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import Holder, LockHeld, RepositoryLock, holder_of

_HOLD = """
import sys
from pathlib import Path
from codex_orch_tui.store.lock import RepositoryLock
RepositoryLock.acquire(*map(Path, sys.argv[1:]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def _other_process(*paths: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", _HOLD, *map(str, paths)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        try:
            yield child
        finally:
            child.kill()


def test_the_second_process_is_told_who_holds_it_until_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with _other_process(path) as child:
        with pytest.raises(LockHeld, match=f"process {child.pid} on ") as caught:
            RepositoryLock.acquire(path)
        assert caught.value.holder.host == socket.gethostname()
        holder = holder_of(path)
        assert holder is not None
        assert holder.pid == child.pid
        child.kill()
        child.wait()
        assert holder_of(path) is None
        with RepositoryLock.acquire(path):
            holder = holder_of(path)
            assert holder is not None
            assert holder.pid == os.getpid()
    assert path.stat().st_mode & 0o777 == 0o600


def test_both_locks_or_neither(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with _other_process(second):
        with pytest.raises(LockHeld):
            RepositoryLock.acquire(first, second)
        assert holder_of(first) is None
    lock = RepositoryLock.acquire(first, second)
    assert holder_of(first) is not None
    assert holder_of(second) is not None
    lock.release()
    lock.release()
    assert holder_of(first) is holder_of(second) is None


def test_a_symlinked_repository_is_the_same_one(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (tmp_path / "alias").symlink_to("repository")
    layout = Layout(repository, repository / ".git")
    layout.create()
    alias = Layout(tmp_path / "alias", tmp_path / "alias" / ".git")
    with _other_process(*layout.locks), pytest.raises(LockHeld):
        RepositoryLock.acquire(*alias.locks)


def test_the_twin_holds_when_the_state_folder_was_deleted(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    layout = Layout(repository, repository / ".git")
    layout.create()
    with _other_process(*layout.locks):
        layout.locks[1].unlink()
        with pytest.raises(LockHeld):
            RepositoryLock.acquire(*layout.locks)


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[]", b'{"pid": "x"}', b"9" * 5000])
def test_a_lock_that_tells_nothing_is_held_all_the_same(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lock"
    with RepositoryLock.acquire(path):
        path.write_bytes(content)
        assert holder_of(path) == Holder()
        with pytest.raises(LockHeld, match="another process"):
            RepositoryLock.acquire(path)


def test_a_host_name_cannot_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with RepositoryLock.acquire(path):
        path.write_text('{"pid": 1, "host": "\\u001b]0;x", "started_at_s": 0}')
        holder = holder_of(path)
        assert holder is not None
        assert holder.host == "␛]0;x"


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"untouched")
    (tmp_path / "lock").symlink_to("victim")
    with pytest.raises(StoreError, match="cannot open"):
        RepositoryLock.acquire(tmp_path / "lock")
    with pytest.raises(StoreError, match="cannot open"):
        holder_of(tmp_path / "lock")
    assert (tmp_path / "victim").read_bytes() == b"untouched"


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing/lock: No such file"):
        RepositoryLock.acquire(tmp_path / "missing" / "lock")
    assert holder_of(tmp_path / "missing" / "lock") is None
