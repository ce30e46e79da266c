"""One sentence becomes a team's work on one branch, with keys alone, on the real Codex."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.run_landing import RunLanding
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.domain.task import CONTINUABLE, Task, TaskState
from tests.scenarios.stage import git
from tests.scenarios.team import CHECK, NAMES, SENTENCE, TITLE, check_landed, team
from tests.scenarios.tui.user import User, user

pytestmark = pytest.mark.codex


async def planned(me: User) -> TaskRef:
    """A sentence is typed and a navigator plans it."""
    await me.press("n")
    await me.see("New task")
    await me.type(SENTENCE)
    await me.press("ctrl+o")
    await me.see("let it be planned")
    await me.press("ctrl+s")
    await me.see("not approved", TITLE, "4 tasks", "after search, release")
    (planner,) = me.refs
    return planner


async def over(me: User, ref: TaskRef) -> Task:
    """The task has ended its work, well or not."""
    task = await me.on.until_state(ref, TaskState.DONE, *CONTINUABLE)
    assert task.state is TaskState.DONE, task.fault
    return task


@pytest.mark.parametrize("size", [pytest.param((160, 45), marks=pytest.mark.slow), (80, 24)])
async def test_a_sentence_a_plan_four_workers_and_one_branch(scratch: Path, size: tuple[int, int]) -> None:
    async with user(scratch, team(scratch), size=size) as me:
        on = me.on
        planner = await planned(me)
        await me.press("ctrl+s")
        await me.on.until(lambda: len(me.refs) == 5)
        refs = {ref.task: ref for ref in me.refs if ref != planner}
        await on.model.hanging("search")
        await on.model.hanging("release")
        assert on.orchestrator.waits() == {
            refs["verify"]: Wait(Reason.DEPENDENCY, (refs["search"], refs["release"])),
            refs["judge"]: Wait(Reason.DEPENDENCY, (refs["verify"],)),
        }
        await me.press("2")
        await me.see("2 working", "waits for search, release", "waits for verify", "planned")
        assert "to review" not in me.painted, "what was approved waits for nobody"

        on.model.release("release")
        await on.asked()
        assert on.task(refs["search"]).state is TaskState.RUNNING
        await me.see("1 needs you")
        await me.press("g")
        await me.see("Run outside the sandbox?", "The release has to be told outside.")
        await me.press("a")
        await over(me, refs["release"])
        on.model.release("search")
        await over(me, refs["verify"])
        await over(me, refs["judge"])

        assert git(on.repository, "log", "--format=%s", "main") == "first"
        await land(me, refs)
        check_landed(on, planner, refs)


async def land(me: User, refs: dict[str, TaskRef]) -> None:
    """From the run's row: every diff is read, one after the other, and then all of it lands."""
    await me.press("2")
    await me.select(refs["search"])
    await me.press("up", "m")
    await me.see(f"{TITLE} is not reviewed yet", "nothing was moved")
    for name, file in zip(NAMES[:3], ("search.py", "NEWS.md", "test_search.py"), strict=True):
        await me.press("d")
        await me.see(f"{name} → main", file, "1/1 viewed")
        await me.press("m")
        await me.see("lands", f"{name} · 1 commit")
    await me.see(f"Land {TITLE} on main?", "3 commits", "judge · changed nothing", CHECK)
    await me.press("enter")
    await me.on.until(lambda: all(me.on.task(ref).state is TaskState.MERGED for ref in refs.values()))
    await me.on.until(lambda: (landing := landing_of(me, refs)) is not None and landing.worktree_removed)
    await me.see("4 merged", "all done")


def landing_of(me: User, refs: dict[str, TaskRef]) -> RunLanding | None:
    """How the run landed, or is landing."""
    return me.on.orchestrator.state.runs[refs["search"].run].landing
