"""Keeps keys that were meant for something else away from what has just appeared."""

import time
from collections.abc import Callable
from math import inf

_QUIET_PART = 0.5


class KeyGuard:
    """Shut from the moment something changed until it has been on screen for a while and the keys have gone quiet.

    A key that comes while it is shut keeps it shut for half the guard's time more: a key that is held down, or a person
    who types on, never gets through.
    """

    def __init__(self, guard_s: float = 0.4, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Makes a guard that is open.

        Args:
            guard_s: How long it stays shut after the painting, in seconds.
            clock: A monotonic clock, in seconds.
        """
        self._guard_s = guard_s
        self._clock = clock
        self._opens_at_s = -inf

    def arm(self) -> None:
        """Shuts: something else is about to be painted."""
        self._opens_at_s = inf

    def painted(self) -> None:
        """What was about to be painted is on screen: the time runs from now."""
        if self._opens_at_s == inf:
            self._opens_at_s = self._clock() + self._guard_s

    def swallows(self, age_s: float = 0.0) -> bool:
        """Asks for a key: True when it must not act.

        Args:
            age_s: How long ago it was pressed, in seconds: a program that was busy must not take a key that was meant
                for what was there before for one that came in time.
        """
        now_s = self._clock()
        if now_s - age_s >= self._opens_at_s:
            return False
        self._opens_at_s = max(self._opens_at_s, now_s + self._guard_s * _QUIET_PART)
        return True
