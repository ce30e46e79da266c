"""The rules in force, and what they say of a request."""

from codex_orch_tui.domain.approval import ApprovalRequest, Assessment
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.services.judgement import Judgement


class Policy:
    """Knows the rules."""

    def judge(self, ref: TaskRef, request: ApprovalRequest) -> Judgement:  # noqa: ARG002 - no rules yet
        """Look a request over."""
        return Judgement(assessment=Assessment())
