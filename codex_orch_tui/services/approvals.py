"""Every worker's open questions: a Future each, beside the journal's record of it.

A question stays open until a rule of the person's own answers it, a person decides, the worker takes it back, or the
worker is gone. Nothing else answers.
"""

import asyncio
from dataclasses import dataclass, field, replace

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import ACCEPTING, Approval, ApprovalRequest, Choice, Decider, Decision, Outcome
from codex_orch_tui.domain.ids import ApprovalId, EpochId, TaskRef
from codex_orch_tui.domain.secrets import redact, redact_json
from codex_orch_tui.services.errors import AnswerRefusedError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.judgement import Judge
from codex_orch_tui.services.subject import Subject, subject_of
from codex_orch_tui.store.errors import JournalError

GONE = "this question is no longer open; nothing was sent"
CHANGED = "changed since it was shown; nothing was sent, look again"


@dataclass(slots=True)
class _Open:
    """A question that no answer has reached yet."""

    request: ApprovalRequest
    """As it was asked: what is kept and shown may have secrets taken out."""
    decision: asyncio.Future[Decision]
    subject: asyncio.Task[Subject]
    """What it was about when it was asked, or was found to have changed."""
    seen: dict[str, asyncio.Task[Subject]] = field(default_factory=dict)
    """What it was about when it was shown, by who painted it: a yes counts for what its own person saw."""
    is_being_decided: bool = False
    """The first answer is on its way to the disk: a second one comes too late."""


