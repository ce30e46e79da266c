"""The top line: which repository, how many tasks are where, what it used, what time it is."""

from dataclasses import dataclass

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.clock import count, hour_minute
from codex_orch_tui.ui.presentation.glyphs import Tone

PROGRAM = "codex-orch-tui"
_TELL_LIMIT_FROM_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line. Pieces with a high `rank` go first when there is too little room; rank 0 never goes."""

    text: str
    tone: Tone = Tone.QUIET
    rank: int = 0


@dataclass(frozen=True, slots=True)
class StatusLine:
    """The parts of the line; `counts` are joined by dots."""

    left: tuple[Piece, ...]
    counts: tuple[Piece, ...]
    right: tuple[Piece, ...]


def is_busy(state: State) -> bool:
    """Something runs or waits for an answer: clocks tick."""
    return any(task.state in ACTIVE for task in state.tasks.values())


def is_under_way(state: State) -> bool:
    """Something runs, waits for an answer, or is going to run."""
    return any(task.state in ACTIVE or task.state is TaskState.QUEUED for task in state.tasks.values())


def status_line(
    state: State, *, project: str, branch: str, now_s: float, simulated: bool = False, closing: bool = False
) -> StatusLine:
    """The top line of the main screen."""
    place = Piece(clean_line(f"{project} · {branch}" if branch else project), Tone.PLAIN, rank=2 if closing else 0)
    left = [Piece(PROGRAM, rank=5), place]
    if simulated:
        left.append(Piece("SIMULATED, no Codex", Tone.ASKS))
    if closing:
        left.append(Piece("closing when the turns end · q stays", Tone.ACCENT))
    return StatusLine(tuple(left), _counts(state), _right(state, now_s))


def _counts(state: State) -> tuple[Piece, ...]:
    here = sel.counts(state)
    pieces = (
        (here.working, "working", Tone.PLAIN, 0),
        (here.needs_you, "needs you", Tone.ASKS, 0),
        (here.to_review, "to review", Tone.PLAIN, 0),
        (here.queued, "queued", Tone.QUIET, 2),
        (here.stopped, "stopped", Tone.PLAIN, 3),
    )
    told = tuple(
        Piece(f"! {number} {word}" if tone is Tone.ASKS else f"{number} {word}", tone, rank)
        for number, word, tone, rank in pieces
        if number
    )
    if told or not state.tasks:
        return told
    return (Piece("all done"),)


def _right(state: State, now_s: float) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    limits = state.rate_limits
    if limits is not None and limits.used_percent >= _TELL_LIMIT_FROM_PERCENT:
        pieces.append(Piece(f"limit {limits.used_percent}%", Tone.PLAIN, 3))
    if tokens := sel.total_tokens(state):
        pieces.append(Piece(f"{count(tokens)} tok", rank=4))
    if is_busy(state):
        pieces.append(Piece(hour_minute(now_s), Tone.PLAIN, 1))
    elif state.tasks:
        # A clock that does not tick would lie; the time of the last change does not.
        last_s = max(task.since_s for task in state.tasks.values())
        pieces.append(Piece(f"quiet since {hour_minute(last_s)}", rank=1))
    return tuple(pieces)
