"""What is asked for: a plan is a tuple of tasks with their settings."""

from dataclasses import field
from enum import StrEnum

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.secrets import redact
from codex_orch_tui.domain.values import dataclass


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
    """What a worker is there for: the roles that come with the program."""

    NAVIGATOR = "navigator"
    IMPLEMENTER = "implementer"
    TESTER = "tester"
    REVIEWER = "reviewer"


RoleName = str
"""One of `Role`, or the name of a role of the person's own."""


class Level(StrEnum):
    """How large a piece of work a task is, from the largest to the smallest."""

    EPIC = "epic"
    FEATURE = "feature"
    TEST_GROUP = "test_group"
    CASE = "case"
    STEP = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a task may use before it is stopped; None is no limit. `minutes` are minutes of turns, without waiting."""

    turns: int | None = None
    minutes: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """One task of a plan. `model` and `effort` None are Codex's own default.

    A task without a prompt is a group: it holds its children and does no work of its own.
    """

    id: TaskId
    title: str
    prompt: str
    role: RoleName = Role.IMPLEMENTER
    model: str | None = None
    effort: str | None = None
    sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE
    approval_policy: ApprovalPolicy = ApprovalPolicy.ON_REQUEST
    level: Level = Level.CASE
    parent: TaskId | None = None
    depends_on: tuple[TaskId, ...] = ()
    """Tasks of the same plan whose results it needs; of a group, all that is in it."""
    paths: tuple[str, ...] = ()
    """The paths that it claims, as globs: see path_claims."""
    checks: tuple[str, ...] = ()
    """Commands, or names of checks in the settings, that must pass after its turn."""
    priority: int = 0
    limits: Limits = field(default_factory=Limits)
    checked_answer: bool | None = None
    """Whether its answer has to fit its role's schema; None: where the run has more than one task."""

    @property
    def is_group(self) -> bool:
        """It does no work of its own."""
        return not self.prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one run executes. A typed task is a plan of one."""

    title: str
    tasks: tuple[TaskSpec, ...]
    spec: str = ""
    """The text of a specification that every worker of the run gets."""


def title_of(prompt: str, *, max_chars: int = 60) -> str:
    """The first line of a prompt, cut at a word: how a task is called where there is little room.

    It names branches and folders, too, so it holds no secret.
    """
    first = next((line.strip() for line in redact(prompt).splitlines() if line.strip()), "untitled task")
    if len(first) <= max_chars:
        return first
    return first[: max_chars - 1].rsplit(" ", 1)[0].rstrip(",.;:") + "…"
