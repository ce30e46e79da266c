"""What all tasks of a plan have in common: its title, and the specification that every worker gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.errands import Errands
from codex_orch_tui.ui.screens.frame import FramedScreen
from codex_orch_tui.ui.screens.new_task import ReadSpec
from codex_orch_tui.ui.widgets.fields import FieldRow, Fields
from codex_orch_tui.ui.widgets.hints import Hint

_HINTS = (Hint("enter", "keep it so"), Hint("tab", "next field"), Hint("esc", "back, nothing changes"))
_TITLE_WORDS = "What all of it is for, in one line."
_SPEC_WORDS = "A file of UTF-8 text; every worker of the run gets the text."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """A plan's title and specification; `spec_file` is the name of the file that the text was read from."""

    title: str
    spec: str = ""
    spec_file: str = ""


class PlanHeadScreen(FramedScreen[PlanHead | None]):
    """Edits them. A file that cannot be used is told in place, and nothing is kept before it is mended."""

    WRITES = True
    CSS_PATH = ["frame.tcss", "fields.tcss", "plan_head.tcss"]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "keep", "Keep it so", id="plan_head.keep"),
        Binding("escape", "close", "Back", id="plan_head.close"),
    ]

    def __init__(self, head: PlanHead, read_spec: ReadSpec | None) -> None:
        """Makes the dialog.

        Args:
            head: What stands there at first.
            read_spec: Reads the file; None where the specification cannot be changed any more.
        """
        super().__init__("Plan", _HINTS)
        self._begun = head
        self._read_spec = read_spec
        self._errands = Errands(lambda text, _severity: self._told_wrong(text))
        self._is_reading = False
        self._title = Input(head.title, compact=True, select_on_focus=False, id="title")
        unnamed = "none" if not head.spec else f"came with it: {len(head.spec):,} characters"
        self._spec = Input(head.spec_file, placeholder=unnamed, compact=True, select_on_focus=False, id="spec")
        self._problem = Static("", markup=False, classes="problem")

    def content(self) -> Sequence[Widget]:
        """A row for each."""
        spec_row = FieldRow("Spec", self._spec, _words(_SPEC_WORDS))
        spec_row.display = self._read_spec is not None
        return (self._problem, Fields(FieldRow("Title", self._title, _words(_TITLE_WORDS)), spec_row))

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self._problem.remove_class("-told")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keeps it."""
        event.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """Keeps what was filled in, once the file was read."""
        name = self._spec.value.strip()
        if not name or self._read_spec is None:
            was_taken_off = bool(self._begun.spec_file) and not name
            self._keep("" if was_taken_off else self._begun.spec)
        elif not self._is_reading:
            self._is_reading = True
            self._errands.start(self._read_spec(Path(name)), self._keep, refused=self._refused)

    def _keep(self, spec: str) -> None:
        if self.is_attached:
            self.dismiss(PlanHead(title=self._title.value.strip(), spec=spec, spec_file=self._spec.value.strip()))

    def _refused(self, error: NotPossibleError) -> bool:
        self._told_wrong(str(error))
        return True

    def _told_wrong(self, text: str) -> None:
        self._is_reading = False
        if self.is_attached:
            self._problem.update(Content(text))
            self._problem.add_class("-told")
            self._spec.focus()

    def action_close(self) -> None:
        """Changes nothing."""
        self.dismiss(None)


def _words(text: str) -> Static:
    return Static(Content(text), classes="words")
