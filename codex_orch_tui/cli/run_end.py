"""How a run stands when nothing of it goes on by itself: the exit code, and what there is to do next."""

from collections import Counter
from collections.abc import Iterator

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.key_marks import off_screen
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ENDED, Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.run_graphs import RunGraphs
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS

_IS_THERE = frozenset({TaskState.DONE, TaskState.MERGED, TaskState.SKIPPED})
"""What depends on such a task may begin."""
_FAILED = frozenset({TaskState.FAILED, TaskState.LOST})


def is_at_rest(state: State, run: Run) -> bool:
    """Nothing of the run is at work, and nothing of it can begin without a person."""
    tasks = sel.work_of(state, run)
    if any(task.state in ACTIVE for task in tasks):
        return False
    queued = [task.ref for task in tasks if task.state is TaskState.QUEUED and not task.held]
    if not queued:
        return True
    needs = RunGraphs().needs(state, run.id)
    return not any(_may_begin(state, run, ref, needs.get(ref, ())) for ref in queued)


def _may_begin(state: State, run: Run, ref: TaskRef, needs: tuple[TaskRef, ...]) -> bool:
    if not sel.is_planned(state.tasks[ref]):
        return True  # a person asked for another turn
    return not run.paused and all(state.tasks[one].state in _IS_THERE for one in needs)


def run_code(state: State, run: Run) -> ExitCode:
    """What a command ends with that was to bring the run to its end."""
    states = [task.state for task in sel.work_of(state, run)]
    if all(one is TaskState.DONE or one in ENDED for one in states):
        return ExitCode.DONE
    return ExitCode.FAILED if any(one in _FAILED for one in states) else ExitCode.WAITING


def has_work_to_merge(state: State, run: Run) -> bool:
    """A task of it is done and has commits."""
    return any(task.state is TaskState.DONE and task.commits for task in sel.work_of(state, run))


def end_lines(state: State, run_id: RunId) -> Iterator[str]:
    """A table of the run's tasks, what the worker said if there was only one, and the next step."""
    run = state.runs[run_id]
    tasks = sel.work_of(state, run)
    cells = [_cells(task) for task in tasks]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield ""
    for task, row in zip(tasks, cells, strict=True):
        yield clean_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        if task.fault is not None and task.state in _FAILED:
            step = f" → {off_screen(task.fault.next_step)}" if task.fault.next_step else ""
            yield clean_line(f"    {task.fault.message}{step}")
    yield ""
    if len(tasks) == 1 and tasks[0].said:
        yield from map(clean_line, tasks[0].said.split("\n"))
        yield ""
    yield from _next_steps(state, run, tasks)


def _cells(task: Task) -> tuple[str, ...]:
    totals = sel.edit_totals(task)
    files = "1 file" if totals.files == 1 else f"{totals.files} files"
    return (
        f"  {TASK_LOOKS[task.state].word}",
        str(task.ref.task),
        "" if task.worktree is None else task.worktree.branch,
        f"{files} +{totals.insertions} -{totals.deletions}" if totals.files else "",
    )


def _next_steps(state: State, run: Run, tasks: tuple[Task, ...]) -> Iterator[str]:
    counted = Counter(task.state for task in tasks)
    stopped = sum(sel.can_continue(task) for task in tasks)
    waiting = sum(approval.ref.run == run.id for approval in state.pending)
    if waiting:
        yield f"{waiting} question{'s' if waiting > 1 else ''} open: codex-orch-tui approvals list"
    if stopped or run.paused or counted[TaskState.QUEUED]:
        yield f"To go on: codex-orch-tui resume --run-id {run.id}"
    if has_work_to_merge(state, run):
        yield "To review and merge: codex-orch-tui, there d and m."
        yield f"To merge unread: codex-orch-tui merge --run-id {run.id} --allow-automerge"
