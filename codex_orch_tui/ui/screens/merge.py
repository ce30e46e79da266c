"""The merge question."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.domain.merge import MergePreview
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.presentation.merge import MergeAnswer, merge_lines, merge_title, way_on
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.widgets.hints import Hint

_HINTS = {
    MergeAnswer.MERGE: Hint("enter", "merge"),
    MergeAnswer.REVIEW: Hint("d", "read the diff"),
    MergeAnswer.UPDATE: Hint("u", "update it now"),
}


class MergeScreen(FramedScreen[MergeAnswer | None]):
    """Shows what a merge would do, or why it cannot be. The result is the one thing that can be done now, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer('merge')", "Merge", id="merge.merge"),
        Binding("d", "answer('review')", "Read the diff", id="merge.review"),
        Binding("u", "answer('update')", "Update it now", id="merge.update"),
        Binding("escape", "close", "Leave everything as it is", id="merge.close"),
    ]

    def __init__(self, task: Task, preview: MergePreview) -> None:
        """Makes the question.

        Args:
            task: The task, with what was reviewed of it.
            preview: What would move; the merge is bound to its commits.
        """
        self._way_on = way_on(task, preview)
        hints = [_HINTS[self._way_on]] if self._way_on is not None else []
        super().__init__(merge_title(task, preview), [*hints, Hint("esc", "leave everything as it is")])
        self._lines = merge_lines(task, preview)

    def content(self) -> Sequence[Widget]:
        """What would happen."""
        return (Reading(self._lines),)

    def action_answer(self, answer: str) -> None:
        """What the person wants, if it is what can be done now and was on screen when they pressed the key."""
        if answer == self._way_on and self.is_painted:
            self.dismiss(self._way_on)

    def action_close(self) -> None:
        """Nothing."""
        self.dismiss(None)
