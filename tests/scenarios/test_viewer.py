"""A program that looks on: it shows what the holder's journal tells, and has the holder do what its user wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.cli.acting import Ground, ask_holder
from codex_orch_tui.cli.commands import Place
from codex_orch_tui.config import Config, LoadedConfig
from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, SandboxMode, TaskSpec
from codex_orch_tui.domain.schedule import Reason
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.announce import Moment
from codex_orch_tui.services.commands import model, sender
from codex_orch_tui.services.errors import (
    AnswerRefusedError,
    ConflictError,
    NoHolderError,
    NoReplyError,
    NotPossibleError,
    PlanRefusedError,
)
from codex_orch_tui.services.opening import replay
from codex_orch_tui.services.viewer import Viewer
from codex_orch_tui.store.journal_file import read_journal
from tests.faults.rig import asks, environment, opened, says, standin
from tests.scenarios.stage import ACCEPT, DECLINE, Stage, git

PLAYS = {
    "EDIT": [{"write": ["new.txt", "new\n"]}, says("done")],
    "CLASH": [{"write": ["README.md", "theirs\n"]}, says("done")],
    "HOLD": [{"hold": True}],
    "ASK": [asks("touch it"), {"await": "answer"}, says("went on")],
    "MORE": [says("more")],
}


@asynccontextmanager
async def two(root: Path, **config: Any) -> AsyncIterator[tuple[Stage, Stage]]:
    """The holder, and a viewer of the same repository as a stage of its own."""
    async with opened(root, standin(root, PLAYS), **config) as on, looking_on(on, **config) as viewer:
        yield on, Stage(on.root, on.repository, on.model, viewer)  # type: ignore[arg-type]


@asynccontextmanager
async def looking_on(on: Stage, **config: Any) -> AsyncIterator[Viewer]:
    viewer = await Viewer.open(on.repository, Config(**config), environ=environment(on.root))
    async with asyncio.TaskGroup() as group:
        group.create_task(viewer.run())
        try:
            yield viewer
        finally:
            viewer.close()


def journaled(on: Stage) -> State:
    """What the holder's journal makes."""
    return replay(read_journal(on.orchestrator.layout.journal).records)[0]


async def test_a_whole_task_from_the_second_program(scratch: Path) -> None:
    async with two(scratch) as (on, me):
        (ref,) = await me.start("EDIT", sandbox=SandboxMode.READ_ONLY, model="gpt-5.5")
        assert me.task(ref).spec == on.task(ref).spec
        assert me.task(ref).spec.sandbox is SandboxMode.READ_ONLY
        await me.until_state(ref, TaskState.DONE)
        assert any("done" in entry.text for entry in me.orchestrator.log(ref).tail())
        await me.reviewed(ref)
        await me.until(lambda: me.task(ref).is_reviewed)
        merged = await me.orchestrator.merge(ref, await me.orchestrator.preview_merge(ref))
        assert merged.new == git(on.repository, "rev-parse", "main")
        assert me.task(ref).state is TaskState.MERGED
        assert me.orchestrator.state == journaled(on)


