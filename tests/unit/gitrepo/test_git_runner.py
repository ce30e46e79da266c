"""The runner: environment, limits, stopping, errors."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from codex_orch_tui.gitrepo import runner
from codex_orch_tui.gitrepo.environment import Place, environment_for
from codex_orch_tui.gitrepo.errors import GitError, GitMissing, GitTimeout, GitTooOld, IndexLocked, WorktreeMissing
from codex_orch_tui.gitrepo.runner import Git


@pytest.fixture
def stand_in(tmp_path: Path):
    """A program in the place of git."""

    def make(body: str) -> Git:
        path = tmp_path / "git-stand-in"
        path.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{body}\n")
        path.chmod(0o755)
        return Git(str(path))

    return make


def test_environment_is_built_from_a_list(monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_WORK_TREE", "/elsewhere")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/elsewhere")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.pager'='x'")
    monkeypatch.setenv("MY_API_KEY", "secret")
    env = environment_for(Place(cwd=tmp_path))
    assert "MY_API_KEY" not in env
    assert not {"GIT_DIR", "GIT_WORK_TREE", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_PARAMETERS"} & set(env)
    assert env["PATH"] == os.environ["PATH"]
    assert env["GIT_TERMINAL_PROMPT"] == env["GIT_OPTIONAL_LOCKS"] == "0"
    assert env["GIT_LITERAL_PATHSPECS"] == "1"
    assert env["GIT_CONFIG_GLOBAL"] == os.devnull


def test_the_persons_own_settings_count_only_where_asked(tmp_path):
    env = environment_for(Place(cwd=tmp_path, user_config=True))
    assert "GIT_CONFIG_GLOBAL" not in env
    assert "GIT_CONFIG_NOSYSTEM" not in env
    keys = {env[f"GIT_CONFIG_KEY_{n}"]: env[f"GIT_CONFIG_VALUE_{n}"] for n in range(int(env["GIT_CONFIG_COUNT"]))}
    assert keys["core.hooksPath"] == os.devnull
    assert keys["core.fsmonitor"] == "false"


async def test_output_is_bytes_and_stdin_is_fed(person):
    git = Git()
    place = Place(cwd=person.path, git_dir=person.path / ".git")
    result = await git.run(place, "hash-object", "--stdin", stdin=b"hello\n")
    assert result.line == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert (await git.run(place, "cat-file", "blob", "HEAD:README.md")).stdout == b"hello\n"


async def test_a_large_stdin_and_a_large_stdout_at_once(person):
    place = Place(cwd=person.path, git_dir=person.path / ".git")
    asked = b"HEAD:src/app.py\n" * 20_000
    result = await Git().run(place, "cat-file", "--buffer", "--batch-check", stdin=asked)
    assert result.stdout.count(b"\n") == 20_000


async def test_an_error_says_what_git_said(person):
    place = Place(cwd=person.path, git_dir=person.path / ".git")
    with pytest.raises(GitError) as caught:
        await Git().run(place, "rev-parse", "--verify", "no\x1bsuch")
    error = caught.value
    assert error.exit_code == 128
    assert "Needed a single revision" in error.message
    assert "rev-parse" in error.command
    assert "\x1b" not in error.message + error.stderr + error.command


async def test_exit_codes_that_are_no_failure(person):
    place = Place(cwd=person.path, git_dir=person.path / ".git")
    result = await Git().run(place, "rev-parse", "-q", "--verify", "nothing", ok_codes=(0, 1))
    assert result.exit_code == 1


async def test_time_limit_sends_term_first(stand_in, tmp_path):
    told = tmp_path / "told"
    git = stand_in(
        f"signal.signal(signal.SIGTERM, lambda *a: (open({str(told)!r}, 'w').write('TERM'), sys.exit(3)))\n"
        "print('here', flush=True)\ntime.sleep(60)"
    )
    began = time.monotonic()
    with pytest.raises(GitTimeout) as caught:
        await git.run(Place(cwd=tmp_path), "status", timeout_s=0.5)
    assert time.monotonic() - began < 3
    assert told.read_text() == "TERM"
    assert "0.5 s" in caught.value.message


async def test_partial_output_at_the_time_limit(stand_in, tmp_path):
    git = stand_in("print('some', flush=True)\ntime.sleep(60)")
    result = await git.run(Place(cwd=tmp_path), "log", timeout_s=0.5, keep_partial=True)
    assert result.stdout == b"some\n"
    assert result.is_cut


async def test_cancelling_ends_the_process_and_its_children(stand_in, tmp_path):
    pids = tmp_path / "pids"
    git = stand_in(
        f"child = os.fork()\nif child: open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child}}')\ntime.sleep(60)"
    )
    task = asyncio.create_task(git.run(Place(cwd=tmp_path), "status"))
    while not pids.exists() or len(pids.read_text().split()) < 2:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for pid in pids.read_text().split():
        state = Path(f"/proc/{pid}/stat")
        assert not state.exists() or state.read_text().split()[2] == "Z"


async def test_a_child_is_given_time_after_term_when_the_process_itself_has_ended(stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "_GROUP_WAIT_S", 30.0)  # what a machine needs that does much else
    here, told = tmp_path / "here", tmp_path / "told"
    git = stand_in(
        "def late(*_):\n"
        f"    time.sleep(0.1)\n    open({str(told)!r}, 'w').close()\n    os._exit(0)\n"
        f"if not os.fork():\n    signal.signal(signal.SIGTERM, late)\n    open({str(here)!r}, 'w').close()\n"
        "time.sleep(60)"
    )
    task = asyncio.create_task(git.run(Place(cwd=tmp_path), "status"))
    while not here.exists():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told.exists()


async def test_a_grandchild_that_holds_the_pipe_does_not_hold_us(stand_in, tmp_path):
    pid_file = tmp_path / "pid"
    git = stand_in(
        "child = os.fork()\n"
        "if not child:\n    os.setsid()\n"
        f"    open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n    time.sleep(20)\n"
        "    os._exit(0)\n"
        "print('done', flush=True)\nos._exit(0)"
    )
    began = time.monotonic()
    try:
        result = await git.run(Place(cwd=tmp_path), "gc", timeout_s=0.5, keep_partial=True)
        assert result.stdout == b"done\n"
        assert time.monotonic() - began < 8
    finally:
        os.kill(int(pid_file.read_text()), 9)


async def test_a_size_limit_cuts_and_stops(stand_in, tmp_path):
    git = stand_in("while True: sys.stdout.write('x' * 65536)")
    result = await git.run(Place(cwd=tmp_path), "log", max_bytes=100_000)
    assert len(result.stdout) == 100_000
    assert result.is_cut


async def test_no_git_and_an_old_git(stand_in, tmp_path):
    with pytest.raises(GitMissing) as missing:
        await Git(str(tmp_path / "nothing")).version()
    assert "install git" in missing.value.next_step
    with pytest.raises(GitTooOld) as old:
        await stand_in("print('git version 2.37.9')").version()
    assert "2.38" in old.value.message
    assert await Git().version() >= (2, 38)


async def test_a_folder_that_is_gone_is_not_a_missing_git(tmp_path):
    with pytest.raises(WorktreeMissing):
        await Git().run(Place(cwd=tmp_path / "gone"), "version")


async def test_the_holder_of_index_lock_is_named_and_the_lock_stays(person):
    lock = person.path / ".git" / "index.lock"
    place = Place(cwd=person.path, git_dir=person.path / ".git", work_tree=person.path)
    person.write("new.txt")
    with lock.open("w"):
        with pytest.raises(IndexLocked) as caught:
            await Git().run(place, "add", "new.txt")
        if sys.platform == "linux":
            assert f"pid {os.getpid()}" in caught.value.holder
            assert str(os.getpid()) in caught.value.message
    with pytest.raises(IndexLocked) as stale:
        await Git().run(place, "add", "new.txt")
    assert stale.value.holder == ""
    assert "by hand" in stale.value.next_step
    assert lock.exists()
