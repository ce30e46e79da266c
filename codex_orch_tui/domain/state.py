"""The state: one frozen value, replaced by the hub and read by everyone."""

from collections.abc import Mapping
from dataclasses import field

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.ids import ApprovalId, CommitId, RunId, TaskRef
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """The account's fullest window."""

    used_percent: int
    resets_at_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that is known. Mappings keep the order of creation; nobody writes to them."""

    seq: int = 0
    runs: Mapping[RunId, Run] = field(default_factory=dict)
    tasks: Mapping[TaskRef, Task] = field(default_factory=dict)
    approvals: Mapping[ApprovalId, Approval] = field(default_factory=dict)
    pending: tuple[Approval, ...] = ()
    """The approvals that wait for the person, oldest first."""
    base_tips: Mapping[str, CommitId] = field(default_factory=dict)
    """Where each base branch was when we last saw or moved it; the person's own git may have moved it since."""
    rate_limits: RateLimits | None = None
    session_open: bool = False
    """A program opened the repository and has not closed it in good order."""
