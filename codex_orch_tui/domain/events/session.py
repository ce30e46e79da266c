"""What happens to the whole repository: the program comes and goes, plans are approved."""

from codex_orch_tui.domain.events.run_landing import RunLandingEvent
from codex_orch_tui.domain.events.run_removal import RunRemovalEvent
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """The program took the repository's lock."""

    pid: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed:
    """The program let go of the repository in good order."""

    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCreated:
    """A plan was approved; its tasks are queued."""

    run: RunId
    plan: Plan
    base_branch: str
    shares_worktree: bool = False
    """All tasks work in one worktree, one after the other."""
    proposed_by: TaskRef | None = None
    """The navigator's task whose plan this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEdited:
    """The person changed a run's plan: these are its tasks now. One that has begun is as it was."""

    run: RunId
    title: str
    tasks: tuple[TaskSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused:
    """No task of the run begins any more; turns that run go on to their end.

    `cut_off` are the tasks that were at work when the program ended.
    """

    run: RunId
    cause: str
    cut_off: tuple[TaskRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed:
    """The run's tasks begin again."""

    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitsUpdated:
    """How full the account's fullest window is."""

    used_percent: int
    resets_at_s: int | None = None


SessionEvent = (
    SessionOpened
    | SessionClosed
    | RunCreated
    | PlanEdited
    | RunPaused
    | RunResumed
    | RateLimitsUpdated
    | RunLandingEvent
    | RunRemovalEvent
)
