"""What is left to do of a run, in sentences for whoever takes it up: people, and agents that read context.json."""

from collections.abc import Iterator

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.checking import has_passed_checks
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, CONTINUABLE, Task, TaskState
from codex_orch_tui.services.evidence.paper import counted, first_line

MAX_STEPS = 12
_SAID_CHARS = 200


def next_steps(state: State, run: RunId) -> tuple[str, ...]:
    """Sentences, the most urgent first; none when everything has come to its end."""
    steps = list(_steps(state, run))
    left = len(steps) - MAX_STEPS
    return (*steps[:MAX_STEPS], f"and {left} more") if left > 0 else tuple(steps)


def _steps(state: State, run: RunId) -> Iterator[str]:
    found = state.runs[run]
    tasks = sel.work_of(state, found)
    for approval in state.pending:
        if approval.ref.run == run:
            what = approval.request.command or approval.request.reason or approval.request.kind.value.replace("_", " ")
            yield f"answer the question of {approval.ref.task}: {first_line(what, _SAID_CHARS)}"
    for task in tasks:
        if task.state in CONTINUABLE:
            yield f"continue {task.ref.task}, or begin it again: it is {_why(task)}"
    if found.paused:
        yield f"resume the run: {found.pause_cause or 'it is paused'}"
    for task in tasks:
        if task.conflicts and task.state is TaskState.DONE:
            clash = first_line(", ".join(task.conflicts), _SAID_CHARS)
            yield f"update {task.ref.task} from {task.base_branch} and solve the clash in {clash}"
    yield from _to_land(state, [task for task in tasks if task.state is TaskState.DONE])
    if working := sum(task.state in ACTIVE - ASKING for task in tasks):
        yield f"wait: {counted(working, 'task is', 'tasks are')} at work"
    if queued := sum(task.state is TaskState.QUEUED for task in tasks):
        yield f"{counted(queued, 'task has', 'tasks have')} not begun"


def _to_land(state: State, done: list[Task]) -> Iterator[str]:
    for task in done:
        if not task.commits:
            yield f"read what {task.ref.task} says: it changed no file"
        elif not task.is_reviewed:
            yield f"review the diff of {task.ref.task}"
        elif not has_passed_checks(task):
            yield f"let the checks of {task.ref.task} pass on {(task.tip or '')[:7]}, then merge it"
        elif sel.is_behind(state, task):
            yield f"update {task.ref.task} from {task.base_branch}, review it again, and merge it"
        else:
            yield f"merge {task.ref.task} into {task.base_branch}"


def _why(task: Task) -> str:
    said = task.fault.message if task.fault is not None else ""
    return f"{task.state.value}: {first_line(said, _SAID_CHARS)}" if said else task.state.value
