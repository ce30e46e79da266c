"""Keeps what `status` tells, when the program leaves the repository: only the runs that something happened to anew."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from codex_orch_tui.domain.events import Recorded, RunCreated, TaskEvent
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.kept_run import kept_run
from codex_orch_tui.services.run_status import rate_limit
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.journal_pages import JournalPages
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.status_cache import StatusCache, read_status_cache, write_status_cache

if TYPE_CHECKING:
    from codex_orch_tui.domain.ids import RunId


class StatusKeeper:
    """Notes what happens to which run, and writes the cache at the end.

    Args:
        hub: tells what happens.
        layout: where things lie; the journal is open and nothing was added to it yet.
        is_whole: every record of the journal could be read; where one could not, `status` has to say so each time.
    """

    def __init__(self, hub: Hub, layout: Layout, *, is_whole: bool = True) -> None:
        self._hub = hub
        self._layout = layout
        self._before_bytes = layout.journal.stat().st_size if layout.journal.exists() else 0
        self._is_whole = is_whole
        self._touched: set[RunId] = set()
        self._unwatch = hub.watch(self._hear)

    async def close(self) -> None:
        """Write the cache; all that the hub has taken in is on disk, and nothing more comes."""
        self._unwatch()
        await asyncio.to_thread(self._write, self._hub.state)

    def _hear(self, recorded: Recorded) -> None:
        event = recorded.event
        run = event.ref.run if isinstance(event, TaskEvent) else getattr(event, "run", None)
        if run is not None:
            self._touched.add(run)
        if isinstance(event, RunCreated) and event.proposed_by is not None:
            self._touched.add(event.proposed_by.run)

    def _write(self, state: State) -> None:
        if not self._touched or not self._is_whole:
            return
        # Without the cache `status` is slower and tells the same.
        with contextlib.suppress(StoreError, OSError):
            pages = JournalPages(self._layout.journal)
            try:
                kept = read_status_cache(self._layout.status_cache, pages)
                is_whole = kept is not None and kept.journal_bytes == self._before_bytes
                known = kept.runs if kept is not None and is_whole else {}
                starts = pages.starts()
                runs = {
                    run.id: known[run.id]
                    if run.id in known and run.id not in self._touched
                    else kept_run(state, run, starts.get(run.id, 0))
                    for run in state.runs.values()
                }
                cache = StatusCache(pages.size_bytes, rate_limit(state.rate_limits), runs)
                write_status_cache(self._layout.status_cache, cache, pages)
            finally:
                pages.close()
