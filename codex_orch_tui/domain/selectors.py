"""Questions that screens, status and services ask of the state."""

from collections.abc import Iterator
from dataclasses import dataclass

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import FileEdit, ItemKind, TurnStatus
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, CONTINUABLE, ENDED, IN_TURN, DiffTotals, Task, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tasks are where; `needs_you` counts open approvals, not tasks."""

    working: int = 0
    needs_you: int = 0
    to_review: int = 0
    queued: int = 0
    stopped: int = 0
    merged: int = 0


def counts(state: State) -> Counts:
    """The figures of the status bar."""
    working = to_review = queued = stopped = merged = 0
    for task in state.tasks.values():
        match task.state:
            case TaskState.DONE:
                to_review += 1
            case TaskState.QUEUED:
                queued += 1
            case TaskState.MERGED:
                merged += 1
            case present if present in CONTINUABLE:
                stopped += 1
            case present if present in ACTIVE and present not in ASKING:
                working += 1
            case _:
                pass
    return Counts(
        working=working,
        needs_you=len(state.pending),
        to_review=to_review,
        queued=queued,
        stopped=stopped,
        merged=merged,
    )


def approvals_of(state: State, ref: TaskRef) -> Iterator[Approval]:
    """All approvals of a task, in the order in which they were asked."""
    return (approval for approval in state.approvals.values() if approval.ref == ref)


def active_tasks(state: State) -> tuple[Task, ...]:
    """Tasks that a worker holds."""
    return tuple(task for task in state.tasks.values() if task.state in ACTIVE)


def open_worktrees(state: State) -> tuple[Task, ...]:
    """Tasks that have, or will have, a folder on disk: what the worktree table lists."""
    return tuple(task for task in state.tasks.values() if not task.worktree_removed and task.state not in ENDED)


def total_tokens(state: State) -> int:
    """Tokens of all threads."""
    return sum(task.usage.total_tokens for task in state.tasks.values())


def edit_totals(task: Task) -> DiffTotals:
    """The size of the task's diff: what is committed, plus what the running turn says that it edited."""
    turn = task.turn
    if turn is None or turn.status is not TurnStatus.IN_PROGRESS:
        return task.totals
    edits: list[FileEdit] = [edit for item in turn.items if item.kind is ItemKind.FILE_CHANGE for edit in item.files]
    return DiffTotals(
        files=max(task.totals.files, len({edit.path for edit in edits})),
        insertions=task.totals.insertions + sum(edit.insertions for edit in edits),
        deletions=task.totals.deletions + sum(edit.deletions for edit in edits),
    )


def is_behind(state: State, task: Task) -> bool:
    """The base branch has moved on since the task's commits were put on it: a merge needs an update first."""
    if task.worktree is None or task.state in ENDED:
        return False
    return state.base_tips.get(task.base_branch, task.worktree.base_commit) != task.worktree.base_commit


def can_message(task: Task) -> bool:
    """A message would reach the worker: as a steer of its turn, also of the one that is to come, or as a new turn."""
    return task.state not in ENDED and task.state is not TaskState.STOPPING


def can_interrupt(task: Task) -> bool:
    """There is a turn to interrupt."""
    return task.state in IN_TURN


def can_continue(task: Task) -> bool:
    """The task stopped before its end."""
    return task.state in CONTINUABLE


def can_merge(task: Task) -> bool:
    """There is something to merge and no worker is changing it."""
    at_rest = task.state not in ENDED | ACTIVE | {TaskState.QUEUED}
    return bool(task.commits) and at_rest and not task.worktree_removed
