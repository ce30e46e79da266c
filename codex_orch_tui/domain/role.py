"""A role's settings: how a worker of it works, unless its task says otherwise."""

from collections.abc import Mapping
from dataclasses import field

from codex_orch_tui.domain.plan import ApprovalPolicy, Limits, Role, RoleName, SandboxMode, TaskSpec
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.values import dataclass

READERS = frozenset({Role.NAVIGATOR, Role.REVIEWER})
"""Roles that change no file: their sandbox cannot write, whatever the sandbox of other tasks is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleProfile:
    """What a task of this role gets where nothing else was chosen. None is Codex's own default, or no limit."""

    name: RoleName
    sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE
    approval_policy: ApprovalPolicy = ApprovalPolicy.ON_REQUEST
    model: str | None = None
    effort: str | None = None
    limits: Limits = field(default_factory=Limits)
    checked_answer: bool | None = None
    """Whether its answers have to fit its schema; None: where the run has more than one task."""


BUILT_IN: Mapping[RoleName, RoleProfile] = {
    role.value: RoleProfile(
        name=role.value, sandbox=SandboxMode.READ_ONLY if role in READERS else SandboxMode.WORKSPACE_WRITE
    )
    for role in Role
}
"""The roles that come with the program, with no settings of a person's."""


def with_role(spec: TaskSpec, profile: RoleProfile) -> TaskSpec:
    """The task with its role's settings: sandbox and policy are the role's, the rest where the task leaves it open."""
    limits = Limits(
        turns=spec.limits.turns if spec.limits.turns is not None else profile.limits.turns,
        minutes=spec.limits.minutes if spec.limits.minutes is not None else profile.limits.minutes,
        tokens=spec.limits.tokens if spec.limits.tokens is not None else profile.limits.tokens,
    )
    checked = spec.checked_answer if spec.checked_answer is not None else profile.checked_answer
    return replace(
        spec,
        role=profile.name,
        sandbox=profile.sandbox,
        approval_policy=profile.approval_policy,
        model=spec.model or profile.model,
        effort=spec.effort or profile.effort,
        limits=limits,
        checked_answer=checked,
    )


def answer_is_checked(spec: TaskSpec, *, is_run: bool) -> bool:
    """Whether the task's answer has to fit its role's schema.

    Args:
        spec: The task.
        is_run: Its run has other tasks that work: they build on what it says.
    """
    return is_run if spec.checked_answer is None else spec.checked_answer