async def test_what_is_known_before_is_known_at_once(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        (ref,) = await on.start("EDIT")
        await on.until_state(ref, TaskState.DONE)
        await on.orchestrator.flush()
        async with looking_on(on) as viewer:
            assert viewer.state == journaled(on)
            assert viewer.viewing.holder.startswith("process ")
            assert viewer.root == on.orchestrator.root
            assert (await viewer.base_info()).current == "main"


async def test_a_question_is_answered_from_the_second_program(scratch: Path) -> None:
    async with two(scratch) as (on, me):
        news = []
        me.orchestrator.watch_news(news.append)
        (ref,) = await on.start("ASK")
        approval = await me.asked()
        await me.orchestrator.shown(approval.id, "$ touch it")
        await on.until(lambda: on.orchestrator.state.approvals[approval.id].shown_at_s is not None)
        await me.orchestrator.answer(approval.id, ACCEPT)
        await me.until_state(ref, TaskState.DONE)
        assert on.orchestrator.state.approvals[approval.id].outcome is Outcome.ACCEPTED
        assert [each.moment for each in news] == [Moment.ASKS, Moment.DONE]
        with pytest.raises(AnswerRefusedError, match="no longer open"):
            await me.orchestrator.answer(approval.id, DECLINE)


async def test_two_viewers_and_the_holder_answer_at_once_and_one_counts(scratch: Path) -> None:
    async with two(scratch) as (on, me), looking_on(on) as other:
        (ref,) = await on.start("ASK")
        approval = await me.asked()
        await Stage(on.root, on.repository, on.model, other).asked()  # type: ignore[arg-type]
        calls = [each.answer(approval.id, ACCEPT) for each in (me.orchestrator, other, on.orchestrator)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["AnswerRefusedError"] * 2 + ["NoneType"]
        await on.until_state(ref, TaskState.DONE)


async def test_its_steering_reaches_the_worker(scratch: Path) -> None:
    async with two(scratch) as (_on, me):
        (ref,) = await me.start("HOLD")
        await me.until_state(ref, TaskState.RUNNING)
        assert await me.orchestrator.message(ref, "go on") == "steered"
        await me.orchestrator.interrupt(ref)
        await me.until_state(ref, TaskState.INTERRUPTED)
        with pytest.raises(NotPossibleError, match="nothing to pause"):
            await me.orchestrator.pause(ref)
        await me.orchestrator.retry(ref)
        await me.until(lambda: me.task(ref).attempt == 2)
        await me.until_state(ref, TaskState.RUNNING)
        await me.orchestrator.stop(ref)
        await me.until_state(ref, TaskState.INTERRUPTED)
        await me.orchestrator.discard(ref)
        assert me.task(ref).state is TaskState.DISCARDED


async def test_a_message_is_waited_for_as_long_as_what_it_waits_for(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "REPLY_S", 0.05)
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        (ref,) = await on.start("HOLD")
        await on.until_state(ref, TaskState.RUNNING)
        viewer = await Viewer.open(on.repository, Config(), environ=environment(scratch))
        place = Place(repo=on.repository, config=None)
        ground = Ground(place=place, loaded=LoadedConfig(config=Config(), origins={}), layout=on.orchestrator.layout)
        async with asyncio.timeout(15), on.orchestrator._commands[ref]:
            by_screen = asyncio.create_task(viewer.message(ref, "go on"))
            by_command = asyncio.create_task(ask_holder(ground, model.Message(task=str(ref), text="go on")))
            with pytest.raises((NoReplyError, NoHolderError), match=r"within 0\.05 s"):
                await viewer.resume(ref)
            assert not by_screen.done() and not by_command.done()
        assert await by_screen == "steered"
        assert (await by_command).data == {"how": "steered"}
        await on.orchestrator.interrupt(ref)


async def test_plans_are_sent_as_they_stand_and_why_tasks_wait_is_told(scratch: Path) -> None:
    def spec(name: str, prompt: str, **more: Any) -> TaskSpec:
        return TaskSpec(id=TaskId(name), title=name, prompt=prompt, checked_answer=False, **more)

    async with two(scratch, max_workers=1) as (on, me):
        plan = Plan(
            title="Two", tasks=(spec("a", "HOLD"), spec("b", "EDIT", depends_on=(TaskId("a"),))), spec="The spec."
        )
        first, second = await me.orchestrator.create_run(plan, "main")
        await me.until_state(first, TaskState.RUNNING)
        assert on.orchestrator.state.runs[first.run].spec == "The spec."
        assert me.orchestrator.waits() == on.orchestrator.waits()
        assert me.orchestrator.waits()[second].reason is Reason.DEPENDENCY
        edited = Plan(title="Three", tasks=(*plan.tasks, spec("c", "MORE", paths=("x/**",))), spec=plan.spec)
        await me.orchestrator.edit_run(first.run, plan, edited)
        assert me.orchestrator.state.runs[first.run].title == "Three"
        await me.orchestrator.change_priority(second, 5)
        assert me.task(second).spec.priority == 5
        with pytest.raises(PlanRefusedError):
            await me.orchestrator.edit_run(
                first.run, edited, Plan(title="x", tasks=(spec("a", "HOLD", depends_on=(TaskId("z"),)),))
            )
        await me.orchestrator.pause_run(first.run)
        await me.orchestrator.skip(second)
        assert me.task(second).state is TaskState.SKIPPED
        await me.orchestrator.resume_run(first.run)
        await me.orchestrator.stop(first)


async def test_a_run_lands_as_it_was_previewed(scratch: Path) -> None:
    async with two(scratch, max_workers=1) as (on, me):
        (first, second) = await me.start("EDIT", "MORE")
        await me.until_state(first, TaskState.DONE)
        await me.until_state(second, TaskState.DONE)
        await me.reviewed(first)
        await me.until(lambda: me.task(first).is_reviewed)
        preview = await me.orchestrator.preview_run_landing(first.run, [second])
        assert [task.ref for task in preview.tasks] == [first]
        merged = await me.orchestrator.land_run(first.run, preview)
        assert merged.new == preview.new == git(on.repository, "rev-parse", "main")
        with pytest.raises(NotPossibleError):
            await me.orchestrator.land_run(first.run, preview)


async def test_a_clash_comes_back_with_its_files(scratch: Path) -> None:
    async with two(scratch) as (on, me):
        (ref,) = await me.start("CLASH")
        await me.until_state(ref, TaskState.DONE)
        (on.repository / "README.md").write_text("ours\n")
        git(on.repository, "commit", "--quiet", "--all", "-m", "ours")
        with pytest.raises(ConflictError) as refused:
            await me.orchestrator.update(ref)
        assert refused.value.paths == ("README.md",)


async def test_a_growing_log_is_told(scratch: Path) -> None:
    async with two(scratch) as (_on, me):
        (ref,) = await me.start("HOLD")
        await me.until_state(ref, TaskState.RUNNING)
        grown = asyncio.Event()
        me.orchestrator.watch_logs(lambda which: grown.set() if which == ref else None)
        log = me.orchestrator.log(ref)
        log.tail()
        await me.orchestrator.message(ref, "go on")
        async with asyncio.timeout(10):
            await grown.wait()
        await me.orchestrator.interrupt(ref)


async def test_without_a_holder_it_shows_what_was_and_says_so(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        (ref,) = await on.start("EDIT")
        await on.until_state(ref, TaskState.DONE)
        await on.orchestrator.flush()
        viewer = await Viewer.open(on.repository, Config(), environ=environment(scratch))
        following = asyncio.create_task(viewer.run())
    me = Stage(on.root, on.repository, on.model, viewer)  # type: ignore[arg-type]
    await me.until(lambda: viewer.viewing.holder == "")
    assert me.task(ref).state is TaskState.DONE
    with pytest.raises(NoHolderError, match="nothing was done"):
        await viewer.message(ref, "MORE")
    viewer.close()
    await following
