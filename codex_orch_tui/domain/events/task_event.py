"""What every event of a task carries."""

from dataclasses import dataclass

from codex_orch_tui.domain.ids import TaskRef


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """What every event of a task carries."""

    ref: TaskRef
