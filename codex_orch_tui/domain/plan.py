"""What is asked for: a plan is a tuple of tasks with their settings."""

from dataclasses import dataclass
from enum import StrEnum

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.secrets import redact


class SandboxMode(StrEnum):
    """Codex's own words for what a worker's commands may touch."""

    READ_ONLY = "read-only"
    WORKSPACE_WRITE = "workspace-write"
    DANGER_FULL_ACCESS = "danger-full-access"


class ApprovalPolicy(StrEnum):
    """Codex's own words for when a worker asks."""

    UNTRUSTED = "untrusted"
    ON_REQUEST = "on-request"
    NEVER = "never"


class Role(StrEnum):
    """What a worker is there for."""

    NAVIGATOR = "navigator"
    IMPLEMENTER = "implementer"
    TESTER = "tester"
    REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """One task as the person wrote it. `model` None is Codex's own default."""

    id: TaskId
    title: str
    prompt: str
    role: Role = Role.IMPLEMENTER
    model: str | None = None
    sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE
    approval_policy: ApprovalPolicy = ApprovalPolicy.ON_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one run executes. A typed task is a plan of one."""

    title: str
    tasks: tuple[TaskSpec, ...]


def title_of(prompt: str, *, max_chars: int = 60) -> str:
    """The first line of a prompt, cut at a word: how a task is called where there is little room.

    It names branches and folders, too, so it holds no secret.
    """
    first = next((line.strip() for line in redact(prompt).splitlines() if line.strip()), "untitled task")
    if len(first) <= max_chars:
        return first
    return first[: max_chars - 1].rsplit(" ", 1)[0].rstrip(",.;:") + "…"
