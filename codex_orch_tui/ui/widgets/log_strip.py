"""One visual line of the event log as a strip: time, sign, text, remark."""

from collections.abc import Callable, Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codex_orch_tui.domain.log import LogEntry
from codex_orch_tui.ui.presentation.glyphs import LOG_LOOKS, Tone, remark_tone
from codex_orch_tui.ui.presentation.log_lines import LogLayout, LogLine, clock
from codex_orch_tui.ui.widgets.line_view import Span, overlaid

LOG_COMPONENTS = frozenset(
    {*(f"log--{tone}" for tone in Tone), "log--time", "log--empty", "log--match", "log--match-current"}
)
"""Component classes of the event log: one for each tone, and what has a style of its own."""


def log_strip(
    entry: LogEntry,
    line: LogLine,
    layout: LogLayout,
    style: Callable[[str], Style],
    *,
    is_first: bool,
    ascii_signs: bool,
    spans: Iterable[Span],
) -> Strip:
    """Paints a line, as wide as it is.

    Args:
        entry: What the line belongs to.
        line: One of the entry's visual lines.
        layout: The columns.
        style: Gives the style of a component class.
        is_first: Whether it is the entry's first line: the others have neither time nor sign.
        ascii_signs: Paint signs in ASCII.
        spans: Styles over the text, in characters of the line.
    """
    look = LOG_LOOKS[entry.kind]
    plain = style("log--plain")
    segments: list[Segment] = []
    if not is_first or entry.continues or layout.is_bare:
        segments.append(Segment(" " * layout.text_column, plain))
    else:
        time = f" {clock(entry.time_s)}  " if layout.shows_time else " "
        segments.append(Segment(time, style("log--time")))
        sign = look.ascii_sign if ascii_signs else look.sign
        segments.append(Segment(f"{sign} ", style(f"log--{look.tone}")))
    segments += overlaid(line.text, style("log--plain" if layout.is_bare else f"log--{look.text_tone}"), spans)
    if line.remark:
        gap = layout.width - layout.text_column - cell_len(line.text) - cell_len(line.remark)
        segments.append(Segment(" " * max(1, gap), plain))
        segments.append(Segment(line.remark, style(f"log--{remark_tone(line.remark)}")))
    return Strip(segments)
