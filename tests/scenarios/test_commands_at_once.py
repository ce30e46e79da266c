"""Commands that meet each other, or a task that is just changing: each finds a task at rest, or is refused."""

import asyncio
import os
from pathlib import Path

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import FaultKind, TurnStatus
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.orchestrator import Orchestrator
from tests.faults.rig import environment, opened, says, script, standin
from tests.scenarios.stage import Stage, git, make_repository

EDIT = [{"write": ["new.txt", "new\n"]}]
HELD = [*EDIT, {"hold": True}]
GATED = [*EDIT, {"await": "steer"}]


def told(on: Stage) -> list[ev.Event]:
    """Every event from now on."""
    events: list[ev.Event] = []
    on.orchestrator.watch_events(lambda recorded: events.append(recorded.event))
    return events


def kinds(events: list[ev.Event], *of: type) -> list[str]:
    return [type(event).__name__ for event in events if isinstance(event, of)]


def notes(on: Stage, ref: TaskRef) -> str:
    return "\n".join(note.text for note in on.task(ref).notes)


async def held(on: Stage, prompt: str = "HELD") -> TaskRef:
    """A task whose turn runs and has written its file."""
    (ref,) = await on.start(prompt)
    await on.until_state(ref, TaskState.RUNNING)
    worktree = on.task(ref).worktree
    assert worktree is not None
    async with asyncio.timeout(10):
        while not (Path(worktree.path) / "new.txt").exists():
            await asyncio.sleep(0.01)
    return ref


async def done(on: Stage, prompt: str = "EDIT") -> TaskRef:
    (ref,) = await on.start(prompt)
    await on.until_state(ref, TaskState.DONE)
    return ref


async def outcomes(*calls: object) -> list[type]:
    """The types of what the calls gave, which are made at once."""
    results = await asyncio.gather(*calls, return_exceptions=True)  # type: ignore[call-overload]
    return [type(result) for result in results]


async def test_continue_pressed_twice_is_one_turn(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"HELD": HELD})) as on:
        ref = await held(on)
        await on.orchestrator.stop(ref)
        calls = on.orchestrator.resume(ref), on.orchestrator.resume(ref)
        assert await outcomes(*calls) == [type(None), NotPossibleError]
        await on.until_state(ref, TaskState.DONE)
        await on.orchestrator.wait_idle()
        assert len(on.task(ref).turns) == 2


async def test_two_messages_to_a_task_at_rest_are_not_two_turns(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"EDIT": EDIT, "HOLD": [{"await": "steer"}]})) as on:
        ref = await done(on)
        how = await asyncio.gather(on.orchestrator.message(ref, "HOLD"), on.orchestrator.message(ref, "two"))
        assert how == ["new turn", "steered"], "the second waits for the turn that is to come"
        await on.until_state(ref, TaskState.DONE)
        assert [turn.prompt for turn in on.task(ref).turns] == ["EDIT", "HOLD"]


async def test_a_message_that_waits_for_a_slot_keeps_others_off_the_worktree(scratch: Path) -> None:
    plays = {"EDIT": EDIT, "HELD": HELD}
    async with opened(scratch, standin(scratch, plays), max_workers=1) as on:
        ref = await done(on)
        await on.reviewed(ref)
        preview = await on.orchestrator.preview_merge(ref)
        await held(on)
        await on.orchestrator.message(ref, "use tabs")
        assert on.task(ref).state is TaskState.QUEUED
        assert "waits for a free worker, which will get: use tabs" in notes(on, ref)
        for call in (on.orchestrator.merge(ref, preview), on.orchestrator.update(ref), on.orchestrator.review(ref)):
            with pytest.raises(NotPossibleError, match="still at work"):
                await call
        await on.orchestrator.stop(ref)
        assert on.task(ref).state is TaskState.INTERRUPTED
        await on.merged(ref)


async def test_stopped_twice_at_once_edits_are_committed(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"HELD": HELD})) as on:
        ref = await held(on)
        await asyncio.gather(on.orchestrator.stop(ref), on.orchestrator.stop(ref), on.orchestrator.interrupt(ref))
        task = on.task(ref)
        assert task.state is TaskState.INTERRUPTED
        assert [commit.subject for commit in task.commits] == ["HELD (interrupted)"]
        assert task.worker is None
        await on.orchestrator.resume(ref)
        await on.until_state(ref, TaskState.DONE)


