"""A worker that reports nothing for a while: said of it and of no other, and taken back when it speaks."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.approval import Choice, Decision
from codex_orch_tui.domain.task import TaskState
from tests.faults.rig import asks, opened, shown, standin

WAIT: dict[str, Any] = {"await": "steer"}
ANSWER: dict[str, Any] = {"await": "answer"}


async def until(holds: Callable[[], object]) -> None:
    """Time alone makes a worker quiet: there is no event to wait for."""
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)


async def test_a_silent_worker_is_quiet_and_one_that_waits_for_an_answer_is_not(scratch: Path) -> None:
    codex = standin(scratch, {"SILENT": [WAIT], "ASKS": [asks("touch it"), ANSWER, WAIT]})
    async with opened(scratch, codex, quiet_worker_s=0.4) as on:
        silent, asking = await on.start("SILENT", "ASKS")
        question = await on.asked()
        await until(on.orchestrator.quiet)
        assert set(on.orchestrator.quiet()) == {silent}
        task = on.task(silent)
        assert task.turn is not None
        assert on.orchestrator.quiet()[silent] >= task.turn.started_at_s - 1.0
        answered: list[bool] = []

        def look() -> None:
            if on.task(asking).state is TaskState.RUNNING and not answered:
                answered.append(asking in on.orchestrator.quiet())

        unwatch = on.orchestrator.watch(look)
        await on.orchestrator.answer(question.id, Decision(choice=Choice.ACCEPT))
        await on.until_state(asking, TaskState.RUNNING)
        unwatch()
        assert answered == [False], "it was the person whom it waited for"
        await until(lambda: asking in on.orchestrator.quiet())
        await on.orchestrator.message(silent, "go on")
        await on.until_state(silent, TaskState.DONE)
        assert set(on.orchestrator.quiet()) <= {asking}
        await on.orchestrator.stop(asking)
        assert not on.orchestrator.quiet()


async def test_what_a_worker_streams_is_a_word_of_it(scratch: Path) -> None:
    """Streamed pieces are no signals: they only make the log grow."""
    piece = {"method": "item/commandExecution/outputDelta", "params": {"itemId": "x", "delta": "a line\n"}}
    codex = standin(scratch, {"STREAM": [asks("first"), ANSWER, {"send": piece}, WAIT]})
    async with opened(scratch, codex, quiet_worker_s=60.0) as on:
        (ref,) = await on.start("STREAM")
        question = await on.asked()
        worker = on.orchestrator._supervisor.worker(ref)
        assert worker is not None
        grown: list[float] = []
        on.orchestrator.watch_logs(lambda _ref: grown.append(worker.last_heard_s))
        worker.last_heard_s = 0.0
        await on.orchestrator.answer(question.id, Decision(choice=Choice.ACCEPT))
        await until(lambda: any("a line" in str(entry.text) for entry in on.orchestrator.log(ref).tail()))
        assert grown, "the log has grown"
        assert all(heard_s > 0.0 for heard_s in grown)


async def test_a_worker_between_two_turns_is_not_quiet_when_the_next_begins(scratch: Path) -> None:
    codex = standin(scratch, {"FIRST": [], "again": [WAIT]})
    async with opened(scratch, codex, quiet_worker_s=60.0) as on:
        (ref,) = await on.start("FIRST")
        await on.until_state(ref, TaskState.DONE)
        worker = on.orchestrator._supervisor.worker(ref)
        assert worker is not None
        worker.last_heard_s = 0.0
        seen: list[bool] = []
        on.orchestrator.watch(lambda: seen.append(ref in on.orchestrator.quiet()))
        await on.orchestrator.message(ref, "again")
        await on.until_state(ref, TaskState.RUNNING)
        assert seen
        assert not any(seen)


@pytest.mark.slow
async def test_the_row_the_table_and_the_log_say_since_when(scratch: Path) -> None:
    codex = standin(scratch, {"SILENT": [WAIT]})
    async with opened(scratch, codex, quiet_worker_s=1.0) as on, shown(on, (160, 45)) as me:
        ref = await me.new_task("SILENT work")
        await on.until_state(ref, TaskState.RUNNING)
        await me.see("working")
        await me.see("turn 1 · quiet")
        lists = [line.split("│")[1] for line in me.painted.splitlines() if line.startswith("│") and "quiet" in line]
        assert len(lists) == 2, me.painted
        assert "working" not in "".join(lists)
        await on.orchestrator.message(ref, "go on")
        await me.see("review")
        assert not [line for line in me.painted.splitlines() if line.startswith("│") and "quiet" in line]


async def test_a_worker_that_is_stopped_from_outside_is_quiet_and_the_screen_lives(scratch: Path) -> None:
    codex = standin(scratch, {"FROZEN": [WAIT], "AWAKE": [WAIT]})
    async with opened(scratch, codex, quiet_worker_s=0.4) as on, shown(on) as me:
        frozen, awake = await on.start("FROZEN", "AWAKE")
        for ref in (frozen, awake):
            await on.until_state(ref, TaskState.RUNNING)
        worker = on.task(frozen).worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            await until(lambda: frozen in on.orchestrator.quiet())
            await me.see("quiet")
            await me.press("question_mark")
            await me.see("Type a task; a worker does it in a worktree")
            await me.press("escape")
            assert await on.orchestrator.message(awake, "go on") == "steered"
            await on.until_state(awake, TaskState.DONE)
            assert on.task(frozen).state is TaskState.RUNNING
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        await on.orchestrator.stop(frozen)
        assert on.task(frozen).state is TaskState.INTERRUPTED
