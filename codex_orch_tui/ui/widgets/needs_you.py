"""The questions that wait for the person, or one quiet line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from codex_orch_tui.domain.state import State

if TYPE_CHECKING:
    from codex_orch_tui.ui.widgets.approval_inbox import ApprovalInbox


class NeedsYou(Vertical):
    """Makes the inbox when the first question comes: most starts have none."""

    def __init__(
        self,
        *,
        guard_s: float,
        keymap: Mapping[str, str],
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        """Makes the quiet line.

        Args:
            guard_s: How long answering keys do nothing after a card appeared or changed, in seconds.
            keymap: The person's own keys by action id.
            id: The widget's id.
        """
        super().__init__(id=id)
        self._guard_s = guard_s
        self._keymap = keymap
        self._inbox: ApprovalInbox | None = None
        self._told = ""
        self._quiet = Static(id="quiet", markup=False)

    def compose(self) -> ComposeResult:
        """The quiet line."""
        yield self._quiet

    @property
    def inbox(self) -> "ApprovalInbox | None":
        """The inbox, once there was a question."""
        return self._inbox

    def show_state(self, state: State, now_s: float) -> None:
        """Shows the open questions, oldest first."""
        pending = state.pending
        self.set_class(bool(pending), "-pending")
        if pending and self._inbox is None:
            self._make_inbox()
        if self._inbox is not None:
            self._inbox.show(pending, state, now_s)
            self._inbox.display = bool(pending)
        self._quiet.display = not pending

    def go_in(self) -> bool:
        """Gives the focus to the card; False when there is none."""
        return self._inbox is not None and self._inbox.focus_card()

    def holder_changed(self) -> None:
        """Another program holds the repository now, or none does: other keys act."""
        from codex_orch_tui.ui.widgets.approval_foot import ApprovalFoot  # noqa: PLC0415 - not for the first paint

        for foot in self.query(ApprovalFoot):
            foot.look_again()

    def _make_inbox(self) -> None:
        from codex_orch_tui.ui.widgets.approval_inbox import ApprovalInbox  # noqa: PLC0415 - not for the first paint

        self._inbox = ApprovalInbox(guard_s=self._guard_s, keymap=self._keymap)
        self.mount(self._inbox)

    def say_when_empty(self, text: str) -> None:
        """What the quiet line says from now on."""
        if text != self._told:
            self._told = text
            self._quiet.update(Content(text))
