"""For terminals that have ASCII only: every frame, bar, arrow and mark as a letter of one cell."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from codex_orch_tui.ui.presentation.paragraphs import Paragraph

_MARKS = {
    "…": "~",
    "−": "-",
    "–": "-",
    "—": "-",
    "·": ".",
    "•": "*",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "↵": "<",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "‹": "<",
    "›": ">",
    "❯": ">",
    "✓": "+",
    "✔": "=",
    "✗": "x",
    "△": "!",
    "▽": "v",
    "▷": ">",
    "◇": "&",
    "◆": "*",
    "●": "*",
    "○": "o",
    "±": "%",
    "≡": "#",
    "≠": "#",
    "▲": "^",
    "▼": "v",
    "▴": "^",
    "▾": "v",
    "▸": ">",
    "▶": ">",
    "◂": "<",
    "◀": "<",
    "▌": "|",
    "▐": "|",
    "▏": "|",
    "▕": "|",
    "▎": "|",
    "▊": "|",
    "▉": "|",
    "▋": "|",
    "▍": "|",
}
_LEVEL = "─━┄┅┈┉╌╍═╴╶╸╺╼╾"
_UPRIGHT = "│┃┆┇┊┋╎╏║╵╷╹╻╽╿"


def _table() -> Mapping[int, str]:
    frames = {chr(code): "+" for code in range(0x2500, 0x2580)}
    blocks = {chr(code): "#" for code in range(0x2580, 0x25A0)}
    # The ends of a scrollbar: lower and upper parts of a cell.
    blocks |= dict.fromkeys("▁▂▃▔", " ")
    lines = dict.fromkeys(_LEVEL, "-") | dict.fromkeys(_UPRIGHT, "|")
    return str.maketrans(frames | blocks | lines | _MARKS)


_TABLE = _table()


class AsciiFilter(LineFilter):
    """Paints our own signs in ASCII. Letters of other scripts are what somebody wrote, and stay.

    What is decided upon must not pass through it: `rm −r` and `rm -r` would look the same (see `escaped`).
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """The segments with the same widths."""
        if all(segment.text.isascii() for segment in segments):
            return segments
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(segment.text.translate(_TABLE), segment.style)
            for segment in segments
        ]


def escaped(text: str) -> str:
    """A foreign text with the characters that the filter would turn into others as visible escapes."""
    if text.isascii():
        return text
    return "".join(f"\\u{{{ord(char):X}}}" if ord(char) in _TABLE else char for char in text)


def is_ascii(app: App[Any]) -> bool:
    """Whether the app paints in ASCII."""
    return any(isinstance(each, AsciiFilter) for each in app.get_line_filters())


def unmistakable(paragraphs: Sequence[Paragraph], app: App[Any]) -> tuple[Paragraph, ...]:
    """What a person decides upon, with its verbatim texts escaped where the app paints in ASCII."""
    if not is_ascii(app):
        return tuple(paragraphs)
    return tuple(replace(each, text=escaped(each.text)) if each.is_verbatim else each for each in paragraphs)
