"""A worker's question to the person, the decisions that answer it, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from codex_orch_tui.domain.ids import ApprovalId, ItemId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit


class ApprovalKind(StrEnum):
    """What is asked for."""

    COMMAND = "command"
    STDIN = "stdin"
    NETWORK = "network"
    FILE_CHANGE = "file_change"
    PERMISSIONS = "permissions"
    USER_INPUT = "user_input"
    ELICITATION = "elicitation"
    MCP_TOOL = "mcp_tool"


class Choice(StrEnum):
    """The answers that a card can offer."""

    ACCEPT = "accept"
    ACCEPT_FOR_SESSION = "accept_for_session"
    DECLINE = "decline"
    CANCEL = "cancel"
    ANSWER = "answer"
    GRANT = "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionOption:
    """One ready answer."""

    label: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its ready answers. A secret answer is neither shown nor kept."""

    id: str
    header: str
    text: str
    options: tuple[QuestionOption, ...] = ()
    allows_other: bool = False
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of an MCP server's form. `type` is string, number, integer, boolean or enum."""

    name: str
    title: str
    type: str
    description: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionEntry:
    """One permission that is asked for. `access` is read, write or network; `target` a path, pattern or host."""

    access: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """A question as Codex asked it; every text is clean (see terminal_text).

    `command` is the whole command line. For STDIN it is what would be typed, as far as Codex tells it. `raw_json` is
    the request's params as they came, for the answer and for "view everything".
    """

    request_id: str
    kind: ApprovalKind
    thread: ThreadId
    turn: TurnId
    item: ItemId
    command: str = ""
    cwd: str = ""
    reason: str = ""
    host: str = ""
    grant_root: str = ""
    files: tuple[FileEdit, ...] = ()
    permissions: tuple[PermissionEntry, ...] = ()
    questions: tuple[Question, ...] = ()
    fields: tuple[FormField, ...] = ()
    server: str = ""
    url: str = ""
    choices: tuple[Choice, ...] = ()
    raw_json: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's answer. `answers` maps question ids (user input) or field names (form) to what was answered.

    `granted` lists the positions in the request's `permissions` that are granted; `for_session` widens a grant.
    """

    choice: Choice
    answers: Mapping[str, tuple[str, ...]] | None = None
    granted: tuple[int, ...] | None = None
    for_session: bool = False
    message: str = ""
    """What the worker shall do instead; sent to the turn after a decline."""


class Outcome(StrEnum):
    """How an approval ended. PENDING is the only one that is not an end."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    ACCEPTED_FOR_SESSION = "accepted_for_session"
    BY_RULE = "by_rule"
    ANSWERED = "answered"
    GRANTED = "granted"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WORKER_LOST = "worker_lost"


OUTCOME_OF_CHOICE: Mapping[Choice, Outcome] = {
    Choice.ACCEPT: Outcome.ACCEPTED,
    Choice.ACCEPT_FOR_SESSION: Outcome.ACCEPTED_FOR_SESSION,
    Choice.DECLINE: Outcome.DECLINED,
    Choice.CANCEL: Outcome.CANCELLED,
    Choice.ANSWER: Outcome.ANSWERED,
    Choice.GRANT: Outcome.GRANTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An approval over its whole life. Times are seconds since the epoch."""

    id: ApprovalId
    ref: TaskRef
    request: ApprovalRequest
    asked_at_s: float
    outcome: Outcome = Outcome.PENDING
    choice: Choice | None = None
    decided_at_s: float | None = None
    sent: bool = False
    cause: str = ""
    """Why it ended without an answer, or what is not known about its delivery."""

    @property
    def is_pending(self) -> bool:
        """Nobody has answered yet and an answer would still reach the worker."""
        return self.outcome is Outcome.PENDING and self.choice is None