class Approvals:
    """The inbox of all workers."""

    def __init__(self, hub: Hub, judge: Judge) -> None:
        self._hub = hub
        self._judge = judge
        self._open: dict[ApprovalId, _Open] = {}

    def ask(self, ref: TaskRef, epoch: EpochId, request: ApprovalRequest) -> ApprovalId:
        """Take a question in. A request id that is still open in the same worker replaces the older question."""
        approval_id = ApprovalId(f"{epoch}:{request.request_id}")
        if approval_id in self._hub.state.approvals:
            self.close(approval_id, Outcome.SUPERSEDED, "Codex asked again under the same id")
            approval_id = ApprovalId(f"{approval_id}:{self._hub.state.seq}")
        judged = self._judge.judge(ref, request)
        by_rule = judged.choice if judged.choice in request.choices else None
        self._open[approval_id] = _Open(
            request, asyncio.get_running_loop().create_future(), asyncio.create_task(self._subject(ref, request))
        )
        self._hub.apply(
            ev.ApprovalRequested(
                ref=ref,
                approval=approval_id,
                request=replace(request, raw_json=redact_json(request.raw_json)),
                assessment=judged.assessment,
                rule=judged.rule if by_rule else None,
                choice=by_rule,
                message=judged.message if by_rule else "",
            )
        )
        return approval_id

    async def decision(self, approval_id: ApprovalId) -> Decision:
        """The decision, when it comes: a rule's as soon as it is on disk, else a person's.

        Raises:
            asyncio.CancelledError: the question was closed without one.
        """
        by_rule = self._hub.state.approvals[approval_id]
        # A person may have been quicker than this call: their answers are in the Future, and not in the state.
        if by_rule.rule is not None and by_rule.choice is not None and await self._is_kept(by_rule):
            return Decision(choice=by_rule.choice, message=by_rule.message)
        if (opened := self._open.get(approval_id)) is None:  # It was closed while the disk was busy.
            raise asyncio.CancelledError
        return await opened.decision

    async def shown(self, approval_id: ApprovalId, painted: str, *, viewer: str = "") -> None:
        """A card was painted for a person: what it is about now is what their yes will count for.

        Args:
            approval_id: the question.
            painted: the card's text.
            viewer: the program that painted it; empty: this one.
        """
        opened = self._open.get(approval_id)
        if opened is None or not self._hub.state.approvals[approval_id].is_pending:
            return
        ref = self._hub.state.approvals[approval_id].ref
        self._hub.apply(ev.ApprovalShown(ref=ref, approval=approval_id, painted=painted))
        opened.seen[viewer] = asyncio.create_task(self._subject(ref, opened.request))
        await asyncio.shield(opened.seen[viewer])

    async def decide(
        self, approval_id: ApprovalId, decision: Decision, *, viewer: str = "", by: Decider = Decider.YOU
    ) -> None:
        """Take a decision: on disk first, then to whoever waits for it.

        Args:
            approval_id: the question.
            decision: the answer.
            viewer: the program that it was made at; empty: this one.
            by: who made it.

        Raises:
            AnswerRefusedError: the question is gone, is about something else by now, does not take this answer, or
                the disk did not keep it.
        """
        opened = self._still_open(approval_id)
        _check(opened.request, decision)
        opened.is_being_decided = True
        try:
            await self._decide(approval_id, opened, decision, viewer, by)
        finally:
            opened.is_being_decided = False

    def sent(self, approval_id: ApprovalId) -> None:
        """The decision was written to the worker."""
        self._forget(approval_id)
        approval = self._hub.state.approvals[approval_id]
        self._hub.apply(ev.AnswerSent(ref=approval.ref, approval=approval_id))

    def close(self, approval_id: ApprovalId, outcome: Outcome, cause: str) -> None:
        """End a question that no answer of ours ended; without effect when it has ended."""
        self._forget(approval_id)
        approval = self._hub.state.approvals.get(approval_id)
        if approval is None or approval.outcome is not Outcome.PENDING:
            return
        self._hub.apply(ev.ApprovalClosed(ref=approval.ref, approval=approval_id, outcome=outcome, cause=cause))

    async def _decide(
        self, approval_id: ApprovalId, opened: _Open, decision: Decision, viewer: str, by: Decider
    ) -> None:
        if decision.choice in ACCEPTING:
            await self._check_unchanged(approval_id, opened, viewer)
        approval = self._hub.state.approvals[approval_id]
        if opened.decision.done() or not approval.is_pending:
            raise AnswerRefusedError(GONE)
        try:
            await self._hub.record(_decided(approval, decision, viewer, by))
        except JournalError as error:
            raise AnswerRefusedError(self._not_kept(approval, error)) from error
        if opened.decision.done():
            raise AnswerRefusedError("the worker took the question back; nothing was sent")
        opened.decision.set_result(decision)

    def _still_open(self, approval_id: ApprovalId) -> _Open:
        approval = self._hub.state.approvals.get(approval_id)
        opened = self._open.get(approval_id)
        is_open = approval is not None and approval.is_pending and opened is not None and not opened.decision.done()
        if not is_open or opened is None or opened.is_being_decided:
            raise AnswerRefusedError(GONE)
        return opened

    async def _check_unchanged(self, approval_id: ApprovalId, opened: _Open, viewer: str) -> None:
        ref = self._hub.state.approvals[approval_id].ref
        was = await asyncio.shield(opened.seen.get(viewer, opened.subject))
        changed = (await self._subject(ref, opened.request)).changed_since(was)
        if not changed or opened.decision.done():
            return
        opened.subject = asyncio.create_task(self._subject(ref, opened.request))
        opened.seen.clear()
        self._hub.apply(ev.ApprovalChanged(ref=ref, approval=approval_id, paths=changed))
        raise AnswerRefusedError(f"{', '.join(changed)} {CHANGED}")

    async def _subject(self, ref: TaskRef, request: ApprovalRequest) -> Subject:
        task = self._hub.state.tasks.get(ref)
        worktree = task.worktree.path if task is not None and task.worktree is not None else ""
        return await asyncio.to_thread(subject_of, request, worktree)

    async def _is_kept(self, approval: Approval) -> bool:
        """Whether a rule's decision is on disk; when not, a person is asked."""
        try:
            await self._hub.flush()
        except JournalError as error:
            self._not_kept(approval, error)
            return False
        return True

    def _not_kept(self, approval: Approval, error: JournalError) -> str:
        cause = f"the decision could not be written to disk: {error}"
        self._hub.apply(ev.DecisionNotKept(ref=approval.ref, approval=approval.id, cause=cause))
        return cause

    def _forget(self, approval_id: ApprovalId) -> None:
        opened = self._open.pop(approval_id, None)
        if opened is not None:
            opened.decision.cancel()


def _check(request: ApprovalRequest, decision: Decision) -> None:
    """An answer that Codex would not take must never be kept as a decision."""
    from codex_orch_tui.codex.answers import ImpossibleAnswerError, result_for  # noqa: PLC0415 - not for the first paint

    try:
        result_for(request, decision)
    except ImpossibleAnswerError as error:
        raise AnswerRefusedError(str(error)) from error


def _decided(approval: Approval, decision: Decision, viewer: str, by: Decider) -> ev.ApprovalDecided:
    secret = {question.id for question in approval.request.questions if question.is_secret}
    kept = {
        name: ("(secret)",) if name in secret else tuple(map(redact, values))
        for name, values in (decision.answers or {}).items()
    }
    return ev.ApprovalDecided(
        ref=approval.ref,
        approval=approval.id,
        choice=decision.choice,
        by=by,
        for_session=decision.for_session,
        message=redact(decision.message),
        answers=kept,
        granted=_granted(approval.request, decision),
        via=viewer,
    )


def _granted(request: ApprovalRequest, decision: Decision) -> tuple[int, ...]:
    """The positions of what is granted: all of it, unless the person chose."""
    if decision.choice is not Choice.GRANT:
        return ()
    return tuple(range(len(request.permissions))) if decision.granted is None else decision.granted
