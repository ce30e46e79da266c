"""The merge question."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from codex_orch_tui.domain.merge import MergePreview
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.presentation.merge import MergeAnswer, answers, merge_lines, merge_title
from codex_orch_tui.ui.screens.offer import OfferScreen
from codex_orch_tui.ui.widgets.hints import Hint

_HINTS = {
    MergeAnswer.MERGE: Hint("enter", "merge"),
    MergeAnswer.REVIEW: Hint("d", "read the diff"),
    MergeAnswer.UPDATE: Hint("u", "update it now"),
    MergeAnswer.TELL: Hint("s", "send that to the worker"),
}


class MergeScreen(OfferScreen[MergeAnswer]):
    """Shows what a merge would do, or why it cannot be. The result is what the person wants, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer('merge')", "Merge", id="merge.merge"),
        Binding("d", "answer('review')", "Read the diff", id="merge.review"),
        Binding("u", "answer('update')", "Update it now", id="merge.update"),
        Binding("s", "answer('tell')", "Send the worker what does not hold", id="merge.tell"),
        Binding("escape", "close", "Leave everything as it is", id="merge.close"),
    ]

    def __init__(self, task: Task, preview: MergePreview) -> None:
        """Makes the question.

        Args:
            task: The task, with what was reviewed of it.
            preview: What would move; the merge is bound to its commits.
        """
        hints = {answer: _HINTS[answer] for answer in answers(task, preview)}
        super().__init__(merge_title(task, preview), merge_lines(task, preview), hints)