async def test_stop_and_continue_at_once_the_old_worker_is_gone_before_the_new_one_comes(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"HELD": HELD})) as on:
        ref = await held(on)
        events = told(on)
        stopping = asyncio.create_task(on.orchestrator.stop(ref))
        await on.until_state(ref, TaskState.INTERRUPTED)
        await on.orchestrator.resume(ref)
        await stopping
        await on.until_state(ref, TaskState.DONE)
        assert kinds(events, ev.WorkerStarted, ev.WorkerEnded) == ["WorkerEnded", "WorkerStarted"]
        assert on.task(ref).turns[-1].status is TurnStatus.COMPLETED


async def test_a_message_meets_the_end_of_an_idle_worker(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"EDIT": EDIT}), idle_worker_s=0.01) as on:
        events = told(on)
        ref = await done(on)
        # The process is told to end; the next turn must not share its thread with it.
        await on.orchestrator.wait_idle()
        post = on.orchestrator._supervisor._crew._posts[ref]
        await on.until(lambda: on.task(ref).worker is None or post.ending is not None)
        await on.orchestrator.message(ref, "again")
        await on.until(lambda: len(on.task(ref).turns) == 2)
        await on.until_state(ref, TaskState.DONE)
        assert kinds(events, ev.WorkerStarted, ev.WorkerEnded)[:3] == ["WorkerStarted", "WorkerEnded", "WorkerStarted"]


async def test_merged_twice_at_once(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"EDIT": EDIT})) as on:
        ref = await done(on)
        await on.reviewed(ref)
        preview = await on.orchestrator.preview_merge(ref)
        events = told(on)
        merge = on.orchestrator.merge
        results = await asyncio.gather(merge(ref, preview), merge(ref, preview), return_exceptions=True)
        assert isinstance(results[1], NotPossibleError)
        assert "merged already" in str(results[1])
        assert kinds(events, ev.MergeStarted, ev.MergeFinished, ev.MergeRefused) == ["MergeStarted", "MergeFinished"]
        assert on.task(ref).state is TaskState.MERGED
        with pytest.raises(NotPossibleError, match="merged already"):
            await on.orchestrator.discard(ref)


async def test_discarded_while_its_review_is_read(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"EDIT": EDIT})) as on:
        ref = await done(on)
        summary = await on.orchestrator.review(ref)
        calls = on.orchestrator.discard(ref), on.orchestrator.review(ref), on.orchestrator.discard(ref)
        first, _, second = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(first, str)
        assert isinstance(second, NotPossibleError)
        with pytest.raises(NotPossibleError, match="discarded already"):
            await on.orchestrator.review(ref)
        patch = await on.orchestrator.file_patch(summary.files[0])
        assert patch.hunks
        assert on.task(ref).state is TaskState.DISCARDED


async def test_a_review_right_after_an_interrupt_waits_for_its_commit(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"HELD": HELD})) as on:
        ref = await held(on)
        interrupting = asyncio.create_task(on.orchestrator.interrupt(ref))
        await on.until_state(ref, TaskState.INTERRUPTED)
        summary = await on.orchestrator.review(ref)
        await interrupting
        assert [commit.subject for commit in summary.commits] == ["HELD (interrupted)"]
        assert len(on.task(ref).commits) == 1


async def test_closed_while_a_turn_is_being_committed(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"GATED": GATED})) as on:
        ref = await held(on, "GATED")

        def close(recorded: ev.Recorded) -> None:
            if isinstance(recorded.event, ev.TurnEnded):
                on.orchestrator.close()

        on.orchestrator.watch_events(close)
        await on.orchestrator.message(ref, "go on")
        await on.until_state(ref, TaskState.DONE)
        with pytest.raises(NotPossibleError, match="is closing"):
            await on.orchestrator.message(ref, "too late")
    async with opened(scratch, standin(scratch), repository=on.repository) as again:
        assert again.task(ref).state is TaskState.DONE
        assert len(again.task(ref).commits) == 1


async def test_closed_in_the_middle_of_a_merge(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"EDIT": EDIT})) as on:
        ref = await done(on)
        await on.reviewed(ref)
        merging = asyncio.create_task(on.orchestrator.merge(ref, await on.orchestrator.preview_merge(ref)))
        await on.until(lambda: on.task(ref).merging)
        on.orchestrator.close()
        await merging
    async with opened(scratch, standin(scratch), repository=on.repository) as again:
        assert again.task(ref).state is TaskState.MERGED
        assert git(again.repository, "log", "-1", "--format=%s", "main") == "EDIT"


