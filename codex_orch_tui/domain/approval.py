"""A worker's question to the person, the decisions that answer it, and how it ended."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from codex_orch_tui.domain.ids import ApprovalId, ItemId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.domain.values import dataclass


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
    ACCEPT_FOR_GOOD = "accept_for_good"
    """Accept, and have Codex keep a rule of its own for every repository (`ApprovalRequest.amendment`)."""
    DECLINE = "decline"
    CANCEL = "cancel"
    ANSWER = "answer"
    GRANT = "grant"


REFUSALS = frozenset({Choice.DECLINE, Choice.CANCEL})
"""The answers that let nothing happen: a no counts whatever was seen."""


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

    `command` is the whole command line, without the shell that Codex wraps around it; `wrapped` is the line as it was
    sent when that differs. For STDIN it is what would be typed, as far as Codex tells it. `amendment` is the beginning
    of the commands that Codex would allow for good. `raw_json` is the request's params as they came, for the answer
    and for "view everything".
    """

    request_id: str
    kind: ApprovalKind
    thread: ThreadId
    turn: TurnId
    item: ItemId
    command: str = ""
    wrapped: str = ""
    amendment: tuple[str, ...] = ()
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


class Risk(StrEnum):
    """How much a yes could do. The reasons stand beside it: see `Assessment`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that a command would run: its name as written, and where the worker's PATH finds it.

    `path` is empty when it is not found, or is a builtin of the shell. `note` is a short remark such as "runs code of
    the repository" or "in the worktree".
    """

    name: str
    path: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What we found out about a request before it was shown; every text is clean."""

    risk: Risk = Risk.MEDIUM
    reasons: tuple[str, ...] = ()
    programs: tuple[Program, ...] = ()
    why_asked: str = ""
    """Why no rule answered it: the rule that came nearest, or what a rule could not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRef:
    """A rule that answered: its id, the file that it stands in, and the SHA-256 of the rule's own content, in hex."""

    id: str
    file: str
    sha256: str


class Decider(StrEnum):
    """Who decided."""

    YOU = "you"
    """A person, at a screen or with a command."""
    RULE = "rule"
    CALLER = "caller"
    """A function of the program that called the library."""


DECIDER_WORDS: Mapping[Decider, str] = {
    Decider.YOU: "you",
    Decider.RULE: "a rule",
    Decider.CALLER: "your program",
}
"""As the person reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An answer. `answers` maps question ids (user input) or field names (form) to what was answered.

    `granted` lists the positions in the request's `permissions` that are granted; `for_session` widens a grant.
    """

    choice: Choice
    answers: Mapping[str, tuple[str, ...]] | None = None
    granted: tuple[int, ...] | None = None
    for_session: bool = False
    message: str = ""
    """What the worker shall do instead; sent to the turn after a decline."""


def granted_words(request: ApprovalRequest, granted: Iterable[int]) -> str:
    """What was granted of a request for permissions, in its own order: `read docs, network any host`."""
    return ", ".join(f"{request.permissions[place].access} {request.permissions[place].target}" for place in granted)


ACCEPTING = frozenset({Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION, Choice.ACCEPT_FOR_GOOD, Choice.GRANT})
"""The choices after which something may run or be written that could not before."""


class Outcome(StrEnum):
    """How an approval ended. PENDING is the only one that is not an end."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    ACCEPTED_FOR_SESSION = "accepted_for_session"
    ACCEPTED_FOR_GOOD = "accepted_for_good"
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
    Choice.ACCEPT_FOR_GOOD: Outcome.ACCEPTED_FOR_GOOD,
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
    assessment: Assessment = field(default_factory=Assessment)
    shown_at_s: float | None = None
    """When a card of it was first painted for a person."""
    changed: tuple[str, ...] = ()
    """What was another thing when it was to be accepted than when it was shown: files, by path. Empty: nothing."""
    times_asked: int = 1
    """More than one: it was asked again, because something it names had changed."""
    outcome: Outcome = Outcome.PENDING
    choice: Choice | None = None
    by: Decider | None = None
    """Who decided; None: nobody yet."""
    rule: RuleRef | None = None
    """The rule that decided, if one did."""
    message: str = ""
    """What the worker was told beside the decision."""
    granted: tuple[int, ...] = ()
    """The positions in the request's `permissions` that were granted."""
    for_session: bool = False
    """What was granted holds until the worker ends, not only for the turn."""
    decided_at_s: float | None = None
    sent: bool = False
    cause: str = ""
    """Why it ended without an answer, or what is not known about its delivery."""

    @property
    def is_pending(self) -> bool:
        """Nobody has answered yet and an answer would still reach the worker."""
        return self.outcome is Outcome.PENDING and self.choice is None
