"""Every worker's open questions: a Future each, beside the journal's record of it.

Nothing here answers by itself. A question stays open until a person decides, the worker takes it back, or the worker
is gone.
"""

import asyncio

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Approval, ApprovalRequest, Decision, Outcome
from codex_orch_tui.domain.ids import ApprovalId, EpochId, TaskRef
from codex_orch_tui.services.errors import AnswerRefusedError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.store.errors import JournalError


class Approvals:
    """The inbox of all workers."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: dict[ApprovalId, asyncio.Future[Decision]] = {}

    def ask(self, ref: TaskRef, epoch: EpochId, request: ApprovalRequest) -> ApprovalId:
        """Show a question. A request id that is still open in the same worker replaces the older question."""
        approval_id = ApprovalId(f"{epoch}:{request.request_id}")
        if approval_id in self._hub.state.approvals:
            self.close(approval_id, Outcome.SUPERSEDED, "Codex asked again under the same id")
            approval_id = ApprovalId(f"{approval_id}:{self._hub.state.seq}")
        self._waiting[approval_id] = asyncio.get_running_loop().create_future()
        self._hub.apply(ev.ApprovalRequested(ref=ref, approval=approval_id, request=request))
        return approval_id

    async def decision(self, approval_id: ApprovalId) -> Decision:
        """The person's decision, when it comes.

        Raises:
            asyncio.CancelledError: the question was closed without one.
        """
        return await self._waiting[approval_id]

    async def decide(self, approval_id: ApprovalId, decision: Decision) -> None:
        """Take a person's decision: on disk first, then to whoever waits for it.

        Raises:
            AnswerRefusedError: the question is gone, does not take this answer, or the disk did not keep it.
        """
        approval = self._hub.state.approvals.get(approval_id)
        waiting = self._waiting.get(approval_id)
        if approval is None or waiting is None or waiting.done() or not approval.is_pending:
            raise AnswerRefusedError("this question is no longer open; nothing was sent")
        _check(approval, decision)
        try:
            await self._hub.record(_decided(approval, decision))
        except JournalError as error:
            cause = f"the decision could not be written to disk: {error}"
            self._hub.apply(ev.DecisionNotKept(ref=approval.ref, approval=approval_id, cause=cause))
            raise AnswerRefusedError(cause) from error
        if waiting.done():
            raise AnswerRefusedError("the worker took the question back; nothing was sent")
        waiting.set_result(decision)

    def sent(self, approval_id: ApprovalId) -> None:
        """The decision was written to the worker."""
        self._waiting.pop(approval_id, None)
        approval = self._hub.state.approvals[approval_id]
        self._hub.apply(ev.AnswerSent(ref=approval.ref, approval=approval_id))

    def close(self, approval_id: ApprovalId, outcome: Outcome, cause: str) -> None:
        """End a question that no answer of ours ended; without effect when it has ended."""
        waiting = self._waiting.pop(approval_id, None)
        if waiting is not None:
            waiting.cancel()
        approval = self._hub.state.approvals.get(approval_id)
        if approval is None or approval.outcome is not Outcome.PENDING:
            return
        self._hub.apply(ev.ApprovalClosed(ref=approval.ref, approval=approval_id, outcome=outcome, cause=cause))


def _check(approval: Approval, decision: Decision) -> None:
    """An answer that Codex would not take must never be kept as a decision."""
    from codex_orch_tui.codex.answers import ImpossibleAnswerError, result_for  # noqa: PLC0415 - not for the first paint

    try:
        result_for(approval.request, decision)
    except ImpossibleAnswerError as error:
        raise AnswerRefusedError(str(error)) from error


def _decided(approval: Approval, decision: Decision) -> ev.ApprovalDecided:
    secret = {question.id for question in approval.request.questions if question.is_secret}
    kept = {name: ("(secret)",) if name in secret else values for name, values in (decision.answers or {}).items()}
    return ev.ApprovalDecided(
        ref=approval.ref,
        approval=approval.id,
        choice=decision.choice,
        for_session=decision.for_session,
        message=decision.message,
        answers=kept,
    )
