"""Picks up changes of the files of settings while the program runs.

Only the folders that the two files lie in are watched, without what lies below: worktrees are not, and nothing that a
worker writes is read. A file with a mistake in it leaves the settings in force as they are.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.config import Config, ConfigError, LoadedConfig, SettingsPlaces
from codex_orch_tui.config.changes import changes, usable_now
from codex_orch_tui.domain.terminal_text import clean_line

_STEP_MS = 100
"""How often the watching thread looks whether something happened; each look takes some microseconds."""
_DEBOUNCE_MS = 400
"""What is written in a row is read once. The journal in the same folder is written all the time."""
_AFTER_START_S = 1.0
"""The first frame and the first keys are not disturbed by what watching loads."""
_MAX_LINES = 6

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsNews:
    """What became of a change on disk: clean lines for the person.

    Attributes:
        lines: What changed and from when on it counts, or what is wrong.
        is_refused: The files have mistakes; the settings in force stay.
    """

    lines: tuple[str, ...]
    is_refused: bool = False


class LiveSettings:
    """Watches the files and tells what of a change is used.

    Args:
        loaded: The settings that the program began with, and where they were read.
        use: Takes the settings that count from now on; called on the event loop's thread.
    """

    def __init__(self, loaded: LoadedConfig, use: Callable[[Config], None]) -> None:
        self._places = loaded.places or SettingsPlaces()
        self._in_force = loaded.config
        self._read = loaded.config
        self._held = frozenset(loaded.held)
        self._use = use
        self._stamps = _stamps(self._places.files)
        self._refusal: tuple[str, ...] = ()
        self._watchers: list[Callable[[SettingsNews], None]] = []
        self._watching: asyncio.Task[None] | None = None
        self._ended = threading.Event()
        self._reading = asyncio.Lock()

    def watch(self, watcher: Callable[[SettingsNews], None]) -> Callable[[], None]:
        """Call `watcher` with what became of each change; the first call begins to watch the files.

        Returns:
            The function that ends the calls.
        """
        self._watchers.append(watcher)
        if self._places.files and self._watching is None and not self._ended.is_set():
            self._watching = asyncio.get_running_loop().create_task(self._run(), name="settings")
        return lambda: self._watchers.remove(watcher)

    async def close(self) -> None:
        """Watch no more."""
        self._ended.set()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])

    async def look_again(self) -> None:
        """Read the files if they are others than they were. What is wrong with them is told to the watchers."""
        async with self._reading:
            stamps = await asyncio.to_thread(_stamps, self._places.files)
            if stamps != self._stamps:
                self._stamps = stamps
                await self._read_again()

    # -- inside -------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        await asyncio.sleep(_AFTER_START_S)
        failure: list[str] = []

        def happened() -> None:
            loop.call_soon_threadsafe(changed.set)

        def watch() -> None:
            if why_not := _watch_files(self._places.files, happened, self._ended):
                failure.append(why_not)
                happened()

        thread = threading.Thread(target=watch, name="settings files", daemon=True)
        thread.start()
        try:
            while not failure:
                await changed.wait()
                changed.clear()
                await self.look_again()
            self._tell(SettingsNews(lines=tuple(failure), is_refused=True))
        finally:
            self._ended.set()
            # A thread that comes back from the watch's own code after the interpreter has gone ends the process badly.
            await asyncio.shield(asyncio.to_thread(thread.join))

    async def _read_again(self) -> None:
        try:
            loaded = await asyncio.to_thread(self._places.load)
        except ConfigError as error:
            self._refuse(error)
            return
        was_refused, self._refusal = bool(self._refusal), ()
        lines = [str(change) for change in changes(self._read, loaded.config, self._in_force)]
        lines += self._newly_held(loaded)
        self._read = loaded.config
        in_force = usable_now(loaded.config, self._in_force)
        if in_force != self._in_force:
            self._in_force = in_force
            self._use(in_force)
        if lines:
            self._tell(SettingsNews(lines=("the settings were read again", *_bounded(lines))))
        elif was_refused:
            self._tell(SettingsNews(lines=("the mistake in the settings is mended; nothing has changed",)))

    def _newly_held(self, loaded: LoadedConfig) -> list[str]:
        """What the repository's file brings now that needs trust; what it brought before is asked for elsewhere."""
        before, self._held = self._held, frozenset(loaded.held)
        return [
            clean_line(f"{name}: {loaded.held[name]} sets it, and counts once you trusted it")
            for name in loaded.held
            if name not in before
        ]

    def _refuse(self, error: ConfigError) -> None:
        problems = tuple(map(str, error.problems))
        if problems != self._refusal:
            self._refusal = problems
            lines = ("the settings stay as they are: a file has a mistake in it", *_bounded(problems))
            self._tell(SettingsNews(lines=lines, is_refused=True))

    def _tell(self, news: SettingsNews) -> None:
        for watcher in tuple(self._watchers):
            watcher(news)


def _bounded(lines: Iterable[str]) -> tuple[str, ...]:
    all_lines = tuple(lines)
    more = len(all_lines) - _MAX_LINES
    return (*all_lines[:_MAX_LINES], f"and {more} more: codex-orch-tui config show") if more > 0 else all_lines


def _watch_files(files: tuple[Path, ...], happened: Callable[[], None], ended: threading.Event) -> str:
    """Call `happened` when the watch begins and after each change of one of the files, until `ended`.

    Returns:
        Why there can be no watch; empty when it was ended.
    """
    from watchfiles import watch  # noqa: PLC0415 - 30 ms and 4 MB, not for the first paint

    while not ended.is_set():
        folders = _folders(files)
        names = {name for path in files for name in (path.name, path.resolve().name, path.parent.name)}

        def matters(_change: object, path: str, names: AbstractSet[str] = frozenset(names)) -> bool:
            return path.rpartition("/")[2] in names

        try:
            with closing(
                watch(
                    *sorted(folders),
                    watch_filter=matters,
                    debounce=_DEBOUNCE_MS,
                    step=_STEP_MS,
                    stop_event=_End(ended, happened),
                    recursive=False,
                    raise_interrupt=False,
                )
            ) as moments:
                for _ in moments:
                    happened()
                    if _folders(files) != folders:
                        break  # A folder appeared, or a link leads elsewhere.
        except (OSError, RuntimeError) as error:
            return clean_line(f"changes of the settings count only after a restart: {error}")
    return ""


class _End:
    """Asked by the watch at every step, and so for the first time when it sees what happens from now on."""

    def __init__(self, ended: threading.Event, begun: Callable[[], None]) -> None:
        self._ended = ended
        self._begun: Callable[[], None] | None = begun

    def is_set(self) -> bool:
        """Whether the watch is to end."""
        if (begun := self._begun) is not None:
            self._begun = None
            begun()
        return self._ended.is_set()


def _folders(files: tuple[Path, ...]) -> frozenset[Path]:
    """Where the files lie, by name and after links; for a folder that is not there yet the one that it will be in."""
    found: set[Path] = set()
    for path in files:
        for folder in (path.parent, path.resolve().parent):
            place = folder if folder.is_dir() else folder.parent
            if place.is_dir():
                found.add(place)
    return frozenset(found)


def _stamps(files: tuple[Path, ...]) -> tuple[_Stamp | None, ...]:
    """What tells whether a file is another one; None where there is none."""
    found: list[_Stamp | None] = []
    for path in files:
        try:
            stat = path.stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
