"""From a typed task to a fast-forwarded branch, with keys alone, on the real Codex."""

import time
from pathlib import Path

import pytest

from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from tests.scenarios.stage import add_file, git
from tests.scenarios.tui.user import user

pytestmark = pytest.mark.codex


def edit(marker: str, name: str) -> Script:
    """A task that adds one file."""
    return Script(marker, (Patch(text=add_file(name, "one", "two")), Say(text=f"I added {name}.")))


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_a_typed_task_is_reviewed_and_merged(scratch: Path, size: tuple[int, int]) -> None:
    async with user(scratch, [edit("SEARCH", "search.txt")], size=size) as me:
        await me.see("n starts")
        ref = await me.new_task("SEARCH for products")
        await me.done(ref)
        await me.see("review")
        await me.press("d")
        await me.see("search.txt", "+ one", "+ two")
        await me.press("space", "m")
        await me.see("Merge", "into main", "fast-forward")
        await me.press("enter")
        await me.on.until_state(ref, TaskState.MERGED)
        assert git(me.on.repository, "log", "-1", "--format=%s", "main") == "SEARCH for products"
        assert (me.on.repository / "search.txt").read_text() == "one\ntwo\n"


async def test_the_answer_and_the_log_are_on_screen(scratch: Path) -> None:
    script = Script("LOOK", (Shell(cmd="printf 'out%s' put"), Say(text="There is nothing to do.")))
    async with user(scratch, [script]) as me:
        ref = await me.new_task("LOOK around")
        await me.done(ref)
        await me.see("output", "There is nothing to do.", "changed no file")


@pytest.mark.slow
async def test_escape_leaves_the_merge_question_and_nothing_moves(scratch: Path) -> None:
    async with user(scratch, [edit("SEARCH", "search.txt")]) as me:
        ref = await me.new_task("SEARCH")
        await me.done(ref)
        before = git(me.on.repository, "rev-parse", "main")
        await me.press("d")
        await me.see("search.txt")
        await me.press("space", "m")
        await me.see("into main")
        await me.press("escape")
        await me.pilot.pause()
        assert me.on.task(ref).state is TaskState.DONE
        assert git(me.on.repository, "rev-parse", "main") == before


@pytest.mark.slow
async def test_two_tasks_land_the_second_after_an_update_and_a_second_review(scratch: Path) -> None:
    async with user(scratch, [edit("LEFT", "left.txt"), edit("RIGHT", "right.txt")]) as me:
        first = await me.new_task("LEFT")
        second = await me.new_task("RIGHT")
        await me.done(first)
        await me.done(second)
        await me.select(first)
        await me.press("d")
        await me.see("left.txt")
        await me.press("space", "m")
        await me.see("into main")
        await me.press("enter")
        await me.on.until_state(first, TaskState.MERGED)
        await me.select(second)
        await me.press("d")
        await me.see("right.txt")
        await me.press("space", "m")
        await me.see("u ")
        assert me.on.task(second).state is TaskState.DONE
        await me.press("escape", "escape")
        await me.select(second)
        await me.press("u")
        await me.on.until(lambda: me.on.task(second).reviewed is None)
        await me.press("d")
        await me.see("right.txt")
        await me.press("space", "m")
        await me.see("fast-forward")
        await me.press("enter")
        await me.on.until_state(second, TaskState.MERGED)
        assert git(me.on.repository, "log", "--format=%s", "main").splitlines() == ["RIGHT", "LEFT", "first"]


@pytest.mark.slow
async def test_overlapping_edits_of_the_person_stop_the_merge(scratch: Path) -> None:
    async with user(scratch, [edit("SEARCH", "search.txt")]) as me:
        ref = await me.new_task("SEARCH")
        await me.done(ref)
        (me.on.repository / "search.txt").write_text("mine\n")
        before = git(me.on.repository, "rev-parse", "main")
        await me.press("d")
        await me.see("search.txt")
        await me.press("space", "m")
        await me.see("search.txt", "nothing was moved")
        await me.press("enter")
        await me.pilot.pause()
        assert git(me.on.repository, "rev-parse", "main") == before
        assert (me.on.repository / "search.txt").read_text() == "mine\n"


@pytest.mark.slow
async def test_a_diff_of_a_thousand_files_opens_at_once(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with user(scratch, [edit("SEARCH", "search.txt")]) as me:
        ref = await me.new_task("SEARCH")
        task = await me.done(ref)
        assert task.worktree is not None
        for number in range(999):
            (Path(task.worktree.path) / f"file{number:03}.txt").write_text(f"{number}\n" * 5)
        await me.press("d")
        await me.see("1,000 files", "file000.txt")
        await me.press("escape")
        await me.see("Worktrees")
        begun_s = time.perf_counter()
        await me.press("d")
        await me.see("1,000 files", "file000.txt", "+ 0")
        took_s = time.perf_counter() - begun_s
        with capsys.disabled():
            print(f"\n  a diff of 1,000 files opened in {took_s:.2f} s (goal 0.5 s)")
        assert took_s < 1.0
