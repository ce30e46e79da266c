"""The one sanitiser: whatever text reaches the screen went through here once, where it was decoded.

Secrets are taken out first (see secrets), while the text is still as it was written.

A terminal obeys control characters, and bidi or invisible characters make text read as something else than it
is. None of them is removed silently: each becomes a visible escape.

* C0, DEL and C1 controls: ESC as `␛`, tab, newline and CR as `\\t`, `\\n`, `\\r`, the others as `\\x9b`.
* The categories of `FORBIDDEN_CATEGORIES` (bidi and other format characters, lone surrogates, private use,
  unassigned, line and paragraph separators) and `FORBIDDEN_EXTRA` (variation selectors, tags, fillers: printable
  by category, invisible on screen): as `\\u{202E}`.
* Combining marks after the eighth in a row: as a count, `…+12`. Terminals hang on very long runs.

Blanks other than the space (no-break, ideographic) stay, as do CJK and emoji. An emoji that is joined by U+200D
or carries U+FE0F is shown as its parts, the joiner as an escape: terminals disagree about the width of those.
What counts as unassigned is what Python's own Unicode tables do not know.
"""

import re
import unicodedata

from codex_orch_tui.domain.secrets import redact

FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""General categories that never reach a terminal. The newline is allowed where text has lines."""

FORBIDDEN_EXTRA = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U000e0000-\U000e0fff]"
)
"""Characters outside those categories that leave nothing visible: selectors, tags, joiners, fillers."""

MAX_MARKS = 8
"""Combining marks that may follow each other; no living script needs more than four."""

TAB_COLUMNS = 4

_BLANKS = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
"""Category Zs without the space: allowed, although `str.isprintable` says no."""

# Every block that holds a character of zero width (marks, conjoining jamo), and more: the exact look is taken only at
# runs in here, so that Latin, CJK, kana, Hangul syllables and emoji never pay for it.
_MARK_BLOCKS = (
    "\u0300-\u036f\u0483-\u1fff\u20d0-\u20ff\u2cef-\u2cf1\u2d7f-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\uabff"
    "\ud7b0-\ud7ff\ufb1e\ufe20-\ufe2f\U00010100-\U00011fff\U00013400-\U00013fff\U00016000-\U00016fff"
    "\U0001bc00-\U0001dfff\U0001e000-\U0001edff"
)
_MARK_RUN = re.compile(f"[{_MARK_BLOCKS}]{{{MAX_MARKS + 1},}}")

_SHORT_ESCAPES = {0x1B: "␛", 0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}


class _EscapeTable(dict[int, str]):
    """A table for `str.translate` that fills itself; bounded, as a worker may send every code point there is."""

    _MAX_ENTRIES = 8_192

    def __missing__(self, code_point: int) -> str:
        char = chr(code_point)
        shown = char if _is_allowed(char) else _escape(code_point)
        if len(self) < self._MAX_ENTRIES:
            self[code_point] = shown
        return shown


def _is_allowed(char: str) -> bool:
    return unicodedata.category(char) not in FORBIDDEN_CATEGORIES and not FORBIDDEN_EXTRA.match(char)


def _escape(code_point: int) -> str:
    if code_point in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[code_point]
    return f"\\x{code_point:02x}" if code_point <= 0xFF and code_point != 0xAD else f"\\u{{{code_point:04X}}}"


_LINE_TABLE = _EscapeTable()
_TEXT_TABLE = _EscapeTable({0x09: "\t", 0x0A: "\n"})


def clean_line(text: str | bytes) -> str:
    """One line that is safe to show: newlines, tabs and every control become visible escapes, secrets become marks.

    Args:
        text: Text, or bytes that are meant to be UTF-8; what is not becomes U+FFFD.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = redact(text)
    if text.isascii():
        return text if text.isprintable() else text.translate(_LINE_TABLE)
    if not is_clean(text):
        text = text.translate(_LINE_TABLE)
    return _MARK_RUN.sub(_bounded, text)


def clean_name(name: bytes) -> str:
    """A file's name as git has it, in one line that is safe to show.

    Bytes that are no UTF-8 become escapes as `\\xe9`: names that differ look different.
    """
    return clean_line(name.decode("utf-8", "backslashreplace"))


def clean_text(text: str | bytes) -> str:
    """Lines that are safe to show: LF and CR LF end a line, tabs reach to every fourth column, escapes else.

    Args:
        text: Text, or bytes that are meant to be UTF-8; what is not becomes U+FFFD. Secrets become marks.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = redact(text)
    if text.isascii():
        if text.isprintable():
            return text
        text = text.replace("\r\n", "\n").translate(_TEXT_TABLE)
        return text.expandtabs(TAB_COLUMNS)
    text = text.replace("\r\n", "\n")
    if not is_clean(text, multiline=True):
        text = text.translate(_TEXT_TABLE)
    text = _MARK_RUN.sub(_bounded, text)
    return "\n".join(map(_expand_tabs, text.split("\n"))) if "\t" in text else text


def is_clean(text: str, *, multiline: bool = False) -> bool:
    """Whether a terminal can be given the text as it is. Long runs of marks are not looked for.

    Args:
        text: What is about to be painted.
        multiline: Newlines are allowed.
    """
    if multiline:
        text = text.replace("\n", "")
    if text.isascii():
        return text.isprintable()
    if FORBIDDEN_EXTRA.search(text):
        return False
    return text.isprintable() or _BLANKS.sub("", text).isprintable()


def _is_zero_width(char: str) -> bool:
    """Marks, and the vowels and finals of conjoining Hangul, which sit in the cell of the character before."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb"


def _bounded(run: re.Match[str]) -> str:
    """The run with a count in the place of the marks that are too many."""
    kept: list[str] = []
    marks = 0
    for char in run.group():
        if _is_zero_width(char):
            marks += 1
            if marks <= MAX_MARKS:
                kept.append(char)
            continue
        if marks > MAX_MARKS:
            kept.append(f"…+{marks - MAX_MARKS}")
        marks = 0
        kept.append(char)
    if marks > MAX_MARKS:
        kept.append(f"…+{marks - MAX_MARKS}")
    return "".join(kept)


def _expand_tabs(line: str) -> str:
    """`str.expandtabs` counts characters; a wide one takes two columns and a mark none."""
    if "\t" not in line:
        return line
    if line.isascii():
        return line.expandtabs(TAB_COLUMNS)
    parts: list[str] = []
    column = 0
    for char in line:
        if char == "\t":
            step = TAB_COLUMNS - column % TAB_COLUMNS
            parts.append(" " * step)
        else:
            step = 0 if _is_zero_width(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
            parts.append(char)
        column += step
    return "".join(parts)
