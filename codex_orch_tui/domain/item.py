"""What a turn is made of: Codex's items and plan steps, reduced to what is shown and kept.

Long text (output, diffs, messages) stays in the worker's raw log; an item only says what happened.
"""

from enum import StrEnum

from codex_orch_tui.domain.ids import ItemId
from codex_orch_tui.domain.values import dataclass


class ItemKind(StrEnum):
    """Codex's item types as we tell them apart; OTHER is any type that this version does not know."""

    USER_MESSAGE = "user_message"
    AGENT_MESSAGE = "agent_message"
    REASONING = "reasoning"
    PLAN = "plan"
    COMMAND = "command"
    FILE_CHANGE = "file_change"
    MCP_TOOL = "mcp_tool"
    SUB_AGENT = "sub_agent"
    WEB_SEARCH = "web_search"
    REVIEW = "review"
    COMPACTION = "compaction"
    OTHER = "other"


class ItemStatus(StrEnum):
    """Where an item stands."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """One file of a change. `change` is add, delete or update; counts are lines."""

    path: str
    change: str
    insertions: int = 0
    deletions: int = 0
    diff: str = ""
    """Unified diff of this file; kept for open approvals only, empty in the journal of items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item. `title` is a single clean line: the command, the first file, the tool, the first words."""

    id: ItemId
    kind: ItemKind
    title: str
    status: ItemStatus = ItemStatus.IN_PROGRESS
    exit_code: int | None = None
    duration_ms: int | None = None
    files: tuple[FileEdit, ...] = ()
    cwd: str = ""
    """Where a command ran, when that was not the worktree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """What Codex's own rules (`$CODEX_HOME/rules`) say of a command that ran without a question.

    `rule` is the rule that lets it run, outside the sandbox, with the file that it stands in; empty when none does.
    `problem` says why that could not be found out. Both are clean single lines.
    """

    rule: str = ""
    problem: str = ""


class StepStatus(StrEnum):
    """Where a step of the worker's own plan stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """A step of the plan that a worker reports while it works."""

    text: str
    status: StepStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of a thread so far. `context_window` is the model's limit, None when it is not known."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    total_tokens: int = 0
    context_window: int | None = None


class TurnStatus(StrEnum):
    """How a turn stands or ended."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class FaultKind(StrEnum):
    """Why a worker cannot go on, as far as a person can do something about it."""

    NOT_LOGGED_IN = "not_logged_in"
    RATE_LIMITED = "rate_limited"
    USAGE_LIMIT = "usage_limit"
    CONTEXT_FULL = "context_full"
    MODEL_ERROR = "model_error"
    SANDBOX = "sandbox"
    CODEX_MISSING = "codex_missing"
    CODEX_SILENT = "codex_silent"
    WORKER_DIED = "worker_died"
    SETUP_FAILED = "setup_failed"
    ANSWER = "answer"
    CHECK_FAILED = "check_failed"
    GIT = "git"
    WORKTREE_MISSING = "worktree_missing"
    STORAGE = "storage"
    LIMIT = "limit"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What went wrong, in words for the person, and what to do next (a command where one helps)."""

    kind: FaultKind
    message: str
    next_step: str = ""
