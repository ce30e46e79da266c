"""What comes next, and why. Enter goes to the marked task."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.ui.bridge import Bridge, Dirty, Source
from codex_orch_tui.ui.presentation.rows import Row, Sheet
from codex_orch_tui.ui.screens.frame import FramedScreen
from codex_orch_tui.ui.widgets.hints import Hint
from codex_orch_tui.ui.widgets.row_list import RowList

_HINTS = (Hint("enter", "go there"), Hint("esc", "back"))
_FRAME_ROWS = 8
"""Rows of the screen that are for the box and its keys, and for what is seen of the screen below."""


class WhatNextScreen(FramedScreen[TaskRef | None]):
    """Follows what happens while it is open. The result is the task that the person wants to go to, or None."""

    DEFAULT_CSS = """
    WhatNextScreen #next { border: none; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,w", "close", "Back", id="what_next.close")]

    def __init__(self, source: Source, rows: Callable[[], Sequence[Row]], *, ascii_only: bool = False) -> None:
        """Makes the screen.

        Args:
            source: Tells when something happened.
            rows: The answer as it is now.
            ascii_only: Signs for terminals without the others.
        """
        super().__init__("What next", _HINTS)
        self._source = source
        self._rows = rows
        self._bridge: Bridge | None = None
        self._list = RowList(empty_text="", ascii_only=ascii_only, id="next")

    def content(self) -> Sequence[Widget]:
        """The answer."""
        return (self._list,)

    def on_mount(self) -> None:
        """Shows what is so now, and follows."""
        self._bridge = Bridge(self._source, self._draw, self.app.call_later)
        self._draw(Dirty.STATE)
        self._list.focus()
        self.call_after_refresh(self._mark_first)

    def _mark_first(self) -> None:
        """The first task, once there is a size: the heading above it stays in sight."""
        refs = [row.ref for row in self._list.rows.rows]
        self._list.move(next((index for index, ref in enumerate(refs) if ref is not None), 0))

    def on_unmount(self) -> None:
        """Follows no more."""
        if self._bridge is not None:
            self._bridge.close()

    def on_resize(self) -> None:
        """Another height: as many rows as fit."""
        self._fit(len(self._list.rows.rows))

    def _draw(self, dirty: Dirty) -> None:
        if Dirty.STATE not in dirty or not self.is_attached:
            return
        rows = self._rows()
        self._fit(len(rows))
        self._list.show(Sheet(rows), 0.0)

    def _fit(self, rows: int) -> None:
        self._list.styles.height = max(1, min(rows, self.app.size.height - _FRAME_ROWS))

    @on(RowList.Opened)
    def _chosen(self, message: RowList.Opened) -> None:
        message.stop()
        if message.row.ref is not None:
            self.answer(message.row.ref)

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()

    def action_close(self) -> None:
        """Goes nowhere."""
        self.dismiss(None)
