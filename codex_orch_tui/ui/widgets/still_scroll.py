"""A container that scrolls at once."""

from typing import Any

from textual.containers import VerticalScroll


class StillScroll(VerticalScroll, can_focus=True):
    """Scrolls without animation: what was seen is known, keys do not wait, and nothing moves by itself."""

    DEFAULT_CSS = """
    StillScroll { scrollbar-size: 1 1; }
    """

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scrolls at once."""
        options["animate"] = False
        super().scroll_to(x, y, **options)

    def action_scroll_home(self) -> None:
        """To the beginning, at once."""
        self.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """To the end, at once."""
        self.scroll_end(animate=False)
