"""The fields of a question: options, checks and lines to write, each with what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from codex_orch_tui.ui.presentation.approval_form import Entry, EntryType, Values
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph
from codex_orch_tui.ui.widgets.option_picker import OptionPicker
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView

_PLACEHOLDERS = {
    EntryType.TEXT: "your answer",
    EntryType.NUMBER: "a number",
    EntryType.INTEGER: "a whole number",
    EntryType.ONE_OF: "or in your own words",
}


class FormLine(Input):
    """A line to write."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back to the card", show=False)]

    class Left(Message):
        """Escape: back to the card."""

    def _on_paste(self, event: events.Paste) -> None:
        """Pasted lines become one line: Textual would keep the first and drop the others without a word."""
        event.prevent_default()
        event.stop()
        self.replace(_one_line(event.text), *self.selection)

    def action_paste(self) -> None:
        """The same from the clipboard."""
        self.replace(_one_line(self.app.clipboard), *self.selection)

    def action_leave(self) -> None:
        """Back to the card."""
        self.post_message(self.Left())


def _one_line(text: str) -> str:
    lines = text.splitlines()
    return text if len(lines) < 2 else " ".join(filter(None, map(str.strip, lines)))


class EntryField(Vertical):
    """One entry: its words, its options or line, and what is wrong with it."""

    def __init__(self, entry: Entry) -> None:
        """Makes the field of an entry."""
        super().__init__(classes="entry")
        self.entry = entry
        is_many = entry.type is EntryType.CHECKS
        default = entry.default
        self.picker = OptionPicker(entry.options, takes_many=is_many, chosen=default) if entry.options else None
        takes_line = entry.takes_text and entry.type is not EntryType.CHECKS
        self.line = (
            FormLine(
                placeholder=_PLACEHOLDERS.get(entry.type, ""),
                password=entry.is_secret,
                compact=True,
                select_on_focus=False,
            )
            if takes_line
            else None
        )
        self._problem = Static("", classes="problem", markup=False)

    def compose(self) -> ComposeResult:
        """Words, options, line, problem."""
        words = self._words()
        if words:
            yield ParagraphView(words)
        if self.picker is not None:
            yield self.picker
        if self.line is not None:
            yield self.line
        self._problem.display = False
        yield self._problem

    def on_mount(self) -> None:
        """Begins with what the question proposes."""
        if self.line is not None and not self.entry.options:
            self.line.value = "".join(self.entry.default)

    def _words(self) -> list[Paragraph]:
        entry = self.entry
        if not entry.title:
            return []
        marks = [] if entry.is_required else ["optional"]
        marks += ["hidden, not kept"] if entry.is_secret else []
        title = Paragraph(text=entry.title, remark=", ".join(marks), indent=3, is_strong=True)
        return [title, Paragraph(text=entry.detail, indent=3, tone=Tone.QUIET)] if entry.detail else [title]

    @property
    def value(self) -> tuple[str, ...]:
        """What was filled in; a line of the person's own stands before an option."""
        if self.line is not None and self.line.value.strip():
            return (self.line.value if self.entry.is_secret else self.line.value.strip(),)
        return self.picker.chosen if self.picker is not None else ()

    def tell(self, problem: str) -> None:
        """Says what is wrong; empty for nothing."""
        self._problem.update(Content(problem))
        self._problem.display = bool(problem)

    def enter(self) -> None:
        """Takes the focus: to the options where there are any, else to the line."""
        target = self.picker or self.line
        if target is not None:
            # Not target.focus(), which takes effect later: the next key could still reach the field before.
            self.screen.set_focus(target)

    @property
    def stops(self) -> tuple[Widget, ...]:
        """What takes the focus: its picker and its line, as far as it has them."""
        return tuple(stop for stop in (self.picker, self.line) if stop is not None)

    def holds(self, widget: Widget | None) -> bool:
        """Whether the widget is this field's picker or line."""
        return any(stop is widget for stop in self.stops)

    def on_option_picker_changed(self) -> None:
        """An option was chosen: what was written no longer counts."""
        if self.line is not None and self.picker is not None and self.picker.chosen:
            with self.prevent(Input.Changed):
                self.line.value = ""
        self.tell("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Words of the person's own take the place of an option."""
        if self.picker is not None and event.value.strip():
            self.picker.clear()
        self.tell("")


class ApprovalForm(Vertical):
    """All fields of a question."""

    DEFAULT_CSS = """
    ApprovalForm {
        height: auto;
        & .entry { height: auto; margin-top: 1; }
        & FormLine { margin: 0 3 0 6; background: $surface; }
        & .problem { height: auto; padding: 0 3; color: $text-error; }
    }
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Makes the fields of a question."""
        super().__init__()
        self.fields = tuple(EntryField(entry) for entry in entries)

    def compose(self) -> ComposeResult:
        """The fields in their order."""
        yield from self.fields

    @property
    def is_ready(self) -> bool:
        """Every field is on its place and counts in the layout."""
        return self.is_mounted and all(field.is_mounted for field in self.fields)

    def painted_rows(self) -> list[str]:
        """The words and options of all fields, wrapped as they are; not what is written into them."""
        return [row for view in self.query(ParagraphView) for row in view.painted_rows()]

    @property
    def values(self) -> Values:
        """What was filled in."""
        return {field.entry.id: field.value for field in self.fields}

    def tell(self, problems: Mapping[str, str]) -> None:
        """Says what is wrong, each at its place, and goes to the first of them."""
        for field in self.fields:
            field.tell(problems.get(field.entry.id, ""))
        first = next((field for field in self.fields if field.entry.id in problems), None)
        if first is not None:
            first.enter()

    def enter(self, *, only_options: bool = False) -> bool:
        """Takes the focus to the first field; with `only_options` not into a line, where letters would be typed."""
        if not self.fields or not self.is_ready or (only_options and self.fields[0].picker is None):
            return False
        self.fields[0].enter()
        return True

    def choose_by(self, key: str) -> bool:
        """Chooses an option of the first question that has some, and goes there; False: the key is no digit of one."""
        picker = next((field.picker for field in self.fields if field.picker is not None), None)
        if picker is None or key not in set("123456789") or not picker.choose(int(key) - 1):
            return False
        self.screen.set_focus(picker)
        return True

    @property
    def takes_digits(self) -> bool:
        """Whether a digit may choose an option."""
        return any(field.picker is not None for field in self.fields)

    def on_key(self, event: events.Key) -> None:
        """Enter goes on to the next field and sends nothing; up and down move between lines.

        Tab goes to each list and each line, and round: in another pane the letters of an answer would be commands.
        """
        focused = self.screen.focused
        here = next((index for index, field in enumerate(self.fields) if field.holds(focused)), None)
        steps = {"enter": 1}
        if isinstance(focused, FormLine):
            steps |= {"down": 1, "up": -1}
        if here is None or event.key not in {*steps, "tab", "shift+tab"}:
            return
        event.stop()
        event.prevent_default()
        if "tab" in event.key:
            stops = [stop for field in self.fields for stop in field.stops]
            at = next(place for place, stop in enumerate(stops) if stop is focused)
            self.screen.set_focus(stops[(at + (1 if event.key == "tab" else -1)) % len(stops)])
        elif 0 <= (there := here + steps[event.key]) < len(self.fields):
            self.fields[there].enter()
