"""Makes a screenshot look the same wherever it is shown: in a browser, in a README, in a converter.

Rich asks for a font from the network, relies on non-breaking blanks to keep columns, and draws boxes with characters
whose width depends on the font. Here fonts are those of the machine, every word has its place, and boxes are lines.
"""

import re
from collections import defaultdict
from html import escape, unescape

from rich.cells import cell_len

_CELL_WIDTH, _CELL_HEIGHT = 12.2, 24.4
_BASE_LINE, _TOP = 20.0, 1.5
"""Rich's own figures for a font of 20 px: the first row's base line, and where its background begins."""

_TEXT = re.compile(
    r'<text class="(terminal-\d+-r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+" '
    r'clip-path="([^"]*)">([^<]*)</text>'
)
_COLOUR = re.compile(r"\.(terminal-\d+-r\d+) \{ fill: (#[0-9a-f]{6})")
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_WORDS = re.compile(r"[^ ]+(?: [^ ]+)*")
_FONTS = '"Fira Code", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace'

_LINES = {"─": "lr", "│": "tb", "╭": "rb", "╮": "lb", "╰": "rt", "╯": "lt"}
"""Which sides of its cell a character joins: left, right, top, bottom."""


def portable(svg: str) -> str:
    """The picture with fonts of the machine, words in their places and boxes as lines."""
    colours = dict(_COLOUR.findall(svg))
    strokes: defaultdict[str, list[str]] = defaultdict(list)

    def placed(found: re.Match[str]) -> str:
        style, x, y, clip, raw = found.groups()
        text = unescape(raw).replace("\xa0", " ").rstrip("\n")
        column, row = round(float(x) / _CELL_WIDTH), round((float(y) - _BASE_LINE) / _CELL_HEIGHT)
        plain = []
        for at, char in _columns(text, column):
            if char in _LINES:
                strokes[colours[style]].append(_stroke(char, at, row))
            plain.append(" " if char in _LINES else char)
        return "".join(
            _word(style, column + cell_len("".join(plain)[: word.start()]), y, clip, word[0])
            for word in _WORDS.finditer("".join(plain))
        )

    svg = _TEXT.sub(placed, _FONT_FACE.sub("", svg))
    svg = svg.replace("font-family: Fira Code, monospace;", f"font-family: {_FONTS};")
    svg = re.sub(r"\s*font-variant-east-asian: full-width;", "", svg)
    lines = "".join(
        f'<path d="{_joined(parts)}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        for colour, parts in strokes.items()
    )
    head, matrix, tail = svg.partition('<g class="' + re.search(r"terminal-\d+-matrix", svg)[0] + '">')  # type: ignore[index]
    return f"{head}{matrix}{lines}{tail}"


def _columns(text: str, column: int) -> list[tuple[int, str]]:
    placed = []
    for char in text:
        placed.append((column, char))
        column += cell_len(char)
    return placed


def _word(style: str, column: int, y: str, clip: str, text: str) -> str:
    width = cell_len(text) * _CELL_WIDTH
    shown = escape(text).replace(" ", "&#160;")
    return (
        f'<text class="{style}" x="{column * _CELL_WIDTH:g}" y="{y}" textLength="{width:g}" '
        f'clip-path="{clip}">{shown}</text>'
    )


def _stroke(char: str, column: int, row: int) -> str:
    left, top = column * _CELL_WIDTH, row * _CELL_HEIGHT + _TOP
    right, bottom = left + _CELL_WIDTH, top + _CELL_HEIGHT
    middle, centre = left + _CELL_WIDTH / 2, top + _CELL_HEIGHT / 2
    ends = {"l": (left, centre), "r": (right, centre), "t": (middle, top), "b": (middle, bottom)}
    (x1, y1), (x2, y2) = (ends[side] for side in _LINES[char])
    if char in "─│":
        return f"M{x1:g} {y1:g}L{x2:g} {y2:g}"
    return f"M{x1:g} {y1:g}Q{middle:g} {centre:g} {x2:g} {y2:g}"


def _joined(parts: list[str]) -> str:
    """One path; a run of horizontal pieces becomes one line."""
    path = "".join(parts)
    piece = re.compile(r"(M[\d.]+ ([\d.]+)L)([\d.]+) \2M\3 \2L([\d.]+) \2")
    while (shorter := piece.sub(r"\g<1>\4 \2", path)) != path:
        path = shorter
    return path
