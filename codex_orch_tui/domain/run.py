"""A run: one execution of a plan."""

from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.run_landing import RunLanding
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run and the tasks of its plan, in plan order."""

    id: RunId
    title: str
    base_branch: str
    created_at_s: float
    tasks: tuple[TaskRef, ...]
    shares_worktree: bool = False
    """All tasks work in one worktree, one after the other."""
    paused: bool = False
    """None of its tasks begins."""
    pause_cause: str = ""
    cut_off: tuple[TaskRef, ...] = ()
    """The tasks that were at work when the program ended; resuming the run continues them."""
    spec: str = ""
    """The text of the specification that its workers get."""
    landing: RunLanding | None = None
    """Its last landing, which may be under way."""
    proposed_by: TaskRef | None = None
    """The navigator's task whose plan this is."""
    folder_removed: bool = False
    """Its folder is gone, or about to go: nothing is written into it any more."""
