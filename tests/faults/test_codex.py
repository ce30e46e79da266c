"""A codex that is missing, unfit, silent, not logged in, refused by its model, or gone: what the person is told."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from codex_orch_tui.codex.binary import find_codex
from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.item import FaultKind
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Fail, Patch, Say, Script, Shell
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.errors import AnswerRefusedError
from tests.faults.rig import asks, environment, opened, received, says, script, shown, standin
from tests.scenarios.stage import ACCEPT, add_file, git
from tests.scenarios.tui.user import user

TELLS_VERSION = '[ "$1" = --version ] && exec echo codex-cli 0.163.0\n'
INSTALL = "pip install 'openai-codex-cli-bin>=0.163,<1'"


def missing(root: Path) -> Path:
    return root / "bin" / "codex"


def not_executable(root: Path) -> Path:
    path = script(root / "bin" / "codex", "#!/bin/sh\n")
    path.chmod(0o644)
    return path


def old(root: Path) -> Path:
    return script(root / "bin" / "codex", "#!/bin/sh\necho codex-cli 0.99.1\n")


def something_else(root: Path) -> Path:
    return script(root / "bin" / "codex", "#!/bin/sh\nprintf 'jq-1.7 \\033]0;title\\007\\n'\n")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (missing, "is missing"),
        (not_executable, "is not executable"),
        (old, "has version 0.99.1; 0.163.0 or newer is needed"),
        (something_else, "is no codex: it calls itself “jq-1.7 ␛]0;title\\x07”"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_codex_that_cannot_be_used_is_named_with_what_to_install(
    scratch: Path, make: Callable[[Path], Path], told: str
) -> None:
    codex = make(scratch)
    async with opened(scratch, codex) as on, shown(on, (220, 45)) as me:
        ref = await me.new_task("GO")
        task = await on.until_state(ref, TaskState.FAILED)
        await me.see("failed", str(codex), told, INSTALL)
        assert task.worker is None
        assert len([note for note in task.notes if told in note.text]) == 1, "tried once, not in a loop"


@pytest.mark.parametrize(
    ("codex", "silent_at"),
    [("exec sleep 30\n", "its version"), (f"{TELLS_VERSION}exec cat > /dev/null\n", "initialize")],
    ids=["version", "initialize"],
)
async def test_a_silent_codex_is_given_up_after_its_time(scratch: Path, codex: str, silent_at: str) -> None:
    path = script(scratch / "bin" / "codex", f"#!/bin/sh\n{codex}")
    connector = CodexConnector(
        codex_path=path, environment=environment(scratch), version_timeout_s=0.5, start_timeout_s=0.5
    )
    async with opened(scratch, path, connector=connector) as on, shown(on, (220, 45)) as me:
        ref = await me.new_task("GO")
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.kind is FaultKind.CODEX_SILENT
        assert task.fault.next_step
        await me.see("failed", str(path), silent_at, "within 0.5 s")
        if silent_at == "initialize":
            assert "Codex 0.163.0" in task.fault.message
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(path) in (p.info["cmdline"] or ())]


async def test_a_codex_that_ends_at_once_says_its_last_words(scratch: Path) -> None:
    path = script(
        scratch / "bin" / "codex",
        f"#!/bin/sh\n{TELLS_VERSION}printf 'error: config.toml: \\033[31mbad\\033[0m key \\033]0;t\\007' >&2\nexit 3\n",
    )
    async with opened(scratch, path) as on:
        (ref,) = await on.start("GO")
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert "config.toml: bad key ␛]0;t\\x07" in task.fault.message
        assert str(path) in task.fault.message


async def test_a_codex_that_vanishes_stops_new_tasks_and_no_running_one(scratch: Path) -> None:
    codex = standin(scratch, {"FIRST": [{"await": "steer"}]})
    async with opened(scratch, codex) as on:
        (first,) = await on.start("FIRST")
        await on.until_state(first, TaskState.RUNNING)
        codex.unlink()
        (second,) = await on.start("SECOND")
        task = await on.until_state(second, TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.kind is FaultKind.CODEX_MISSING
        assert str(codex) in task.fault.message
        assert await on.orchestrator.message(first, "go on") == "steered"
        await on.until_state(first, TaskState.DONE)
        standin(scratch, {})
        await on.orchestrator.resume(second)
        await on.until_state(second, TaskState.DONE)


async def test_a_message_to_a_task_that_never_began_comes_with_the_task(scratch: Path) -> None:
    codex = scratch / "bin" / "codex"
    async with opened(scratch, codex) as on:
        (ref,) = await on.start("the TASK itself")
        await on.until_state(ref, TaskState.FAILED)
        standin(scratch, {"TASK": [says("heard the task", "a")], "more": []})
        assert await on.orchestrator.message(ref, "and more") == "new turn"
        task = await on.until_state(ref, TaskState.DONE)
        assert task.turn is not None
        assert task.turn.prompt == "the TASK itself\n\nand more"


@pytest.mark.codex
async def test_not_logged_in(scratch: Path) -> None:
    """The real Codex with a home of its own that nobody has logged in to."""
    codex = find_codex(None, os.environ).path
    async with opened(scratch, None) as on, shown(on, (220, 45)) as me:
        ref = await me.new_task("GO")
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.kind is FaultKind.NOT_LOGGED_IN
        await me.see("failed", "Codex is not logged in", f"{codex} login")
        assert task.worker is None


@pytest.mark.codex
@pytest.mark.parametrize(
    ("status", "told", "step"),
    [(429, "429 Too Many Requests", "wait a little"), (500, "high demand", "continue the task to try again")],
)
async def test_a_model_that_refuses_is_told_with_the_next_step_and_c_goes_on(
    scratch: Path, status: int, told: str, step: str
) -> None:
    again = Script("cut off before its end", (Patch(text=add_file("late.txt", "yes")), Say(text="late")))
    async with user(scratch, [Script("ASK", (Fail(status=status),)), again]) as me:
        ref = await me.new_task("ASK")
        await me.on.until_state(ref, TaskState.FAILED)
        await me.see("failed", told, step)
        asked = len(me.on.model.requests)
        await me.on.orchestrator.wait_idle()
        assert len(me.on.model.requests) == asked, "no restart loop"
        await me.press("c")
        await me.done(ref)
        await me.see("late.txt")


@pytest.mark.codex
async def test_killed_with_a_question_open(scratch: Path) -> None:
    touch = Shell(cmd=f"touch {scratch}/outside/mark", escalate=True, justification="the mark is elsewhere")
    edit = Patch(text=add_file("half.txt", "half"))
    scripts = [Script("MARK", (edit, touch, Say(text="never"))), Script("cut off before", (Say(text="went on"),))]
    async with user(scratch, scripts) as me:
        ref = await me.new_task("MARK")
        approval = await me.on.asked()
        await me.see("1 needs you")
        worker = me.on.task(ref).worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGKILL)
        task = await me.on.until_state(ref, TaskState.LOST)
        await me.see("lost", "the worker process ended in mid-turn", "continue the thread (c)")
        assert me.on.orchestrator.state.approvals[approval.id].outcome is Outcome.EXPIRED
        with pytest.raises(AnswerRefusedError):
            await me.on.orchestrator.answer(approval.id, ACCEPT)
        await me.on.until(lambda: bool(me.on.task(ref).commits))
        assert task.worktree is not None
        assert git(me.on.repository, "show", f"{task.worktree.branch}:half.txt") == "half"
        await me.press("c")
        await me.done(ref)
        assert me.on.task(ref).answer == "went on"
        assert not (me.on.outside / "mark").exists()


async def test_killed_in_mid_turn_while_others_work(scratch: Path) -> None:
    plays = {"BAD": [{"write": ["half.txt", "half"]}, asks("x"), {"hold": True}], "GOOD": [{"await": "steer"}]}
    async with opened(scratch, standin(scratch, plays)) as on:
        bad, good = await on.start("BAD", "GOOD")
        await on.asked()
        await on.until_state(good, TaskState.RUNNING)
        worker = on.task(bad).worker
        assert worker is not None
        os.killpg(worker.pid, signal.SIGKILL)
        await on.until_state(bad, TaskState.LOST)
        await on.until(lambda: bool(on.task(bad).commits))
        assert not on.orchestrator.state.pending
        assert await on.orchestrator.message(good, "go on") == "steered"
        await on.until_state(good, TaskState.DONE)


async def test_a_worker_that_ends_between_two_turns_is_started_again_by_a_message(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"AGAIN": [says("here again", "a")]})) as on:
        (ref,) = await on.start("GO")
        await on.until_state(ref, TaskState.DONE)
        await on.orchestrator.wait_idle()
        worker = on.task(ref).worker
        assert worker is not None
        os.killpg(worker.pid, signal.SIGKILL)
        await on.until(lambda: on.task(ref).worker is None)
        assert on.task(ref).state is TaskState.DONE
        await on.orchestrator.message(ref, "AGAIN")
        await on.until_state(ref, TaskState.DONE)
        now = on.task(ref).worker
        assert now is not None
        assert now.pid != worker.pid


async def test_a_worker_that_crashes_again_and_again_is_started_by_a_person_only(scratch: Path) -> None:
    codex = standin(scratch, {"CRASH": [{"die": 3}], "cut off before": [{"die": 3}]})
    async with opened(scratch, codex) as on:
        (ref,) = await on.start("CRASH")
        for number in (1, 2, 3):
            task = await on.until_state(ref, TaskState.LOST)
            await on.orchestrator.wait_idle()
            begun = [message for message in received(scratch) if message.get("method") == "initialize"]
            assert len(begun) == number, "nothing starts it again by itself"
            assert task.fault is not None
            assert "continue the thread (c)" in task.fault.next_step
            if number < 3:
                await on.orchestrator.resume(ref)
                await on.until(lambda: on.task(ref).state is not TaskState.LOST)
