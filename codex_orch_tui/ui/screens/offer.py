"""A question about something that moves branches: what would happen, and the answers that can be given now."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from textual.widget import Widget

from codex_orch_tui.ui.presentation.paragraphs import Paragraph
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.widgets.hints import Hint

A = TypeVar("A", bound=StrEnum)


class OfferScreen(FramedScreen[A | None]):
    """Takes one answer, or None. Subclasses bind their keys to `answer('…')` and to `close`."""

    def __init__(self, title: str, lines: Sequence[Paragraph], answers: Mapping[A, Hint]) -> None:
        """Makes the question.

        Args:
            title: What is asked.
            lines: What would happen, or why it cannot.
            answers: What can be answered now, each with its key.
        """
        super().__init__(title, [*answers.values(), Hint("esc", "leave everything as it is")])
        self._lines = lines
        self._answers = {answer.value: answer for answer in answers}

    def content(self) -> Sequence[Widget]:
        """What would happen."""
        return (Reading(self._lines),)

    def action_answer(self, answer: str) -> None:
        """What the person wants, if it can be done now and was on screen when they pressed the key."""
        if answer in self._answers and self.is_painted:
            self.dismiss(self._answers[answer])

    def action_close(self) -> None:
        """Nothing."""
        self.dismiss(None)
