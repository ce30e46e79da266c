"""What is known of a request before a person sees it."""

from typing import Protocol

from codex_orch_tui.domain.approval import ApprovalRequest, Assessment, Choice, RuleRef
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What we found out about a request, and what a rule says of it. `choice` None: a person decides."""

    assessment: Assessment
    choice: Choice | None = None
    rule: RuleRef | None = None
    message: str = ""
    """What the worker is told when a rule declines."""


class Judge(Protocol):
    """Who knows the rules; services.policy.Policy does."""

    def judge(self, ref: TaskRef, request: ApprovalRequest) -> Judgement:
        """Look a request over. It must be quick and must not raise: what it cannot read is for a person."""
