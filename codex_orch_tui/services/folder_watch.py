"""Tells the event loop that something happened in a few folders of ours. What lies below them is not watched."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

_POLL_MS = 300
"""How often folders are looked at where the system tells no changes: none are left, or the file system knows none."""


class FolderWatch:
    """A watching thread.

    Args:
        folders: What is watched; they exist.
        happened: Called on the event loop when the watch begins, and after changes.
        names: The names that matter; None: all.
        step_ms: How often the thread looks, and how long it must be quiet before a change is told; a look takes some
            microseconds.
        debounce_ms: A change is told after so long at the latest.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        happened: Callable[[], None],
        *,
        names: frozenset[str] | None = None,
        step_ms: int = 20,
        debounce_ms: int = 60,
    ) -> None:
        self._folders = folders
        self._happened = happened
        self._names = names
        self._step_ms = step_ms
        self._debounce_ms = debounce_ms
        self._loop = asyncio.get_running_loop()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folders", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Watch no more."""
        self._ended.set()
        # A thread that comes back from the watch's own code after the interpreter has gone ends the process badly.
        await asyncio.shield(asyncio.to_thread(self._thread.join))

    def is_set(self) -> bool:
        """Asked by the watch at every step, so for the first time when it sees what happens from now on."""
        if not self._has_begun:
            self._has_begun = True
            self._tell()
        return self._ended.is_set()

    def _run(self) -> None:
        for is_polling in (False, True):
            self._has_begun = False
            with suppress(OSError, RuntimeError):
                self._watch(is_polling)
                return

    def _watch(self, is_polling: bool) -> None:
        from watchfiles import watch  # noqa: PLC0415 - 30 ms and 4 MB, not for the first paint

        def matters(_change: object, path: str) -> bool:
            return self._names is None or path.rpartition("/")[2] in self._names

        with closing(
            watch(
                *self._folders,
                watch_filter=matters,
                debounce=self._debounce_ms,
                step=self._step_ms,
                stop_event=self,
                recursive=False,
                raise_interrupt=False,
                force_polling=is_polling,
                poll_delay_ms=_POLL_MS,
            )
        ) as moments:
            for _ in moments:
                self._tell()

    def _tell(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._happened)

    _has_begun = False
