"""What the person's decisions on when a task begins make of it: pure replacements for the reducer."""

from typing import assert_never

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.item import Usage
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.task import DiffTotals, Task, TaskState
from codex_orch_tui.domain.usage import added


def with_schedule_event(task: Task, event: ev.ScheduleEvent, at_s: float) -> Task:
    """The task after the person decided about its beginning."""
    match event:
        case ev.TaskHeld():
            return replace(task, held=True)
        case ev.TaskReleased():
            return replace(task, held=False)
        case ev.TaskSkipped():
            return replace(
                task,
                state=TaskState.SKIPPED,
                since_s=at_s,
                ended_at_s=at_s,
                held=False,
                backup_ref=event.backup_ref or task.backup_ref,
                worktree_removed=task.worktree is not None,
            )
        case ev.TaskRestarted():
            return _from_nothing(task, event.backup_ref, at_s)
        case ev.PriorityChanged():
            return replace(task, spec=replace(task.spec, priority=event.priority))
        case ev.TextAdded():
            return replace(task, unsent=f"{task.unsent}\n\n{event.text}" if task.unsent else event.text)
        case _:
            assert_never(event)


def with_run_event(run: Run, event: ev.RunPaused | ev.RunResumed) -> Run:
    """The run after it was paused or resumed."""
    match event:
        case ev.RunPaused():
            return replace(run, paused=True, pause_cause=event.cause, cut_off=event.cut_off)
        case ev.RunResumed():
            return replace(run, paused=False, pause_cause="", cut_off=())
        case _:
            assert_never(event)


def with_removal_event(run: Run, event: ev.RunRemovalEvent) -> Run:
    """The run after something of it was removed, or could not be."""
    match event:
        case ev.RunRemovalStarted() | ev.RunRemoved():
            return replace(run, folder_removed=True)
        case ev.RunNotRemoved():
            return replace(run, folder_removed=False)
        case ev.RunLeftoverRemoved() | ev.RunBackupRemoved():
            return run
        case _:
            assert_never(event)


def schedule_note(event: ev.ScheduleEvent) -> tuple[LogKind, str] | None:
    """The log line of an event."""
    match event:
        case ev.TaskHeld():
            return LogKind.NOTE, "paused by you"
        case ev.TaskReleased():
            return LogKind.NOTE, "no longer paused"
        case ev.TaskSkipped(backup_ref=kept):
            return LogKind.NOTE, f"skipped by you; everything is kept as {kept}" if kept else "skipped by you"
        case ev.TaskRestarted(backup_ref=kept):
            return LogKind.NOTE, f"begins again; the attempt before is kept as {kept}" if kept else "begins again"
        case ev.PriorityChanged(priority=priority):
            return LogKind.NOTE, f"priority {priority}"
        case ev.TextAdded(text=text):
            return LogKind.NOTE, f"its first turn will get: {text}"
        case _:
            assert_never(event)


def _from_nothing(task: Task, backup_ref: str, at_s: float) -> Task:
    """Turns and notes stay as they were told; everything that the next attempt makes anew is taken away."""
    return replace(
        task,
        state=TaskState.QUEUED,
        since_s=at_s,
        started_at_s=None,
        ended_at_s=None,
        held=False,
        attempt=task.attempt + 1,
        earlier_turns=len(task.turns),
        earlier_usage=added((task.earlier_usage, task.usage)),
        usage=Usage(),
        usage_of_threads={},
        worked_s=0.0,
        allowances=1,
        worktree=None,
        worktree_removed=False,
        branch_removed=False,
        joins=(),
        base_tip=None,
        thread=None,
        fault=None,
        unsent="",
        answer="",
        accepted="",
        result="",
        decisions=(),
        answer_problems=(),
        commits=(),
        tip=None,
        totals=DiffTotals(),
        reviewed=None,
        conflicts=(),
        checks=(),
        check_retries=0,
        backup_ref=backup_ref or task.backup_ref,
    )
