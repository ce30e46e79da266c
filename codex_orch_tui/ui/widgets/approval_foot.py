"""What stands under a question: a line in which a refusal is explained, what there is to say, the keys that act."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Input, Static

from codex_orch_tui.domain.approval import ApprovalRequest
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.ui.bindings import BY_ID
from codex_orch_tui.ui.key_names import key_label, keys_label
from codex_orch_tui.ui.presentation.approval_answers import answer_keys
from codex_orch_tui.ui.widgets.approval_form import FormLine
from codex_orch_tui.ui.widgets.hints import Hint, Hints
from codex_orch_tui.ui.widgets.refusing import refused_on

_OWN_KEYS = {"approval.send": "ctrl+s", "approval.enter": "enter", "approval.pick": "space"}
_MESSAGE_HINTS = (Hint("enter", "decline and send this"), Hint("esc", "back to the question"))
_PICKER_HINTS = (Hint("space", "choose"), Hint("tab", "next field"))
_FIELD_HINTS = (Hint("enter", "next field"), Hint("ctrl+s", "send your answers"), Hint("esc", "leave the field"))
_EMPTY = "Write a few words, or press esc and then d to decline without any."


class MessageLine(FormLine):
    """The line in which a refusal is explained."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Decline and send this", show=False, id="approval.send")
    ]


class ApprovalFoot(Vertical):
    """Says what the keys do now. The line is open or not; what is written in it decides nothing before it is sent."""

    DEFAULT_CSS = """
    ApprovalFoot {
        dock: bottom;
        height: auto;
        padding-top: 1;
        & .note { height: auto; padding: 0 1; color: $text-warning; }
        & > FormLine { margin: 0 1; background: $surface; }
    }
    """

    class Written(Message):
        """The reason in the line is another one now."""

        def __init__(self, approval_id: ApprovalId, text: str) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.text = text

    class Sent(Written):
        """The person declines the question that the line was opened for, with this reason."""

    class Closed(Message):
        """The person left the line without sending it."""

    def __init__(self, keymap: Mapping[str, str]) -> None:
        """Makes an empty foot.

        Args:
            keymap: The person's own keys by binding id.
        """
        super().__init__(classes="foot")
        self._keymap = keymap
        self._told = ""
        self._about = ApprovalId("")
        self._show_again: Callable[[], None] | None = None
        self._line = MessageLine(placeholder="What shall it do instead?", compact=True, select_on_focus=False)
        self._note = Static("", markup=False, classes="note")
        self._hints = Hints()

    def compose(self) -> ComposeResult:
        """Line, note, keys."""
        self._line.display = self._note.display = False
        yield from (self._line, self._note, self._hints)

    @property
    def told(self) -> str:
        """What is said."""
        return self._told

    def say(self, text: str) -> None:
        """Says something; empty: nothing."""
        if text != self._told:
            self._told = text
            self._note.update(Content(text))
            self._note.display = bool(text)

    def row_count(self, container: Size, viewport: Size, width: int) -> int:
        """Rows that it takes in `width` cells, the one that stays free above it included."""
        rows = self._hints.row_count(width) + (2 if self._line.display else 1)
        if self._note.display:
            rows += self._note.get_content_height(container, viewport, width - 2)
        return rows

    # The keys.

    def show_hints(
        self,
        request: ApprovalRequest,
        *,
        is_here: bool,
        is_in_field: bool,
        is_in_options: bool,
        is_read: bool,
        has_others: bool,
    ) -> None:
        """Shows the keys that act now: in a line that is written, letters are letters.

        Args:
            request: The question.
            is_here: The person is at the question.
            is_in_field: They write in one of its fields.
            is_in_options: They choose among the options of one of them.
            is_read: Its end was on screen.
            has_others: There are other questions.
        """
        self._show_again = partial(
            self.show_hints,
            request,
            is_here=is_here,
            is_in_field=is_in_field,
            is_in_options=is_in_options,
            is_read=is_read,
            has_others=has_others,
        )
        if self._line.display:
            self._hints.show(_MESSAGE_HINTS)
            return
        if is_in_field:
            self._hints.show(_FIELD_HINTS)
            return
        can_answer = not refused_on(self.screen, "approval.accept")
        hints = [] if is_here else [Hint(self._key("go.needs_me"), "to answer" if can_answer else "to read it")]
        if not is_read:
            hints.append(Hint("pgdn", "read on, yes works after the end" if can_answer else "read on", is_here))
        for key in answer_keys(request):
            if not can_answer and key.id != "approval.view":
                continue
            is_reached = is_in_options and key.id == "approval.enter"
            hints += _PICKER_HINTS if is_reached else [Hint(self._key(key.id), key.label, is_here)]
        if has_others:
            hints.append(Hint("[ ]", "other questions", is_here))
        self._hints.show(hints)

    def look_again(self) -> None:
        """Shows the keys that act now that another program holds the repository, or none does."""
        if self._show_again is not None:
            self._show_again()

    def _key(self, name: str) -> str:
        """The first key of a binding."""
        if name in BY_ID:
            return keys_label(BY_ID[name], self._keymap).split(" ")[0]
        return key_label(self._keymap.get(name, _OWN_KEYS.get(name, "")).split(",")[0])

    # The line.

    @property
    def is_open(self) -> bool:
        """Whether the line is there to write in."""
        return self._line.display

    def open_line(self, approval_id: ApprovalId, text: str) -> None:
        """Opens the line for a question, with what was written before."""
        self._about = approval_id
        with self.prevent(Input.Changed):
            self._line.value = text
        self._line.display = True
        # At once: what is typed next is the reason, and must not reach the keys of the card.
        self.screen.set_focus(self._line)

    def close_line(self) -> bool:
        """Closes the line; True when it had the focus."""
        had_focus = self._line.has_focus
        self._line.display = False
        return had_focus

    @on(FormLine.Left)
    def _line_left(self, event: FormLine.Left) -> None:
        event.stop()
        self.post_message(self.Closed())

    @on(Input.Changed)
    def _line_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._line.display:
            self.say("")
            self.post_message(self.Written(self._about, event.value))

    @on(Input.Submitted)
    def _line_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        message = event.value.strip()
        if message:
            self.post_message(self.Sent(self._about, message))
        else:
            self.say(_EMPTY)
