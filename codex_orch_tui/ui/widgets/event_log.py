"""The event log: a worker's stream, line by line, at any speed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.selection import Selection
from textual.strip import Strip

from codex_orch_tui.domain.log import LogEntry
from codex_orch_tui.ui.presentation.log_lines import LogLayout, LogLine, raw_entries
from codex_orch_tui.ui.presentation.log_ring import LogRing
from codex_orch_tui.ui.presentation.log_search import Found, LogSearch, border_words
from codex_orch_tui.ui.presentation.log_stream import LogStream
from codex_orch_tui.ui.widgets.line_view import LineView, Span
from codex_orch_tui.ui.widgets.log_strip import LOG_COMPONENTS, log_strip

MAX_LINES = 20_000
MAX_CHARS = 8_000_000
_FIRST_LAYOUT = LogLayout(80)


class EventLog(LineView):
    """Shows log entries. Entries come cleaned (terminal_text); nothing of them is ever read as markup."""

    DEFAULT_CSS = """
    EventLog {
        & .log--time, & .log--empty { color: $text-muted; }
        & .log--plain { color: $foreground; }
        & .log--quiet { color: $text-muted; }
        & .log--accent { color: $text-accent; }
        & .log--asks { color: $text-warning; text-style: bold; }
        & .log--good { color: $text-success; }
        & .log--bad { color: $text-error; }
        & .log--match { text-style: underline bold; }
        & .log--match-current { text-style: reverse bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = set(LOG_COMPONENTS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow", id="log.follow", tooltip="Go to the newest line and stay there, or pause"),
        Binding("G,end", "scroll_end", "Newest", id="log.newest", show=False),
        Binding("j", "scroll_down", "Line down", id="log.down", show=False),
        Binding("k", "scroll_up", "Line up", id="log.up", show=False),
    ]
    HELP = "Follows the newest line while you are at the end. Scroll up to pause; `f` or `end` follows again."

    following = var(True, init=False)
    """Whether the view stays at the newest line."""
    ascii_signs = var(False, init=False)
    """Whether signs are painted in ASCII."""

    @dataclass
    class OlderWanted(Message):
        """The person is at the top: answer with `prepend` (or `prepend_raw`), empty when there is nothing older.

        `oldest_index` says what is held: 0 is the first entry that `extend` brought after `clear`, negative ones
        came by `prepend`. The entries before it are wanted.
        """

        log: "EventLog"
        oldest_index: int
        is_raw: bool

        @property
        def control(self) -> "EventLog":
            """The log that asks."""
            return self.log

    def __init__(
        self,
        *,
        empty_text: str = "Nothing here yet. Lines appear as the worker speaks.",
        max_lines: int = MAX_LINES,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        """Makes an empty log that follows.

        Args:
            empty_text: What to say while there is no entry.
            max_lines: Visual lines to hold; older ones are asked for when they are scrolled to.
            id: The widget's id.
            classes: CSS classes.
        """
        super().__init__(id=id, classes=classes)
        self.empty_text = empty_text
        self._live = LogStream(LogRing(max_lines=max_lines, max_chars=MAX_CHARS, layout=_FIRST_LAYOUT))
        self._raw: LogStream | None = None
        self._search = LogSearch()
        self._older_asked = False
        self._tell_state()

    # What comes in.

    def extend(self, entries: Sequence[LogEntry]) -> None:
        """Adds new entries; once per frame, with everything that came since the last one."""
        self._feed(self._live, entries)

    def set_partial(self, entry: LogEntry | None) -> None:
        """Paints a line that is still being written after the last one; None when it is complete."""
        stream = self._live
        if stream is not self._stream:
            stream.set_tail(entry)
            return
        ring = stream.ring
        before, top = ring.line_count, self._top_line
        stream.set_tail(entry)
        if ring.line_count != before:
            self._settle(top)
        elif ring.end_line > ring.tail_line:
            self.refresh_lines(ring.tail_line - ring.first_line, ring.end_line - ring.tail_line)

    def prepend(self, entries: Sequence[LogEntry]) -> None:
        """Answers `OlderWanted` with the entries before the oldest one, oldest first; the view does not move."""
        self._prepend(self._live, entries)

    def prepend_raw(self, lines: Iterable[str | bytes]) -> None:
        """Answers `OlderWanted` of a raw view."""
        if self._raw is not None:
            self._prepend(self._raw, raw_entries(lines))

    def clear(self) -> None:
        """Forgets every entry and follows, for another worker's stream."""
        self._live.clear()
        self.show_entries()
        self.clear_find()
        self._restart()

    def show_raw(self, lines: Iterable[str | bytes]) -> None:
        """Shows raw lines of events.jsonl instead of the entries, which go on being collected."""
        self._stream.top_line = self._top_line
        layout = LogLayout(self._live.ring.layout.width, is_bare=True)
        self._raw = LogStream(LogRing(max_lines=self._live.ring.max_lines, max_chars=MAX_CHARS, layout=layout))
        self._raw.feed(raw_entries(lines))
        self._restart()

    def show_entries(self) -> None:
        """Goes back from the raw lines to the entries."""
        if self._raw is not None:
            self._raw = None
            self._restart()

    @property
    def is_raw(self) -> bool:
        """Whether raw lines are shown."""
        return self._raw is not None

    def _feed(self, stream: LogStream, entries: Sequence[LogEntry]) -> None:
        if not entries:
            return
        top, first = self._top_line, stream.ring.first_line
        stream.feed(entries)
        if stream is not self._stream:
            return
        if not self.following:
            self._tell_state()
            if stream.ring.first_line == first and top + self.view_lines <= stream.ring.tail_line:
                self.set_content_size(Size(self.view_cells, stream.ring.line_count))
                return
        self._settle(top)

    def _prepend(self, stream: LogStream, entries: Sequence[LogEntry]) -> None:
        top = self._top_line
        stream.prepend(entries)
        if stream is self._stream:
            self._older_asked = False
            self._settle(top)

    # Following and scrolling.

    @property
    def _stream(self) -> LogStream:
        return self._raw or self._live

    @property
    def _top_line(self) -> int:
        return self._stream.ring.first_line + round(self.scroll_y)

    def _settle(self, top_line: int) -> None:
        """After a change of the content: the new size, the end or the same line at the top, a repaint."""
        ring = self._stream.ring
        self.set_content_size(Size(self.view_cells, ring.line_count))
        self.place(self.max_scroll_y if self.following else max(0, top_line - ring.first_line))
        self.refresh()

    def _restart(self) -> None:
        """Another stream is shown."""
        self.strips.clear()
        self._older_asked = False
        self.set_reactive(EventLog.following, self._stream.is_following)
        self._drop_selection()
        self._settle(self._stream.top_line)
        self._tell_state()

    def scrolled(self) -> None:
        """Follows at the end, pauses elsewhere, asks for older entries at the top."""
        if self.scroll_y >= self.max_scroll_y:
            top = self._top_line
            if self._stream.advance():
                self._settle(top)
            else:
                self.following = True
        else:
            self.following = False
            self._want_older()

    def watch_following(self, following: bool) -> None:
        """Goes to the end, or holds the view."""
        if following:
            first = self._stream.ring.first_index
            self._stream.follow()
            if self._stream.ring.first_index > first:
                self._older_asked = False
            self._settle(0)
        else:
            self._stream.pause()
        self._tell_state()

    def watch_ascii_signs(self) -> None:
        """Repaints with the other signs."""
        self.forget_strips()

    def action_follow(self) -> None:
        """Follows or pauses."""
        self.following = not self.following

    def action_scroll_end(self) -> None:
        """Goes to the newest line and follows."""
        self.following = True

    def action_scroll_home(self) -> None:
        """Goes to the oldest line that is held."""
        self.scroll_to(y=0)
        self._want_older()

    def action_scroll_up(self) -> None:
        """Goes a line up."""
        self.scroll_to(y=self.scroll_y - 1)
        self._want_older()

    def action_page_up(self) -> None:
        """Goes a page up."""
        self.scroll_to(y=self.scroll_y - self.view_lines)
        self._want_older()

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        """At the top, the wheel asks for older entries: no scrolling happens there."""
        self._want_older()

    def _want_older(self) -> None:
        stream = self._stream
        if self.scroll_y > 0 or self._older_asked or not stream.may_have_older or not stream.ring.line_count:
            return
        self._older_asked = True
        self.post_message(self.OlderWanted(self, stream.oldest_index, self.is_raw))

    def on_resize(self, _event: events.Resize) -> None:
        """Wraps to the new width; the line at the top stays there, or the end."""
        width = self.view_cells
        if width < 1:
            return
        ring = self._stream.ring
        if width == ring.layout.width:
            self._settle(self._top_line)
            return
        top = ring.place(self._top_line) if ring.line_count else None
        self._live.ring.relayout(LogLayout(width))
        if self._raw is not None:
            self._raw.ring.relayout(LogLayout(width, is_bare=True))
        self.strips.clear()
        self._drop_selection()
        self._settle(ring.line_at(top) if top is not None else 0)

    # Search.

    def find(self, text: str, *, backwards: bool = False) -> Found:
        """Goes to the next match after the one that is shown, or after the top of the view; goes round at the end.

        The text is taken literally; case counts when it holds a capital letter. `backwards` goes to older entries.
        """
        if not text:
            self.clear_find()
            return self._search.found
        ring, top = self._stream.ring, self._top_line
        match = self._search.find(ring, text, view=range(top, top + self.view_lines), backwards=backwards)
        if match is not None:
            line = ring.line_of(match)
            if not top <= line < top + self.view_lines:
                self.scroll_to(y=line - ring.first_line - self.view_lines // 3)
        self.forget_strips()
        self._tell_state()
        return self._search.found

    @property
    def searched_text(self) -> str:
        """What is looked for; empty without a search."""
        return self._search.text

    def clear_find(self) -> None:
        """Ends the search; the view stays."""
        self._search.clear()
        self.forget_strips()
        self._tell_state()

    # Painting.

    def _drop_selection(self) -> None:
        if self.is_mounted and self.text_selection is not None:
            self.screen.clear_selection()

    def _tell_state(self) -> None:
        new = None if self.following else self._stream.new_entries
        self.border_subtitle = Content(border_words(self._search, is_raw=self.is_raw, new=new))

    def render_line(self, y: int) -> Strip:
        """One line of the view, with offsets for selecting that are line numbers of the ring."""
        ring, width = self._stream.ring, self.size.width
        if not ring.line_count:
            text = f" {self.empty_text}" if y == 0 else ""
            empty = Strip([Segment(text, self.get_component_rich_style("log--empty"))])
            return empty.adjust_cell_length(width, self.rich_style)
        line = ring.first_line + self.scroll_offset.y + y
        if line >= ring.end_line:
            return Strip.blank(width, self.rich_style)
        strip = self.strips.get((line, 0)) if line < ring.tail_line else None
        if strip is None:
            strip = self._strip(line).adjust_cell_length(width, self.get_component_rich_style("log--plain"))
            strip = strip.apply_offsets(0, line)
            if line < ring.tail_line:
                self.strips[(line, 0)] = strip
        return strip

    def _strip(self, number: int) -> Strip:
        ring = self._stream.ring
        place = ring.place(number)
        line = ring.wrapped(place.entry_index)[place.row]
        return log_strip(
            ring.entry(place.entry_index),
            line,
            ring.layout,
            self.get_component_rich_style,
            is_first=place.row == 0,
            ascii_signs=self.ascii_signs,
            spans=self._spans(number, place.entry_index, line),
        )

    def _spans(self, number: int, index: int, line: LogLine) -> Iterable[Span]:
        """What lies over a line's text: matches, the match that is shown, the selection."""
        over = self.get_component_rich_style("log--match", partial=True)
        current = self.get_component_rich_style("log--match-current", partial=True)
        for start, end, is_shown in self._search.spans(index, self._stream.ring.entry(index).text):
            yield start - line.start, end - line.start, current if is_shown else over
        yield from self.selected(number, self._stream.ring.layout.text_column, len(line.text))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text: no times, no signs, and wrapped lines joined as they were written."""
        ring = self._stream.ring
        if not ring.line_count:
            return None
        column = ring.layout.text_column
        start, end = selection
        begin = (ring.first_line, 0) if start is None else (start.y, start.x - column)
        return ring.written(begin, None if end is None else (end.y, end.x - column)), "\n"
