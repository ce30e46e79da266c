"""The top line: which repository, how many tasks are where, what it used, what time it is."""

from dataclasses import dataclass

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.cost import RateCard, cost_usd
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.domain.task import ACTIVE, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.session import Viewing
from codex_orch_tui.ui.presentation.clock import count, dollars, hour_minute
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
    return any(
        task.state in ACTIVE or (task.state is TaskState.QUEUED and not task.spec.is_group)
        for task in state.tasks.values()
    )


def status_line(
    state: State,
    *,
    project: str,
    branch: str,
    now_s: float,
    simulated: bool = False,
    closing: bool = False,
    rate_hold: RateLimits | None = None,
    card: RateCard | None = None,
    viewing: Viewing | None = None,
) -> StatusLine:
    """The top line of the main screen.

    Args:
        state: What is known.
        project: The repository's name.
        branch: The branch that is looked at; empty when it is not known.
        now_s: Seconds since the epoch.
        simulated: No Codex runs.
        closing: The program ends when the turns end.
        rate_hold: The rate limits, while they let no task begin.
        card: What models cost.
        viewing: Who holds the repository, when this program only looks on.
    """
    place = Piece(clean_line(f"{project} · {branch}" if branch else project), Tone.PLAIN, rank=2 if closing else 0)
    left = [Piece(PROGRAM, rank=5), place]
    if viewing is not None:
        tone = Tone.ACCENT if viewing.holder else Tone.ASKS
        left.append(Piece("viewing", tone))
        left.append(Piece(f"{clean_line(viewing.holder) or 'nobody'} runs it", tone, rank=3 if viewing.holder else 0))
    if simulated:
        left.append(Piece("SIMULATED, no Codex", Tone.ASKS))
    if closing:
        left.append(Piece("closing when the turns end · q stays", Tone.ACCENT))
    if rate_hold is not None:
        until = "" if rate_hold.resets_at_s is None else f" until {hour_minute(rate_hold.resets_at_s)}"
        left.append(Piece(f"rate limit {rate_hold.used_percent}%: nothing begins{until}", Tone.ASKS))
    return StatusLine(tuple(left), _counts(state), _right(state, now_s, card or {}))


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


def _right(state: State, now_s: float, card: RateCard) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    limits = state.rate_limits
    if limits is not None and limits.used_percent >= _TELL_LIMIT_FROM_PERCENT:
        pieces.append(Piece(f"limit {limits.used_percent}%", Tone.PLAIN, 3))
    if tokens := sel.total_tokens(state):
        pieces.append(Piece(f"{count(tokens)} tok", rank=4))
        if cost := _cost(state, card):
            pieces.append(Piece(dollars(cost), rank=4))
    if is_busy(state):
        pieces.append(Piece(hour_minute(now_s), Tone.PLAIN, 1))
    elif state.tasks:
        # A clock that does not tick would lie; the time of the last change does not.
        last_s = max(task.since_s for task in state.tasks.values())
        pieces.append(Piece(f"idle since {hour_minute(last_s)}", rank=1))
    return tuple(pieces)


def _cost(state: State, card: RateCard) -> float | None:
    """What all tasks cost; None when one of them used a model that is not on the card."""
    if not card:
        return None
    costs = [cost_usd(task, card) for task in state.tasks.values()]
    return None if any(cost is None for cost in costs) else sum(cost for cost in costs if cost is not None)
