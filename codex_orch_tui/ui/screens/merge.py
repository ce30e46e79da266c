"""The merge question."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from codex_orch_tui.domain.merge import MergePreview
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.presentation.merge import MergeAnswer, merge_lines, merge_title, way_on
from codex_orch_tui.ui.screens.offer import OfferScreen
from codex_orch_tui.ui.widgets.hints import Hint

_HINTS = {
    MergeAnswer.MERGE: Hint("enter", "merge"),
    MergeAnswer.REVIEW: Hint("d", "read the diff"),
    MergeAnswer.UPDATE: Hint("u", "update it now"),
}


class MergeScreen(OfferScreen[MergeAnswer]):
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
        way = way_on(task, preview)
        answers = {way: _HINTS[way]} if way is not None else {}
        super().__init__(merge_title(task, preview), merge_lines(task, preview), answers)
