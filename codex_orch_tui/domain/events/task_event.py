"""What every event of a task carries."""

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """What every event of a task carries."""

    ref: TaskRef
