"""What a person does about the questions of the workers, on the main screen."""

from typing import TYPE_CHECKING

from codex_orch_tui.domain.approval import Approval, Choice, Decision
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.ui.bindings import BY_ID
from codex_orch_tui.ui.presentation.attention import answer_told, next_attention
from codex_orch_tui.ui.screens import dialogs
from codex_orch_tui.ui.screens.task_actions import TaskActions

if TYPE_CHECKING:
    from codex_orch_tui.ui.widgets.approval_inbox import ApprovalInbox
    from codex_orch_tui.ui.widgets.needs_you import NeedsYou

CHANGED_MEANWHILE = "The question changed while you answered; nothing was sent. Look at it again."


class ApprovalActions(TaskActions):
    """Takes what the inbox reports to the orchestrator."""

    needs_you: "NeedsYou"
    _pane_before: str
    """The pane that was in front before the questions were."""

    def action_needs_me(self) -> None:
        """To the next thing that waits for the person: questions first, then what stopped, then reviews.

        From a question it goes on to the next one, and after the last to what stopped and what is to be read.
        """
        inbox = self.needs_you.inbox
        if inbox is not None and self.needs_you.has_focus_within and inbox.go_on():
            return
        found = next_attention(
            self.state,
            self.current,
            shown=inbox.shown if inbox is not None else None,
            skip_questions=self.needs_you.has_focus_within,
        )
        if found is None:
            if inbox is None or not inbox.go_to_first():
                self.tell("Nothing needs you.")
            return
        self.go_to_task(found.ref)
        self.show_pane("inbox" if found.is_question else "tasks")

    # -- answers ------------------------------------------------------------------------------------------------

    def on_approval_inbox_answered(self, message: "ApprovalInbox.Answered") -> None:
        """The person answered a card."""
        message.stop()
        self._answer(message.approval_id, message.times_asked, message.decision)

    def _answer(self, approval_id: ApprovalId, times_asked: int, decision: Decision) -> None:
        """Sends an answer to exactly the question that was read: one that is asked again since then is another.

        With that the pane is in front that was there before.
        """
        if self.refuses("approval.accept"):
            return
        self.show_pane(self._pane_before)
        approval = self.state.approvals.get(approval_id)
        if approval is not None and approval.times_asked != times_asked:
            self.notify(CHANGED_MEANWHILE, severity="warning", markup=False)
            return
        told = answer_told(approval, decision) if approval is not None else ""
        self.errands.start(self.orchestrator.answer(approval_id, decision), lambda _done: self.tell(told))

    def on_approval_inbox_painted(self, message: "ApprovalInbox.Painted") -> None:
        """A question was painted: its yes counts for what it is about now."""
        message.stop()
        if not self.why_refused(BY_ID["approval.accept"]):
            self.errands.start(self.orchestrator.shown(message.approval_id, message.text))

    def on_approval_inbox_turned(self, message: "ApprovalInbox.Turned") -> None:
        """Another question is in front of the person: the log and the panes show the task that asks it."""
        message.stop()
        self.go_to_task(message.approval.ref)

    def on_approval_inbox_left(self, message: "ApprovalInbox.Left") -> None:
        """Back to where the person was; where one pane is seen at a time, that one has to come first."""
        message.stop()
        if self.needs_you.has_focus_within:
            self.show_pane(self._pane_before)

    def on_approval_inbox_view_wanted(self, message: "ApprovalInbox.ViewWanted") -> None:
        """The person wants to see everything that the question carries."""
        message.stop()
        inbox, approval = self.needs_you.inbox, message.approval
        if inbox is not None:
            task = self.state.tasks.get(approval.ref)
            dialogs.view_approval(self, approval, task, lambda: inbox.mark_read(approval.id))

    def on_approval_inbox_for_good_wanted(self, message: "ApprovalInbox.ForGoodWanted") -> None:
        """The person wants Codex's own rule: asked twice before it is sent."""
        message.stop()
        approval = message.approval
        dialogs.confirm_for_good(self, self.orchestrator, approval, lambda: self._accept_for_good(approval))

    def _accept_for_good(self, approval: Approval) -> None:
        self._answer(approval.id, approval.times_asked, Decision(choice=Choice.ACCEPT_FOR_GOOD))
