"""Runs of plans with groups, dependencies and levels, told as stories."""

from typing import Any

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from tests.fakes.states import NOW_S, Story


def spec(name: str, title: str, *, prompt: str = "do it", parent: str | None = None, **more: Any) -> TaskSpec:
    """A task of a plan."""
    above = None if parent is None else TaskId(parent)
    return TaskSpec(id=TaskId(name), title=title, prompt=prompt, parent=above, **more)


def planned(*specs: TaskSpec, title: str, story: Story | None = None) -> tuple[Story, dict[str, TaskRef]]:
    """A story in which a run with these tasks was created, and the tasks by their ids."""
    told = story or Story(NOW_S - 600)
    run = RunId(f"1120-1240-{len(told.state.runs):04x}")
    told.tell(ev.RunCreated(run=run, plan=Plan(title=title, tasks=specs), base_branch="main"))
    return told, {each.id: TaskRef(run, each.id) for each in specs}
