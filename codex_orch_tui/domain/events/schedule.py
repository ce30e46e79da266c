"""What the person decides about when a task begins, and whether it does."""

from codex_orch_tui.domain.events.task_event import TaskEvent
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHeld(TaskEvent):
    """The person paused the task: it does not begin; a turn of it that runs is interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReleased(TaskEvent):
    """The task is no longer paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSkipped(TaskEvent):
    """The person does without the task: its dependents may begin. What it had made is kept under `backup_ref`."""

    backup_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRestarted(TaskEvent):
    """The task begins again from nothing: another attempt. What it had made is kept under `backup_ref`."""

    backup_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityChanged(TaskEvent):
    """The person wants the task earlier or later: among tasks that could begin, the higher number goes first."""

    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAdded(TaskEvent):
    """The person's text for a task that has not begun: its first turn gets it after the prompt."""

    text: str


ScheduleEvent = TaskHeld | TaskReleased | TaskSkipped | TaskRestarted | PriorityChanged | TextAdded
