"""Searching the entries of a log: which match is shown and what to mark on a line."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from codex_orch_tui.ui.presentation.log_ring import LogRing, Match

_MAX_MATCHES = 100_000


class Found(NamedTuple):
    """Which match is shown, counted from 1, and how many there are. (0, 0) when nothing was found."""

    position: int
    total: int


class LogSearch:
    """The search of one log view; without a needle until `find` is called."""

    def __init__(self) -> None:
        """No search."""
        self.clear()

    def clear(self) -> None:
        """Ends the search."""
        self.needle: re.Pattern[str] | None = None
        self._text = ""
        self.match: Match | None = None
        self.found = Found(0, 0)

    def find(self, ring: LogRing, text: str, *, view: range, backwards: bool) -> Match | None:
        """The match after the one that is shown, or, for a new text, the first one from the view on; goes round.

        Args:
            ring: Where to look.
            text: What to look for, taken literally. Case counts when it holds a capital letter.
            view: The visual lines on screen.
            backwards: Look towards older entries, for a new text from the end of the view.
        """
        needle = re.compile(re.escape(text), re.IGNORECASE if text == text.lower() else 0)
        if needle != self.needle:
            self.needle, self._text, self.match = needle, text, None
        matches = list(islice(ring.matches(needle), _MAX_MATCHES))
        if not matches:
            self.match, self.found = None, Found(0, 0)
            return None
        if self.match is not None:
            number = bisect_left(matches, self.match) - 1 if backwards else bisect_right(matches, self.match)
        elif backwards:
            number = bisect_left(matches, Match(ring.place(view.stop - 1).entry_index + 1, 0, 0)) - 1
        else:
            number = bisect_left(matches, Match(ring.place(view.start).entry_index, 0, 0))
        number %= len(matches)
        self.match, self.found = matches[number], Found(number + 1, len(matches))
        return self.match

    @property
    def text(self) -> str:
        """What is looked for; empty without a search."""
        return self._text

    def spans(self, entry_index: int, text: str) -> Iterable[tuple[int, int, bool]]:
        """Start and end of every match in an entry's text, and whether it is the one that is shown."""
        if self.needle is not None:
            for found in self.needle.finditer(text):
                yield found.start(), found.end(), self.match == Match(entry_index, found.start(), found.end())

    def __str__(self) -> str:
        """What to tell in the border; empty without a search."""
        if self.needle is None:
            return ""
        return f"{self.found.position:,} of {self.found.total:,}" if self.found.total else "not found"


def border_words(search: LogSearch, *, is_raw: bool, new: int | None) -> str:
    """What the border of the log says: what is shown, and the keys that lead on.

    Args:
        search: The search of the log.
        is_raw: Raw lines are shown.
        new: How many entries came since the view was paused; None while it follows.
    """
    if search.needle is not None:
        words = [str(search), "n next  N before  esc ends" if search.found.total else "esc ends"]
    elif new is None:
        words = ["following"]
    else:
        words = ["paused", f"{new:,} new" if new else "", "f follows"]
    return " · ".join(filter(None, ["raw JSONL" if is_raw else "", *words]))
