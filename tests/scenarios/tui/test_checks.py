"""A failing check as the person at the screen sees it, on the real Codex."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script
from tests.scenarios.stage import add_file, change_line
from tests.scenarios.tui.user import user

pytestmark = pytest.mark.codex

CHECKS = {"greets": "diff -u expected.txt greeting.txt"}
FILES = {"expected.txt": "bonjour\n"}


async def test_a_failing_check_is_seen_goes_back_and_the_mended_work_waits_for_review(scratch: Path) -> None:
    scripts = [
        Script("WRITE", (Patch(text=add_file("greeting.txt", "hello")), Say(text="I wrote it."))),
        Script(
            "these checks failed",
            (Hang(name="gate"), Patch(text=change_line("greeting.txt", "hello", "bonjour")), Say(text="I mended it.")),
        ),
    ]
    async with user(scratch, scripts, files=FILES, checks=CHECKS) as me:
        (ref,) = await me.on.start("WRITE", checks=("greets",))
        await me.on.model.hanging("gate")
        await me.see("check greets: diff -u expected.txt greeting.txt · exit 1", "-bonjour", "+hello")
        await me.see("1 check failed and goes back to the worker, retry 1 of 2", "turn 2")
        assert "to review" not in me.painted
        me.on.model.release("gate")
        await me.done(ref)
        await me.see("check greets: diff -u expected.txt greeting.txt · exit 0", "1 to review")


async def test_checks_that_fail_for_good_name_the_next_step_and_c_runs_them_again(scratch: Path) -> None:
    scripts = [Script("WRITE", (Patch(text=add_file("greeting.txt", "hello")), Say(text="I wrote it.")))]
    async with user(scratch, scripts, files=FILES, checks=CHECKS, check_retries=0) as me:
        (ref,) = await me.on.start("WRITE", checks=("greets",))
        task = await me.on.until_state(ref, TaskState.FAILED)
        await me.see("failed", "the check greets failed with exit code 1", "run the checks again (c)")
        assert task.worktree is not None
        (Path(task.worktree.path) / "greeting.txt").write_text("bonjour\n")
        await me.press("c")
        await me.done(ref)
        await me.see("check greets: diff -u expected.txt greeting.txt · exit 0", "1 to review")
        assert len(me.on.task(ref).turns) == 1
