"""What a person has written and not sent."""

from collections.abc import Mapping
from dataclasses import field

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.plan import ApprovalPolicy, Role, RoleName, SandboxMode
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDraft:
    """A task that is being written. Empty: `base_branch` is the checked-out branch, `model` is Codex's default."""

    text: str = ""
    role: RoleName = Role.IMPLEMENTER
    base_branch: str = ""
    model: str = ""
    sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE
    approval_policy: ApprovalPolicy = ApprovalPolicy.ON_REQUEST
    is_planned_first: bool = False
    """A navigator proposes tasks, and the person approves them before anything begins."""
    spec: str = ""
    """The file of a specification that its workers get; empty: none."""

    @property
    def role_in_force(self) -> RoleName:
        """Whose settings count: who plans is a navigator."""
        return Role.NAVIGATOR if self.is_planned_first else self.role

    @property
    def sandbox_in_force(self) -> SandboxMode:
        """What the worker's commands may touch; planning changes nothing."""
        return SandboxMode.READ_ONLY if self.is_planned_first else self.sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDrafts:
    """What of it outlives the program."""

    task: TaskDraft | None = None
    messages: Mapping[TaskRef, str] = field(default_factory=dict)
    """To workers."""
