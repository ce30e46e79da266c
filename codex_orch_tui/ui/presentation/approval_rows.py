"""Every open question in a row: how long it waits, who asks, for what, how risky it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from codex_orch_tui.domain.approval import Approval, ApprovalKind, ApprovalRequest
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.ui.presentation.clock import elapsed
from codex_orch_tui.ui.presentation.glyphs import KIND_WORDS, RISK_LOOKS, Look, Tone

_TOOL = re.compile(r'Allow the [^"\n]* MCP server to run tool "([^"\n]+)"')
"""Codex names the tool in its sentence only, behind more words than a row has room for."""
_MAX_WORKER_CELLS = 24
_MAX_KIND_CELLS = max(map(len, KIND_WORDS.values()))
_MAX_RISK_CELLS = 8
_AGE_CELLS = 6


@dataclass(frozen=True, slots=True)
class PendingRow:
    """One open question."""

    id: ApprovalId
    age: str
    worker: str
    kind: str
    risk: Look
    about: str


Piece = tuple[str, Tone]


def pending_rows(pending: Sequence[Approval], now_s: float) -> tuple[PendingRow, ...]:
    """The questions in their order, oldest first.

    Args:
        pending: What waits for the person.
        now_s: Seconds since the epoch.
    """
    return tuple(
        PendingRow(
            id=approval.id,
            age=elapsed(now_s - approval.asked_at_s),
            worker=str(approval.ref.task),
            kind=KIND_WORDS[approval.request.kind],
            risk=RISK_LOOKS[approval.assessment.risk],
            about=about(approval.request),
        )
        for approval in pending
    )


def about(request: ApprovalRequest) -> str:
    """What a request is about, in one line: the card has all of it."""
    files = _named([edit.path.rpartition("/")[2] for edit in request.files])
    question = next((each.header or each.text for each in request.questions), "")
    wanted = ", ".join(f"{entry.access} {entry.target}" for entry in request.permissions)
    tool = tool_of(request)
    called = f"{request.server}: {tool}" if tool else ""
    text = request.command or request.host or files or question or wanted or request.url or called or request.reason
    line, _, rest = text.partition("\n")
    return f"{line} …" if rest else line


def tool_of(request: ApprovalRequest) -> str:
    """The name of the tool that would be called; empty when it is not told."""
    found = _TOOL.match(request.reason) if request.kind is ApprovalKind.MCP_TOOL else None
    return found[1] if found is not None else ""


def _named(names: Sequence[str]) -> str:
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else "".join(names)


def window(rows: Sequence[PendingRow], shown: int, size: int) -> tuple[int, int]:
    """Which rows are seen when there is room for `size`: the one that is shown among them.

    Returns:
        The first of them, and the one after the last.
    """
    begin = min(max(0, shown - size // 2), max(0, len(rows) - size))
    return begin, min(len(rows), begin + size)


def row_pieces(row: PendingRow, width: int, worker_cells: int, *, is_shown: bool) -> list[Piece]:
    """A row in columns, `width` cells wide."""
    tone = Tone.PLAIN if is_shown else Tone.QUIET
    head = [
        ("▸ " if is_shown else "  ", Tone.ASKS),
        (row.age.rjust(_AGE_CELLS), tone),
        ("  " + set_cell_size(row.worker, worker_cells), tone),
        ("  " + row.kind.ljust(_MAX_KIND_CELLS), tone),
        (f"  {row.risk.glyph} {row.risk.word}".ljust(_MAX_RISK_CELLS + 2), row.risk.tone),
    ]
    rest = width - sum(cell_len(text) for text, _ in head) - 2
    return [*head, (f"  {fitted(row.about, max(1, rest))}", tone)]


def worker_column(rows: Sequence[PendingRow]) -> int:
    """Cells of the column of workers."""
    return min(_MAX_WORKER_CELLS, max((cell_len(row.worker) for row in rows), default=0))


def line_pieces(rows: Sequence[PendingRow], shown: int, width: int) -> list[Piece]:
    """The questions besides the one that is shown in one line of `width` cells: as many as have room."""
    others = [row for index, row in enumerate(rows) if index != shown]
    pieces: list[Piece] = [("also  ", Tone.QUIET)]
    used = 6
    for number, row in enumerate(others):
        left = len(others) - number
        more = f"{left} more"
        text = f"{row.worker} {row.kind} "
        sign = f"{row.risk.glyph} {row.age}"
        gap = "" if number == 0 else " · "
        cells = cell_len(gap + text + sign)
        if used + cells + (len(f" · {left - 1} more") if left > 1 else 0) > width:
            pieces.append((gap + more, Tone.QUIET))
            break
        pieces += [(gap + text, Tone.QUIET), (sign, row.risk.tone)]
        used += cells
    return pieces


def fitted(text: str, cells: int) -> str:
    """A text in so many cells, with a mark where it is cut."""
    return text if cell_len(text) <= cells else f"{set_cell_size(text, cells - 1).rstrip()}…"
