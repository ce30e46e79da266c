"""Codex's own rule for a command: what it is, and two questions before it is sent."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.ui.ascii_filter import unmistakable
from codex_orch_tui.ui.presentation.for_good import for_good_paragraphs
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.widgets.hints import Hint
from codex_orch_tui.ui.widgets.key_guard import KeyGuard

_NAME_HINTS = (Hint("enter", "go on"), Hint("esc", "back, nothing is sent"))
_LAST_HINTS = (Hint("P", "accept, and let Codex write the rule"), Hint("esc", "back, nothing is sent"))
GONE = "The question is no longer open; Codex keeps no rule."


class ForGoodScreen(FramedScreen[bool | None]):
    """Asks twice: for the program's name in letters, then for the key. True: the person wants it; None: not."""

    CSS_PATH = ["frame.tcss", "for_good.tcss"]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", id="for_good.close"),
        Binding("P", "confirm", "Accept for good", id="for_good.confirm"),
    ]

    def __init__(
        self,
        approval: Approval,
        codex_home: Path | None,
        *,
        is_open: Callable[[], bool],
        watch: Callable[[Callable[[], None]], Callable[[], None]],
        guard_s: float = 0.4,
    ) -> None:
        """Makes the question.

        Args:
            approval: What Codex asks; it has an amendment.
            codex_home: Codex's own folder, in which it keeps the rule.
            is_open: Whether it is still the same open question.
            watch: Has its argument called after each change of the state, and returns what ends that.
            guard_s: How long the last key does nothing after its question appeared, in seconds.
        """
        super().__init__("Accept for good, by a rule of Codex's own?", _NAME_HINTS)
        self._name = approval.request.amendment[0]
        self._paragraphs = for_good_paragraphs(approval.request.amendment, codex_home)
        self._is_open, self._watch = is_open, watch
        self._unwatch: Callable[[], None] | None = None
        self._reading = Reading(self._paragraphs)
        self._ask = Static(Content(f"Type {self._name} to go on:"), markup=False, classes="ask")
        self._line = Input(compact=True, select_on_focus=False, id="name")
        self._problem = Static("", markup=False, classes="problem")
        self._guard = KeyGuard(guard_s)
        self._is_named = False

    def content(self) -> Sequence[Widget]:
        """What it would do, and the line for the program's name."""
        return (self._reading, self._ask, self._line, self._problem)

    def on_mount(self) -> None:
        """Watches whether it is still asked."""
        self._reading.view.show(unmistakable(self._paragraphs, self.app))
        self._unwatch = self._watch(self._look_again)
        self._line.focus()

    def on_unmount(self) -> None:
        """Watches no more."""
        if self._unwatch is not None:
            self._unwatch()

    def _look_again(self) -> None:
        if not self._is_open() and not self.is_answered:
            self.app.notify(GONE, severity="warning", markup=False)
            self.dismiss(None)

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self._problem.remove_class("-told")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The name; with the right one the second question follows."""
        event.stop()
        if event.value.strip() != self._name:
            self._problem.update(Content(f"That is not {self._name}."))
            self._problem.add_class("-told")
            return
        self._guard.arm()
        self._is_named = True
        self._line.display = False
        self._ask.update(Content("Once more: P sends it. Any other key does nothing, esc goes back."))
        self._hints.show(_LAST_HINTS)
        self.set_focus(None)
        self.call_after_refresh(self._guard.painted)

    def action_confirm(self) -> None:
        """The second yes."""
        if self._is_named and not self._guard.swallows() and self._is_open():
            self.dismiss(True)

    def action_close(self) -> None:
        """Sends nothing."""
        self.dismiss(None)
