"""Follows the journal that another program writes: the same records, the same reducer, nothing locked or written."""

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.reducer import reduce, reduce_all
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.store.errors import JournalError
from codex_orch_tui.store.event_codec import NewerSchemaError, RecordError, decode
from codex_orch_tui.store.journal_file import Loaded, read_journal

_YIELD_EVERY = 200
"""Records between two turns of the loop: keys do not wait for a flood."""


class Follower:
    """The state of a journal, as far as it has been read.

    Args:
        path: The journal; it need not exist yet.

    Raises:
        JournalError: It cannot be read.
        NewerSchemaError: A newer program writes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._watchers: list[Callable[[Recorded], None]] = []
        self._end_bytes = 0
        self.state = State()
        self.notes: tuple[str, ...] = ()
        """What cannot be shown."""
        self._begin_anew(read_journal(path))

    def watch(self, watcher: Callable[[Recorded], None]) -> Callable[[], None]:
        """Call `watcher` after every event that is new, until the returned function is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def look(self) -> bool:
        """Take in what is new; returns whether something was.

        Raises:
            JournalError: It cannot be read now.
            NewerSchemaError: A newer program writes it now.
        """
        try:
            loaded = await asyncio.to_thread(read_journal, self._path, self._end_bytes)
        except JournalError:  # A shorter one: its writer cut back what it could not keep.
            return await self._look_anew()
        self._keep_notes(loaded)
        new = await asyncio.to_thread(self._readable, loaded.records) if loaded.records else []
        if new and new[0].seq != self.state.seq + 1:
            return await self._look_anew()
        self._end_bytes = loaded.end_bytes or self._end_bytes
        await self._take_in(new)
        return bool(new)

    def tell(self, note: str) -> None:
        """Keep a note, once."""
        if note not in self.notes:
            self.notes += (note,)

    # -- inside -------------------------------------------------------------------------------------------------

    async def _look_anew(self) -> bool:
        # A long journal takes seconds.
        new = await asyncio.to_thread(lambda: self._begin_anew(read_journal(self._path), self.state.seq))
        await self._take_in(new)
        return True

    def _begin_anew(self, loaded: Loaded, told_seq: float = math.inf) -> list[Recorded]:
        """Take in a whole journal, up to the last record that was told; returns those that come after it."""
        self.notes = ()
        self._keep_notes(loaded)
        new: list[Recorded] = []

        def known() -> Iterator[Recorded]:
            for recorded in self._decoded(loaded.records):
                if recorded.seq <= told_seq:
                    yield recorded
                else:
                    new.append(recorded)

        self.state = reduce_all(State(), known())
        self._end_bytes = loaded.end_bytes
        return new

    async def _take_in(self, new: Sequence[Recorded]) -> None:
        for number, recorded in enumerate(new, 1):
            self.state = reduce(self.state, recorded)
            for watcher in tuple(self._watchers):
                watcher(recorded)
            if number % _YIELD_EVERY == 0:
                await asyncio.sleep(0)

    def _keep_notes(self, loaded: Loaded) -> None:
        for note in loaded.notes:
            self.tell(note)

    def _readable(self, records: Sequence[bytes]) -> list[Recorded]:
        return list(self._decoded(records))

    def _decoded(self, records: Sequence[bytes]) -> Iterator[Recorded]:
        for record in records:
            try:
                yield decode(record)
            except NewerSchemaError:
                raise
            except RecordError as error:
                self.tell(clean_line(f"passed over a journal record: {error}"))
