"""The second net under the sanitiser: nothing that a terminal obeys leaves through any widget.

Text is cleaned where it is decoded (domain/terminal_text.py). Textual itself passes ESC, C1 and bidi characters on,
so one forgotten place would be enough for a worker to write to the person's clipboard or to forge an approval.
"""

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from codex_orch_tui.domain.terminal_text import is_clean

_REPLACEMENT = "\ufffd"


class ControlFilter(LineFilter):
    """Replaces what the sanitiser forbids. For `App.get_line_filters`, last in the list."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """The segments, the same list when all of them are clean.

        The width of a line stays what Textual laid out, so the end of a text goes where its controls took no cells.
        """
        for segment in segments:
            if not _is_safe(segment):
                return [safe for safe in map(_made_safe, segments) if safe.text]
        return segments


def _is_safe(segment: Segment) -> bool:
    text, style, control = segment
    if control:
        return True
    return is_clean(text) and (style is None or not style.link or is_clean(style.link))


def _made_safe(segment: Segment) -> Segment:
    if _is_safe(segment):
        return segment
    text, style, _ = segment
    if style is not None and style.link and not is_clean(style.link):
        style = style.update_link(None)
    if not is_clean(text):
        shown = "".join(char if is_clean(char) else _REPLACEMENT for char in text)
        text = set_cell_size(shown, cell_len(text))
    return Segment(text, style)
