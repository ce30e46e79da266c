"""A question before something that cannot simply be taken back. No answer is preferred."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.widgets.hints import Hint


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmChoice:
    """One answer: its key, its name and what it does to whom."""

    key: str
    label: str
    consequence: str = ""
    is_dangerous: bool = False


class ConfirmScreen(FramedScreen[str | None]):
    """Asks for one of the choices by its key. The result is the key, or None: escape changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Back", id="confirm.close")]

    def __init__(
        self,
        title: str,
        lines: Sequence[str] | Callable[[], Sequence[str] | str],
        choices: Sequence[ConfirmChoice],
        watch: Callable[[Callable[[], None]], Callable[[], None]] | None = None,
    ) -> None:
        """Makes the question.

        Args:
            title: The question.
            lines: What there is to know before, a paragraph each; or what tells it as it is now, and in one string why
                there is nothing left to ask.
            choices: The answers; escape is always there.
            watch: Has its argument called after each change of what the lines tell, and returns what ends that.
        """
        unexplained = [Hint(choice.key, choice.label) for choice in choices if not choice.consequence]
        super().__init__(title, [*unexplained, Hint("esc", "back, nothing changes")])
        self._lines = lines
        self._watch = watch
        self._unwatch: Callable[[], None] | None = None
        self.choices = tuple(choices)
        self._reading = Reading(self._paragraphs(self._told()))

    def content(self) -> Sequence[Widget]:
        """The lines, and what each choice does."""
        return (self._reading,)

    def on_mount(self) -> None:
        """Watches whether it is still the question."""
        if self._watch is not None:
            self._unwatch = self._watch(self._look_again)

    def on_unmount(self) -> None:
        """Watches no more."""
        if self._unwatch is not None:
            self._unwatch()

    def _told(self) -> Sequence[str] | str:
        return self._lines() if callable(self._lines) else self._lines

    def _look_again(self) -> None:
        told = self._told()
        if not isinstance(told, str):
            self._reading.view.show(self._paragraphs(told))
        elif not self.is_answered:
            self.app.notify(told, markup=False, timeout=5)
            self.dismiss(None)

    def _paragraphs(self, lines: Sequence[str]) -> list[Paragraph]:
        shown = [Paragraph(text=line) for line in lines]
        cells = max((len(f"{choice.key} {choice.label}") for choice in self.choices), default=0) + 2
        told = [
            Paragraph(
                text=choice.consequence,
                label=f"{choice.key} {choice.label}",
                label_cells=cells,
                label_tone=Tone.BAD if choice.is_dangerous else Tone.ACCENT,
            )
            for choice in self.choices
            if choice.consequence
        ]
        return [*shown, *([BLANK] if shown and told else []), *told]

    def on_key(self, event: events.Key) -> None:
        """The key of a choice answers; every other key does nothing."""
        for choice in self.choices:
            if event.key == choice.key or event.character == choice.key:
                event.stop()
                if self.is_painted:
                    self.answer(choice.key)
                return

    def action_close(self) -> None:
        """Changes nothing."""
        self.dismiss(None)
