"""What happens to the whole repository: the program comes and goes, plans are approved."""

from dataclasses import dataclass

from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.plan import Plan


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitsUpdated:
    """How full the account's fullest window is."""

    used_percent: int
    resets_at_s: int | None = None


SessionEvent = SessionOpened | SessionClosed | RunCreated | RateLimitsUpdated
