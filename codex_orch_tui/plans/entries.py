"""From the checked form of a task to the task, with what its role gives it."""

from collections.abc import Iterator, Mapping

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import ApprovalPolicy, Limits, Role, RoleName, SandboxMode, TaskSpec, title_of
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.role import RoleProfile, with_role
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.plans.models import ProposedTask, TaskEntry

Roles = Mapping[RoleName, RoleProfile]
"""The roles that there are, by name."""

_SANDBOXES = (SandboxMode.READ_ONLY, SandboxMode.WORKSPACE_WRITE, SandboxMode.DANGER_FULL_ACCESS)
_POLICIES = (ApprovalPolicy.UNTRUSTED, ApprovalPolicy.ON_REQUEST, ApprovalPolicy.NEVER)


def task_of(entry: ProposedTask, roles: Roles) -> TaskSpec:
    """The task. Its role's settings count where it says nothing, and where it would be allowed more than its role."""
    spec = TaskSpec(
        id=TaskId(entry.id),
        title=clean_line(entry.title) or usual_title(entry.id, entry.prompt),
        prompt=entry.prompt,
        role=entry.role or Role.IMPLEMENTER,
        level=entry.level,
        parent=TaskId(entry.parent) if entry.parent is not None else None,
        depends_on=tuple(dict.fromkeys(map(TaskId, entry.depends_on))),
        paths=tuple(dict.fromkeys(entry.paths)),
        checks=tuple(dict.fromkeys(entry.checks)),
    )
    if isinstance(entry, TaskEntry):
        limits = Limits(turns=entry.limits.turns, minutes=entry.limits.minutes, tokens=entry.limits.tokens)
        spec = replace(spec, priority=entry.priority, limits=limits, model=entry.model, effort=entry.effort)
    if spec.role in roles:
        spec = with_role(spec, roles[spec.role])
    if isinstance(entry, TaskEntry):
        if entry.sandbox is not None and is_narrower(entry.sandbox, spec.sandbox):
            spec = replace(spec, sandbox=entry.sandbox)
        if entry.approval_policy is not None and is_narrower(entry.approval_policy, spec.approval_policy):
            spec = replace(spec, approval_policy=entry.approval_policy)
    return spec


def usual_title(task_id: str, prompt: str) -> str:
    """The title of a task that was given none."""
    return title_of(prompt) if prompt else task_id


def too_wide(entry: TaskEntry, roles: Roles) -> Iterator[tuple[str, str]]:
    """Field and message where a task wants more than its role may.

    A plan file may come with a clone. What a worker may do at most stands in the settings, where a person put it.
    """
    profile = roles.get(entry.role or Role.IMPLEMENTER)
    if profile is None:
        return
    for field, asked, given in (
        ("sandbox", entry.sandbox, profile.sandbox),
        ("approval_policy", entry.approval_policy, profile.approval_policy),
    ):
        if asked is not None and asked is not given and not is_narrower(asked, given):
            told = f"{asked.value!r} is wider than the {given.value!r} of the role {profile.name}"
            yield field, f"{told}; a plan can only narrow it"


def is_narrower(asked: SandboxMode | ApprovalPolicy, given: SandboxMode | ApprovalPolicy) -> bool:
    """Whether it allows less, or asks more often. Both of the same kind."""
    order: tuple[SandboxMode | ApprovalPolicy, ...] = _SANDBOXES if isinstance(asked, SandboxMode) else _POLICIES
    return order.index(asked) < order.index(given)
