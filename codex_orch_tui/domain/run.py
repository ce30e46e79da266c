"""A run: one execution of a plan."""

from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.run_landing import LandingOutcome, RunLanding
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
    earlier_landings: tuple[RunLanding, ...] = ()
    """Those before it that moved the base branch, oldest first."""
    proposed_by: TaskRef | None = None
    """The navigator's task whose plan this is."""
    folder_removed: bool = False
    """Its folder is gone, or about to go: nothing is written into it any more."""

    @property
    def landed(self) -> tuple[RunLanding, ...]:
        """The landings that moved the base branch, oldest first."""
        last = self.landing
        if last is None or last.outcome is not LandingOutcome.LANDED:
            return self.earlier_landings
        return (*self.earlier_landings, last)

    def came_with_it(self, ref: TaskRef, commit: CommitId | None) -> bool:
        """Whether a landing brought the task as this commit, in one move with the others; else it was merged alone."""
        last = self.landing
        under_way = (last,) if last is not None and last.outcome is None else ()
        brought = (one for landing in (*self.landed, *under_way) for one in landing.tasks)
        return any((one.ref, one.commit) == (ref, commit) for one in brought)