async def test_cancelled_by_whoever_runs_it_workers_are_stopped_all_the_same(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    connector = CodexConnector(codex_path=standin(scratch, {"HELD": HELD}), environment=environment(scratch))
    orchestrator = await Orchestrator.open(repository, Config(), connector, environ=environment(scratch))
    running = asyncio.create_task(orchestrator.run())
    async with ModelServer([], roots=[str(scratch)]) as model:
        on = Stage(scratch, repository, model, orchestrator)
        ref = await held(on)
        worker = on.task(ref).worker
        assert worker is not None
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
        assert on.task(ref).state is TaskState.INTERRUPTED
        assert len(on.task(ref).commits) == 1
        with pytest.raises(ProcessLookupError):
            os.killpg(worker.pid, 0)
    async with opened(scratch, standin(scratch), repository=repository) as again:
        assert len(again.task(ref).commits) == 1


async def test_stopped_while_codex_starts(scratch: Path) -> None:
    """A codex that tells its version and then waits for ever leaves no process when the task is stopped."""
    silent = (
        '#!/bin/sh\n[ "$1" = --version ] && exec echo codex-cli 0.163.0\n'
        f"echo $$ > {scratch}/pid.new && mv {scratch}/pid.new {scratch}/pid\nexec cat > /dev/null\n"
    )
    async with opened(scratch, script(scratch / "bin" / "codex", silent)) as on:
        (ref,) = await on.start("GO")
        async with asyncio.timeout(10):
            while not (scratch / "pid").exists():
                await asyncio.sleep(0.01)
        await on.orchestrator.stop(ref)
        assert on.task(ref).state is TaskState.INTERRUPTED
        with pytest.raises(ProcessLookupError):
            os.kill(int((scratch / "pid").read_text()), 0)


async def test_a_turn_that_could_not_be_begun_ends_the_worker_and_c_begins_anew(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, refuse=["turn/start"])) as on:
        (ref,) = await on.start("the TASK")
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert "turn/start is refused" in task.fault.message
        await on.orchestrator.wait_idle()
        assert on.task(ref).worker is None
        standin(scratch, {"TASK": [says("I know the task", "m")]}, refuse=["thread/resume"])
        await on.orchestrator.resume(ref)
        task = await on.until_state(ref, TaskState.DONE)
        assert [turn.prompt for turn in task.turns] == ["the TASK"]


async def test_edits_that_could_not_be_committed_are_told_when_it_is_stopped(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"HELD": HELD})) as on:
        ref = await held(on)
        lock = on.repository / ".git" / "worktrees" / "task-1" / "index.lock"
        lock.write_text("")
        await on.orchestrator.stop(ref)
        assert on.task(ref).state is TaskState.INTERRUPTED
        assert "the index is locked" in notes(on, ref)
        lock.unlink()
        await on.merged(ref)


@pytest.mark.parametrize("command", ["merge", "update", "review", "preview_merge", "discard"])
async def test_a_task_at_work_is_left_alone(scratch: Path, command: str) -> None:
    async with opened(scratch, standin(scratch, {"EDIT": EDIT, "more": HELD})) as on:
        ref = await done(on)
        await on.reviewed(ref)
        preview = await on.orchestrator.preview_merge(ref)
        await on.orchestrator.message(ref, "more")
        await on.until_state(ref, TaskState.RUNNING)
        if command == "discard":
            await on.orchestrator.discard(ref)
            assert on.task(ref).state is TaskState.DISCARDED
            return
        with pytest.raises(NotPossibleError, match="still at work"):
            await getattr(on.orchestrator, command)(ref, *([preview] if command == "merge" else []))
        assert on.task(ref).state is TaskState.RUNNING


async def test_a_run_that_could_not_be_kept_says_so_and_c_starts_it(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(scratch, standin(scratch, {"EDIT": EDIT})) as on:
        journal = on.orchestrator._opened.journal
        with monkeypatch.context() as patch:
            patch.setattr(type(journal), "_commit", _no_space)
            with pytest.raises(NotPossibleError, match="No space left"):
                await on.start("EDIT")
        (ref,) = on.orchestrator.state.tasks
        fault = on.task(ref).fault
        assert fault is not None
        assert fault.kind is FaultKind.STORAGE
        await on.orchestrator.resume(ref)
        await on.until_state(ref, TaskState.DONE)


def _no_space(_journal: object, data: bytes) -> None:
    if data:
        raise OSError(28, "No space left on device")
