"""Signals to the running program: the terminal is given back, edits are committed, no process is left."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.faults.rig import environment, standin
from tests.faults.terminal import Program, program
from tests.scenarios.stage import git, make_repository

HELD = {"GO": [{"write": ["half.txt", "half\n"]}, {"hold": True}]}


async def at_work(me: Program, repository: Path) -> psutil.Process:
    """Start a task; returns its worker when the file that it writes is there."""
    await me.see("n starts")
    me.type("n")
    await me.see("New task")
    me.paste("GO")
    me.type("\x13")
    await me.see("1 working")
    worktrees = repository / ".orchestrator" / "worktrees"
    await me.until(lambda: list(worktrees.glob("*/*/half.txt")))
    children = psutil.Process(me.process.pid).children()
    return next(child for child in children if "app-server" in child.cmdline())


def status(root: Path, repository: Path) -> dict[str, object]:
    """What `codex-orch-tui status --json` tells of the only task."""
    told = subprocess.run(
        [sys.executable, "-m", "codex_orch_tui", "status", "--json"],
        cwd=repository,
        env=environment(root),
        capture_output=True,
        check=True,
        timeout=30,
    )
    (run,) = json.loads(told.stdout)["runs"]
    (task,) = run["tasks"]
    assert isinstance(task, dict)
    return task


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
async def test_a_signal_ends_everything_in_good_order(scratch: Path, number: signal.Signals) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with program(scratch, repository, codex=standin(scratch, HELD)) as me:
        worker = await at_work(me, repository)
        me.process.send_signal(number)
        assert await me.code() == 128 + number
        assert me.is_restored
        assert not worker.is_running()
    task = status(scratch, repository)
    assert task["state"] == "interrupted"
    (branch,) = git(repository, "branch", "--list", "--format=%(refname:short)", "orch/*").splitlines()
    assert git(repository, "show", f"{branch}:half.txt") == "half"
    assert git(repository, "log", "-1", "--format=%s", branch) == "GO (interrupted)"


async def test_a_closed_window_ends_everything_in_good_order(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with program(scratch, repository, codex=standin(scratch, HELD)) as me:
        worker = await at_work(me, repository)
        me.hang_up()
        assert await me.code() == 128 + signal.SIGHUP
        assert not worker.is_running()
    assert status(scratch, repository)["state"] == "interrupted"


async def test_stopped_by_the_shell_and_continued(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with program(scratch, repository, codex=standin(scratch, HELD)) as me:
        worker = await at_work(me, repository)
        process = psutil.Process(me.process.pid)
        me.process.send_signal(signal.SIGTSTP)
        await me.until(lambda: process.status() == psutil.STATUS_STOPPED)
        await me.until(lambda: me.is_restored)
        assert worker.is_running()
        me.screen.resize(160, 45)
        me.process.send_signal(signal.SIGCONT)
        await me.see("1 working", "Tasks")
        me.type("i")
        await me.see("interrupted")
        me.type("q")
        assert await me.code() == 0
        assert me.is_restored
        assert not worker.is_running()


async def test_q_with_a_worker_asks_and_x_leaves_nothing_behind(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with program(scratch, repository, codex=standin(scratch, HELD)) as me:
        worker = await at_work(me, repository)
        assert await me.leave() == 0
        assert me.is_restored
        assert not worker.is_running()


@pytest.mark.slow
async def test_a_worker_that_outlived_a_killed_program_is_ended_at_the_next_start(scratch: Path) -> None:
    """Codex goes when its stdin closes. One that is deaf to that and to SIGTERM still holds its thread."""
    repository = make_repository(scratch, {"README.md": "hello\n"})
    codex = standin(scratch, {"GO": [{"write": ["half.txt", "half\n"]}, {"deaf": True}]})
    async with program(scratch, repository, codex=codex) as me:
        worker = await at_work(me, repository)
        me.process.kill()
        await me.code()
    assert worker.is_running()
    async with program(scratch, repository, codex=codex) as me:
        await me.see("interrupted", f"the worker (process {worker.pid}) had outlived the program and was ended")
        assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
        me.type("q")
        assert await me.code() == 0


@pytest.mark.parametrize("where", ["nowhere", "bare", "empty"])
async def test_not_a_repository_to_work_in(scratch: Path, where: str) -> None:
    folder = Path("/") if where == "nowhere" else scratch / where
    if where != "nowhere":
        folder.mkdir()
        git(folder, "init", "--quiet", *(["--bare"] if where == "bare" else []))
    before = sorted(folder.iterdir())
    async with program(scratch, folder) as me:
        assert await me.code() == 2
        told = me.output.decode()
    assert told.startswith("codex-orch-tui: ")
    assert told.count("\n") == 1
    assert "\x1b" not in told
    assert {"nowhere": "git init", "bare": "git clone", "empty": "git commit"}[where] in told
    assert sorted(folder.iterdir()) == before
