"""A person reviews a run's tasks and lands them with keys, on the real Codex."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import add_file, git
from tests.scenarios.tui.user import user

pytestmark = pytest.mark.codex


def adds(marker: str, name: str) -> Script:
    return Script(marker, (Patch(text=add_file(name, marker.lower())), Say(text="ok")))


@pytest.mark.slow
async def test_from_the_run_s_row_to_a_diff_and_back_and_landed(scratch: Path) -> None:
    async with user(scratch, [adds("ONE", "one.txt"), adds("TWO", "two.txt")]) as me:
        on = me.on
        refs = await begin(on, spec("one", "ONE", checks=("ls one.txt",)), spec("two", "TWO", "one"))
        await on.until(lambda: all(on.task(ref).state is TaskState.DONE for ref in refs.values()))
        await on.orchestrator.wait_idle()
        await on.reviewed(refs["one"])
        await me.press("2", "home", "m")
        await me.see("Land the plan on main?", "1 one · 1 commit", "stays out two · not reviewed", "checks ls one.txt")
        await me.press("d")
        await me.see("two.txt")
        await me.press("escape")
        await on.reviewed(refs["two"])
        await me.press("2", "home", "m")
        await me.see("Land the plan on main?", "2 two · 1 commit")
        await me.press("enter")
        await me.see("2 merged", "main has one")
        assert all(on.task(ref).state is TaskState.MERGED for ref in refs.values())
        assert git(on.repository, "log", "--reverse", "--format=%s", "main").split() == ["first", "one", "two"]
