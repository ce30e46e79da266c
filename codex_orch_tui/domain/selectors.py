"""Questions that screens, status and services ask of the state."""

from collections.abc import Iterator
from itertools import islice

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import FileEdit, ItemKind, TurnStatus
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.role import answer_is_checked
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, CONTINUABLE, ENDED, IN_TURN, DiffTotals, Task, TaskState
from codex_orch_tui.domain.values import dataclass


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
        if task.spec.is_group:
            continue
        match task.state:
            case TaskState.DONE:
                to_review += task.is_to_review
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


def has_worktree(task: Task) -> bool:
    """It has, or will have, a folder on disk."""
    return not task.worktree_removed and task.state not in ENDED and not task.spec.is_group


def is_branch_gone(state: State, task: Task) -> bool:
    """Its branch was removed, by cleaning or as it was given up: a branch of that name is a person's now."""
    given_up = task.state in {TaskState.DISCARDED, TaskState.SKIPPED} and not shares_worktree(state, task)
    return task.branch_removed or given_up


def total_tokens(state: State) -> int:
    """Tokens of all threads."""
    return sum(task.usage.total_tokens + task.earlier_usage.total_tokens for task in state.tasks.values())


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
    if shares_worktree(state, task):
        return False
    if unmerged_joins(state, task):
        return False  # It stands on results that its base branch does not have yet.
    return state.base_tips.get(task.base_branch, task.worktree.base_commit) != task.worktree.base_commit


def shares_worktree(state: State, task: Task) -> bool:
    """Its worktree is its run's, and holds the work of the run's other tasks as well."""
    run = state.runs.get(task.ref.run)
    return run is not None and run.shares_worktree


def unmerged_joins(state: State, task: Task) -> tuple[Task, ...]:
    """The tasks whose results it stands on and that are not in its base branch yet."""
    found = (state.tasks[ref] for ref in task.joins if ref in state.tasks)
    return tuple(one for one in found if one.state is not TaskState.MERGED)


def working_tasks(state: State, ref: TaskRef) -> tuple[Task, ...]:
    """The task itself, or, of a group, all tasks in it that do work, at any depth."""
    task = state.tasks[ref]
    if not task.spec.is_group:
        return (task,)
    run = state.runs[ref.run]
    inside, found = {ref.task}, []
    # A child may stand before its parent in the plan: look again until nothing is found any more.
    members = [state.tasks[one] for one in run.tasks]
    while more := [one for one in members if one.spec.parent in inside and one.ref.task not in inside]:
        inside |= {one.ref.task for one in more}
        found += more
    return tuple(one for one in members if one in found and not one.spec.is_group)


def work_of(state: State, run: Run) -> tuple[Task, ...]:
    """The tasks of a run that do work, in plan order: all but its groups."""
    return tuple(task for ref in run.tasks if not (task := state.tasks[ref]).spec.is_group)


def is_planned(task: Task) -> bool:
    """Its first turn, in this attempt, is to come."""
    return task.state is TaskState.QUEUED and not task.spec.is_group and len(task.turns) == task.earlier_turns


def is_planner(state: State, ref: TaskRef) -> bool:
    """A navigator that works for nobody else: its checked answer is a plan for a person to approve."""
    task, run = state.tasks.get(ref), state.runs.get(ref.run)
    if task is None or run is None or len(run.tasks) > 1:
        return False
    return task.spec.role == Role.NAVIGATOR and task.spec.checked_answer is True


def is_checked(state: State, ref: TaskRef) -> bool:
    """Whether the task's turns are asked for an answer that fits a schema, if its role has one."""
    working = (each for each in state.runs[ref.run].tasks if not state.tasks[each].spec.is_group)
    return answer_is_checked(state.tasks[ref].spec, is_run=len(tuple(islice(working, 2))) > 1)


def can_message(task: Task) -> bool:
    """A message would reach the worker: as a steer of its turn, also of the one that is to come, or as a new turn."""
    return task.state not in ENDED and task.state is not TaskState.STOPPING and not task.spec.is_group


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
