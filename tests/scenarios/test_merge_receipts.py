"""A task that has checks is merged only when they passed on exactly the commit that becomes the tip."""

from dataclasses import replace
from pathlib import Path

import pytest

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.checking import has_passed_checks
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.errors import NotPossibleError
from tests.faults.rig import opened, shown, standin
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import Stage, git
from tests.scenarios.test_run_landing import OPEN, PLAYS

KEEP = "test ! -e broken.txt"


async def one_done(on: Stage, *, prompt: str = "ONE") -> TaskRef:
    """A task with a check that passed, reviewed."""
    ref = (await begin(on, spec("one", prompt, checks=(KEEP,))))["one"]
    await on.until_state(ref, TaskState.DONE)
    await on.orchestrator.wait_idle()
    await on.reviewed(ref)
    return ref


async def refusal(on: Stage, ref: TaskRef) -> Refusal | None:
    return (await on.orchestrator.preview_merge(ref)).refusal


def main_of(on: Stage) -> str:
    return git(on.repository, "rev-parse", "main")


async def test_what_the_person_adds_is_checked_again_before_it_is_merged(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        ref = await one_done(on)
        task, before = on.task(ref), main_of(on)
        assert task.worktree is not None
        green = await on.orchestrator.preview_merge(ref)
        assert green.refusal is None
        (Path(task.worktree.path) / "broken.txt").write_text("x\n")
        await on.reviewed(ref)
        told = await refusal(on, ref)
        assert told is not None
        assert (told.reason, told.next_step) == (RefusalReason.CHECK, "run them on it (c); it is merged when they pass")
        assert f"{KEEP} ran on {task.tip[:7] if task.tip else ''} and not on" in told.message
        preview = await on.orchestrator.preview_merge(ref)
        with pytest.raises(NotPossibleError, match="have not passed on exactly this commit"):
            await on.orchestrator.merge(ref, replace(preview, refusal=None))
        assert main_of(on) == before
        # It is red: that goes to the worker, as after any turn.
        turns = len(on.task(ref).turns)
        await on.orchestrator.resume(ref)
        await on.until_state(ref, TaskState.FAILED, TaskState.DONE)
        assert len(on.task(ref).turns) > turns
        assert on.task(ref).checks[0].outcome is CheckOutcome.FAILED
        assert main_of(on) == before
        (Path(task.worktree.path) / "broken.txt").unlink()
        await on.orchestrator.resume(ref)
        await on.until_state(ref, TaskState.DONE)
        await on.reviewed(ref)
        merged = await on.orchestrator.merge(ref, await on.orchestrator.preview_merge(ref))
        assert merged.new == on.task(ref).checks[0].commit == main_of(on)


async def test_after_an_update_the_checks_run_on_the_new_tip_without_a_turn(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        ref = await one_done(on)
        first = on.task(ref).checks[0]
        git(on.repository, "commit", "--quiet", "--allow-empty", "-m", "moved")
        updated = await on.orchestrator.update(ref)
        await on.until(lambda: on.task(ref).state is TaskState.DONE and has_passed_checks(on.task(ref)))
        task = on.task(ref)
        assert task.checks[0].commit == task.tip == updated.new_tip != first.commit
        assert len(task.turns) == 1
        await on.orchestrator.wait_idle()
        told = await refusal(on, ref)
        assert told is not None
        assert told.reason is RefusalReason.NOT_REVIEWED, "the new tip is looked at again as well"
        await on.merged(ref)
        assert main_of(on) == updated.new_tip


async def test_an_update_that_makes_a_check_red_moves_nothing_and_says_so(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), check_retries=0, **OPEN) as on:
        ref = await one_done(on)
        (on.repository / "broken.txt").write_text("x\n")
        git(on.repository, "add", "broken.txt")
        git(on.repository, "commit", "--quiet", "-m", "breaks it")
        before = main_of(on)
        await on.orchestrator.update(ref)
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert KEEP in task.fault.message
        await on.orchestrator.wait_idle()
        await on.reviewed(ref)
        told = await refusal(on, ref)
        assert told is not None
        assert told.message == f"its checks have not passed on exactly this commit: {KEEP} failed with exit code 1"
        assert told.next_step == "run them on it (c); it is merged when they pass"
        assert main_of(on) == before


async def test_a_dry_run_is_no_receipt(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), dry_run=True, **OPEN) as on:
        ref = await one_done(on)
        told = await refusal(on, ref)
        assert told is not None
        assert f"{KEEP} was skipped: that was a dry run" in told.message


async def test_what_stopped_in_mid_turn_says_that_it_is_continued_first(scratch: Path) -> None:
    plays = {"PART": [{"write": ["one.txt", "1\n"]}, {"hold": True}]}
    async with opened(scratch, standin(scratch, plays), **OPEN) as on:
        ref = (await begin(on, spec("one", "PART", checks=(KEEP,))))["one"]
        await on.until_state(ref, TaskState.RUNNING)
        folder = on.task(ref).worktree
        assert folder is not None
        await on.orchestrator.stop(ref)
        (Path(folder.path) / "mine.txt").write_text("mine\n")
        await on.reviewed(ref)
        told = await refusal(on, ref)
        assert told is not None
        assert f"{KEEP} has not run" in told.message
        assert told.next_step == "continue the task (c); they run when its turn is over"


async def test_on_screen_the_way_leads_over_the_checks(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on, shown(on) as me:
        ref = await one_done(on)
        task = on.task(ref)
        assert task.worktree is not None
        (Path(task.worktree.path) / "more.txt").write_text("more\n")
        await on.reviewed(ref)
        await me.select(ref)
        await me.press("m")
        await me.see("cannot be merged into main now", "ran on", "run them on it (c)", "nothing was moved")
        await me.press("enter")
        await me.press("escape")
        assert main_of(on) != on.task(ref).tip
        await me.press("c")
        await on.until(lambda: on.task(ref).state is TaskState.DONE and has_passed_checks(on.task(ref)))
        await on.orchestrator.wait_idle()
        await me.press("m")
        await me.see("Merge one into main?", f"checks {KEEP} · passed on {(on.task(ref).tip or '')[:7]}")
        await me.press("enter")
        await on.until_state(ref, TaskState.MERGED)
        assert main_of(on) == on.task(ref).tip
