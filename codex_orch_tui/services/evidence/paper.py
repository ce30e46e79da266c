"""Markdown that reads well as it stands: columns that are aligned, and nothing of a worker that could be markup."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.domain.terminal_text import clean_line, clean_text

MAX_CELL_CHARS = 70
MAX_BLOCK_LINES = 200
_MARKUP = re.compile(r"[\\`*<|\[]")
_TICKS = re.compile(r"`+")
_STATE_WORDS = {
    TaskState.RUNNING: "working",
    TaskState.WAITING_APPROVAL: "asks",
    TaskState.WAITING_INPUT: "asks",
    TaskState.DONE: "to review",
}


def state_word(state: TaskState) -> str:
    """A state as the screens call it."""
    return _STATE_WORDS.get(state, state.value)


def words(text: str, *, max_chars: int | None = None) -> str:
    """A line of text with nothing in it that Markdown would act on."""
    line = clean_line(text)
    if max_chars is not None and len(line) > max_chars:
        line = line[: max_chars - 1].rstrip() + "…"
    return _MARKUP.sub(lambda sign: "\\" + sign[0], line)


def code(text: str, *, max_chars: int = MAX_CELL_CHARS) -> str:
    """A command or a name, as code in a line."""
    line = clean_line(text).strip()
    if len(line) > max_chars:
        line = line[: max_chars - 1].rstrip() + "…"
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{ticks}{pad}{line}{pad}{ticks}".replace("|", "\\|")  # a bar ends a cell, also in code


def block(text: str) -> list[str]:
    """Lines of somebody else's as they stand, in a fence that they cannot close."""
    lines = clean_text(text).strip("\n").split("\n")
    left = len(lines) - MAX_BLOCK_LINES
    if left > 0:
        lines = [*lines[:MAX_BLOCK_LINES], f"… {left} lines more"]
    longest = max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """A table whose columns stand below each other.

    Args:
        heads: One for each column.
        rows: Cells that are Markdown already.
        right: The columns with numbers.
    """
    widths = [max(3, *(width(row[place]) for row in (heads, *rows))) for place in range(len(heads))]
    ruler = ["-" * (widths[place] - 1) + ":" if place in right else "-" * widths[place] for place in range(len(heads))]
    return [_row(cells, widths, right) for cells in (heads, ruler, *rows)]


def _row(cells: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    padded = []
    for place, cell in enumerate(cells):
        gap = " " * (widths[place] - width(cell))
        padded.append(gap + cell if place in right else cell + gap)
    return "| " + " | ".join(padded) + " |"


def width(text: str) -> int:
    """Terminal cells."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def moment(time_s: float | None) -> str:
    """A time as everybody everywhere reads it: 2025-11-20 12:40:07 UTC."""
    return "–" if time_s is None else datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(seconds: float | None) -> str:
    """A duration: 0.4s, 41s, 3m12s, 1h04m, 2d03h; a dash where it is not known."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3_600}h{whole % 3_600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3_600:02}h"


def money(cost: float | None) -> str:
    """An amount in USD; a dash where the rate card has no figure."""
    if cost is None:
        return "–"
    return f"${cost:,.3f}" if 0 < cost < 0.1 else f"${cost:,.2f}"


def cost_words(cost: float | None) -> str:
    """An amount within a sentence."""
    return "cost not known" if cost is None else money(cost)


def counted(number: int, one: str, more: str = "") -> str:
    """`1 task`, `3 tasks`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def size(insertions: int | None, deletions: int | None) -> str:
    """`+12 −3`; what was not counted is a dash."""
    return "–" if insertions is None else f"+{insertions:,} −{deletions or 0:,}"


def first_line(text: str, max_chars: int) -> str:
    """The first line that says something, shortened."""
    line = next((line.strip() for line in clean_text(text).splitlines() if line.strip()), "")
    return line if len(line) <= max_chars else line[: max_chars - 1].rstrip() + "…"


def short(commit: str | None) -> str:
    """A commit id as people read it."""
    return "–" if commit is None else commit[:7]
