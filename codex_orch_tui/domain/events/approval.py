"""A worker's question and what becomes of it."""

from collections.abc import Mapping
from dataclasses import field

from codex_orch_tui.domain.approval import ApprovalRequest, Assessment, Choice, Decider, Outcome, RuleRef
from codex_orch_tui.domain.events.task_event import TaskEvent
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested(TaskEvent):
    """A worker asks. With a `rule`, the rule has decided `choice` already and no person is asked.

    `message` is what the worker is told when a rule declines.
    """

    approval: ApprovalId
    request: ApprovalRequest
    assessment: Assessment = field(default_factory=Assessment)
    rule: RuleRef | None = None
    choice: Choice | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalShown(TaskEvent):
    """A card was painted for a person. `painted` is its text, row by row as it was wrapped."""

    approval: ApprovalId
    painted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalChanged(TaskEvent):
    """A person said yes, but what the request names was no longer what was shown; the question is asked again."""

    approval: ApprovalId
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided(TaskEvent):
    """Decision: durable before it is sent. Secret answers are not in it."""

    approval: ApprovalId
    choice: Choice
    by: Decider = Decider.YOU
    for_session: bool = False
    message: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    granted: tuple[int, ...] = ()
    """The positions in the request's `permissions` that are granted."""
    via: str = ""
    """The other program that it came through; empty: this one's own screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionNotKept(TaskEvent):
    """The decision could not be written to disk, so it was not sent: the question is open again."""

    approval: ApprovalId
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSent(TaskEvent):
    """The decision was written to the worker."""

    approval: ApprovalId


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalClosed(TaskEvent):
    """The approval ended without an answer of ours reaching Codex, or it is not known whether it did."""

    approval: ApprovalId
    outcome: Outcome
    cause: str


ApprovalEvent = (
    ApprovalRequested
    | ApprovalShown
    | ApprovalChanged
    | ApprovalDecided
    | DecisionNotKept
    | AnswerSent
    | ApprovalClosed
)
