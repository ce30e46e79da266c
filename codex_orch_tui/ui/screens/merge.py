"""The merge question."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.domain.merge import MergePreview
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.presentation.merge import can_merge, merge_lines, merge_title
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.widgets.hints import Hint


class MergeScreen(FramedScreen[bool]):
    """Shows what a merge would do. True: the person wants exactly what is shown. A refusal cannot be answered yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "merge", "Merge", id="merge.merge"),
        Binding("escape", "close", "Leave everything as it is", id="merge.close"),
    ]

    def __init__(self, task: Task, preview: MergePreview) -> None:
        """Makes the question.

        Args:
            task: The task, with what was reviewed of it.
            preview: What would move; the merge is bound to its commits.
        """
        self._can_merge = can_merge(preview)
        hints = [Hint("enter", "merge")] if self._can_merge else []
        super().__init__(merge_title(task, preview), [*hints, Hint("esc", "leave everything as it is")])
        self._lines = merge_lines(task, preview)
        self._is_painted = False

    def content(self) -> Sequence[Widget]:
        """What would happen."""
        return (Reading(self._lines),)

    def on_mount(self) -> None:
        """An enter that was typed ahead is no answer: what it would merge was not on screen yet."""
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self._is_painted = True

    def action_merge(self) -> None:
        """Yes; nothing for a refusal."""
        if self._can_merge and self._is_painted:
            self.dismiss(True)

    def action_close(self) -> None:
        """No."""
        self.dismiss(False)
