"""The single writer: an event goes to the journal, then through the reducer, then to whoever watches."""

import time
from collections.abc import Callable

from codex_orch_tui.domain.events import Event, Recorded
from codex_orch_tui.domain.reducer import reduce
from codex_orch_tui.domain.state import State
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal import Journal

Watcher = Callable[[Recorded], None]


class Hub:
    """Owns the state. All calls are made on the event loop's thread.

    Args:
        journal: where events are kept; the hub does not close it.
        state: what the journal holds already.
        clock: seconds since the epoch.
    """

    def __init__(self, journal: Journal, state: State, *, clock: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._state = state
        self._clock = clock
        self._watchers: list[Watcher] = []

    @property
    def state(self) -> State:
        """What is known now."""
        return self._state

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` after every event, until the returned function is called. It must be quick."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def apply(self, event: Event) -> None:
        """Take an event in. It is on disk within the journal's group-commit interval."""
        recorded = Recorded(seq=self._state.seq + 1, at_s=self._clock(), event=event)
        self._journal.append(encode(recorded))
        self._state = reduce(self._state, recorded)
        for watcher in tuple(self._watchers):
            watcher(recorded)

    async def record(self, event: Event) -> None:
        """Take an event in and return when it is on disk: for intents and decisions, before they are acted on.

        Raises:
            JournalError: the disk did not take it. The state has it all the same; the caller must not act.
        """
        self.apply(event)
        await self._journal.flush()

    async def flush(self) -> None:
        """Wait until everything taken in so far is on disk.

        Raises:
            JournalError: the disk did not take it.
        """
        await self._journal.flush()
