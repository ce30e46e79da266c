"""One stream of log entries and how far the view follows it."""

from collections.abc import Sequence

from codex_orch_tui.domain.log import LogEntry
from codex_orch_tui.ui.presentation.log_ring import LogRing

_ADVANCE_ENTRIES = 500


class LogStream:
    """A ring, and what waits outside it while the view is paused.

    A paused view must not move, so a full ring takes nothing more; newer entries wait, at most as many as the ring has
    lines. Of a longer flood the newest wait, and the view starts anew with them when it follows again: what lies
    between is paged in from the raw log like any older entry.
    """

    def __init__(self, ring: LogRing) -> None:
        """A stream that is followed, over an empty ring."""
        self.ring = ring
        self.is_following = True
        self.new_entries = 0
        """Entries that came since the view was paused."""
        self.top_line = 0
        """The visual line at the top of the view while the stream is not the one that is shown."""
        self.may_have_older = True
        self._waiting: list[LogEntry] = []
        self._skipped = 0
        self._tail: LogEntry | None = None

    @property
    def oldest_index(self) -> int:
        """The index of the oldest entry that is held. The first that was ever fed has 0, prepended ones count down."""
        return self.ring.first_index

    def feed(self, entries: Sequence[LogEntry]) -> None:
        """Takes new entries."""
        if self.is_following:
            self.ring.extend(entries)
            return
        self.new_entries += len(entries)
        if self._waiting or self.ring.is_full:
            self._wait([*self._waiting, *entries])
        else:
            self.ring.extend(entries)

    def set_tail(self, entry: LogEntry | None) -> None:
        """Sets the entry that is still being written."""
        self._tail = entry
        if not self._waiting:
            self.ring.set_tail(entry)

    def prepend(self, entries: Sequence[LogEntry]) -> int:
        """Takes older entries; newer ones make room for them.

        Returns:
            How many entries were taken, counted from the newest.
        """
        if not entries:
            self.may_have_older = False
            return 0
        lines = sum(1 + entry.text.count("\n") + len(entry.text) // self.ring.layout.text_cells for entry in entries)
        cut = self.ring.cut_newest(min(lines, self.ring.max_lines // 2))
        if cut:
            self._wait(cut + self._waiting)
        return self.ring.prepend(entries)

    def pause(self) -> None:
        """Holds the view where it is."""
        if self.is_following:
            self.is_following = False
            self.new_entries = 0

    def follow(self) -> None:
        """Goes on with the newest entries."""
        self.is_following = True
        self.new_entries = 0
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            if self._skipped:
                self.ring.reset(self.ring.end_index + self._skipped)
                self.may_have_older = True
                self._skipped = 0
            self.ring.extend(waiting)
        self.ring.set_tail(self._tail)

    def advance(self) -> bool:
        """Moves some of what waits into the ring, for a reader who scrolls down through it.

        Returns:
            Whether the end is still ahead; False when the view may follow.
        """
        if not self._waiting or self._skipped:
            return False
        step, self._waiting = self._waiting[:_ADVANCE_ENTRIES], self._waiting[_ADVANCE_ENTRIES:]
        self.ring.extend(step)
        if not self._waiting:
            self.ring.set_tail(self._tail)
        return True

    def clear(self) -> None:
        """Forgets everything and follows."""
        self.ring.reset(0)
        self.ring.set_tail(None)
        self._waiting, self._skipped, self._tail = [], 0, None
        self.is_following, self.new_entries, self.may_have_older = True, 0, True

    def _wait(self, entries: list[LogEntry]) -> None:
        self.ring.set_tail(None)
        over = max(0, len(entries) - self.ring.max_lines)
        self._skipped += over
        self._waiting = entries[over:]
