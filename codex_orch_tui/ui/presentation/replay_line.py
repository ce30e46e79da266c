"""The line of a replay: where it stands, the clock of then, how fast it goes."""

from dataclasses import dataclass

from codex_orch_tui.services.replay_tape import END
from codex_orch_tui.ui.presentation.clock import elapsed, moment
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.status import Piece, StatusLine


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlace:
    """What the line tells.

    `total` is None while it is counted; `going` is how far it is and where it goes, while it goes to another place.
    """

    position: int
    total: int | None
    moment_s: float
    speed: float
    is_playing: bool
    is_at_end: bool
    is_late: bool = False
    shortened_s: float = 0.0
    going: tuple[int, int] | None = None


def replay_line(place: ReplayPlace, *, ascii_only: bool = False) -> StatusLine:
    """The line."""
    total = "…" if place.total is None else f"{place.total:,}"
    left = [
        Piece("REPLAY", Tone.ASKS),
        Piece(_doing(place, ascii_only=ascii_only), Tone.PLAIN),
        Piece(f"event {place.position:,}/{'...' if ascii_only and place.total is None else total}", Tone.PLAIN),
        Piece(moment(place.moment_s), Tone.PLAIN, rank=2),
    ]
    counts = []
    if place.shortened_s and place.is_playing:
        counts.append(Piece(f"a pause of {elapsed(place.shortened_s)} is shortened", rank=3))
    if place.is_late and place.is_playing:
        counts.append(Piece("as fast as it goes", rank=4))
    return StatusLine(tuple(left), tuple(counts), (Piece("nothing can be started or changed", rank=5),))


def _doing(place: ReplayPlace, *, ascii_only: bool) -> str:
    if place.going is not None:
        here, there = place.going
        return f"going to the end, at {here:,}" if there >= END else f"going to {there:,}, at {here:,}"
    if place.is_playing:
        return f"{'>' if ascii_only else '▶'} {place.speed:g}x"
    if place.is_at_end:
        return f"{'#' if ascii_only else '■'} at the end"
    return f"{'=' if ascii_only else '⏸'} paused, {place.speed:g}x"
