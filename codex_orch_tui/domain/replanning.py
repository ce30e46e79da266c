"""The plan of a run that a person edits while it runs: what has begun stays as it is."""

from codex_orch_tui.domain.events.session import PlanEdited
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.selectors import is_planned
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task, TaskState


def is_open(task: Task) -> bool:
    """It may still be edited: it has not begun, or it is a group."""
    return task.spec.is_group or is_planned(task)


def with_plan_edited(state: State, event: PlanEdited, at_s: float) -> State:
    """The state with another plan for a run: tasks that have not begun are changed, gone or new."""
    if (run := state.runs.get(event.run)) is None:
        return state
    tasks = dict(state.tasks)
    wanted = {TaskRef(run.id, spec.id): spec for spec in event.tasks}
    begun = [ref for ref in run.tasks if ref not in wanted and not is_open(tasks[ref])]
    for ref in run.tasks:
        if ref not in wanted and is_open(tasks[ref]):
            del tasks[ref]
    for ref, spec in wanted.items():
        task = tasks.get(ref)
        if task is None:
            tasks[ref] = Task(
                ref=ref,
                spec=spec,
                base_branch=run.base_branch,
                state=TaskState.QUEUED,
                since_s=at_s,
                created_at_s=at_s,
            )
        elif is_open(task) and spec.is_group == task.spec.is_group:
            tasks[ref] = replace(task, spec=spec)
    edited = replace(run, title=event.title, tasks=(*begun, *wanted))
    return replace(state, runs={**state.runs, run.id: edited}, tasks=tasks)
