"""The files of a review."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from codex_orch_tui.domain.review import FileChange
from codex_orch_tui.ui.presentation.review_rows import file_sheet
from codex_orch_tui.ui.widgets.row_list import RowList


class FileList(RowList):
    """Files with letter, size and the mark of those that were viewed. Only what is seen is painted."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "mark", "Viewed", show=False, id="review.mark")]

    class Marked(Message):
        """The person has viewed the file at the cursor."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        """Makes an empty list.

        Args:
            ascii_only: Signs for terminals without the others.
            id: The widget's id.
        """
        super().__init__(empty_text="No file is changed.", ascii_only=ascii_only, id=id)
        self._ascii_only = ascii_only
        self._files: tuple[FileChange, ...] = ()
        self._viewed: frozenset[int] = frozenset()

    @property
    def position(self) -> int:
        """The file at the cursor, counted from 0."""
        return self._cursor

    def show_files(self, files: Sequence[FileChange], viewed: frozenset[int]) -> None:
        """Shows the files; `viewed` are positions."""
        self._files, self._viewed = tuple(files), viewed
        self.show(file_sheet(self._files, viewed, width=self.size.width, ascii_only=self._ascii_only), 0.0)

    def on_resize(self, event: events.Resize) -> None:
        """Paths are shortened to the width, from their beginning."""
        super().on_resize(event)
        self.show_files(self._files, self._viewed)

    def action_mark(self) -> None:
        """Says that the file was viewed."""
        self.post_message(self.Marked())
