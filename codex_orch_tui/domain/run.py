"""A run: one execution of a plan."""

from dataclasses import dataclass

from codex_orch_tui.domain.ids import RunId, TaskRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run and the tasks of its plan, in plan order."""

    id: RunId
    title: str
    base_branch: str
    created_at_s: float
    tasks: tuple[TaskRef, ...]
