"""The frame gate between the orchestrator and the screen.

Events only leave a mark. A frame draws what is marked: the first one at once, the next ones at most 15 times a second,
and none when nothing is marked. So keys never wait behind events, however many there are.
"""

import asyncio
import time
from collections.abc import Callable
from enum import Flag, auto
from typing import Protocol

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.services.announce import News

FRAME_S = 1 / 15
SOON_S = 1 / 50
"""The same when a worker has begun to wait for the person."""


class Dirty(Flag):
    """What has changed since the last frame."""

    NOTHING = 0
    STATE = auto()
    LOG = auto()
    EVERYTHING = STATE | LOG


class Source(Protocol):
    """What the gate watches; services.orchestrator.Orchestrator has it."""

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call after each change of the state."""

    def watch_logs(self, watcher: Callable[[TaskRef], None]) -> Callable[[], None]:
        """Call when a task's log has grown."""

    def watch_news(self, watcher: Callable[[News], None]) -> Callable[[], None]:
        """Call when a task asks, is done or has failed."""


class Bridge:
    """Marks and frames.

    Args:
        source: where changes come from.
        draw: draws what is marked; called between two messages of the app, so that keys stay in order.
        call: puts a call into the app's queue (App.call_later).
        frame_s: the shortest time between two frames, in seconds.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        source: Source,
        draw: Callable[[Dirty], None],
        call: Callable[[Callable[[], None]], object],
        *,
        frame_s: float = FRAME_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._draw = draw
        self._call = call
        self._frame_s = frame_s
        self._clock = clock
        self._dirty = Dirty.NOTHING
        self._is_waiting = False
        self._is_held = False
        self._last_s = -frame_s
        self._timer: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None
        self.log_of: TaskRef | None = None
        """The task whose log is on screen; the growth of others marks nothing."""
        self.frames = 0
        self._ends = (
            source.watch(self._state_changed),
            source.watch_logs(self._log_grew),
            source.watch_news(lambda _news: self.mark(Dirty.STATE, soon=True)),
        )

    def mark(self, what: Dirty, *, soon: bool = False) -> None:
        """Have this drawn with the next frame; `soon` brings that frame forward."""
        self._dirty |= what
        if self._is_held or (self._is_waiting and not (soon and self._timer is not None)):
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_waiting = True
        wait_s = self._last_s + (min(SOON_S, self._frame_s) if soon else self._frame_s) - self._clock()
        if wait_s <= 0:
            self._call(self._frame)
        else:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._frame_due)

    def mark_soon(self, what: Dirty, delay_s: float) -> None:
        """Have this drawn after a while, counted from the last call: what follows a cursor that may move on."""
        if self._later is not None:
            self._later.cancel()
        self._later = asyncio.get_running_loop().call_later(delay_s, self.mark, what)

    def hold(self) -> None:
        """Draw nothing until `release`: somebody else has the terminal."""
        self._is_held = True

    def release(self) -> None:
        """Draw again, everything first."""
        self._is_held = False
        self.mark(Dirty.EVERYTHING)

    def close(self) -> None:
        """Watch no more."""
        self._is_held = True
        if self._later is not None:
            self._later.cancel()
        for end in self._ends:
            end()

    def _state_changed(self) -> None:
        self.mark(Dirty.STATE)

    def _log_grew(self, ref: TaskRef) -> None:
        if ref == self.log_of:
            self.mark(Dirty.LOG)

    def _frame_due(self) -> None:
        self._timer = None
        self._call(self._frame)

    def _frame(self) -> None:
        self._is_waiting = False
        if self._is_held:
            return
        dirty, self._dirty = self._dirty, Dirty.NOTHING
        self.frames += 1
        self._draw(dirty)
        # Counted from the end: a slow frame leaves as much time to the keys as a quick one.
        self._last_s = self._clock()
