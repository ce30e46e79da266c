"""Picks up changes of the files of settings while the program runs.

Only the folders that the two files lie in are watched, without what lies below: worktrees are not, and nothing that a
worker writes is read. A file with a mistake in it leaves the settings in force as they are.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.config import Config, ConfigError, LoadedConfig, SettingsPlaces
from codex_orch_tui.config.changes import changes, usable_now
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.folder_watch import FolderWatch

LOOK_AGAIN_S = 5.0
"""How often it is looked without being told: some file systems tell nothing."""
_STEP_MS = 100
"""How often the watching thread looks whether something happened; each look takes some microseconds."""
_DEBOUNCE_MS = 400
"""What is written in a row is read once. The journal in the same folder is written all the time."""
_AFTER_START_S = 1.0
"""The first frame and the first keys are not disturbed by what watching loads."""
_MAX_LINES = 6

_Stamp = tuple[int, int, int]
_Watched = tuple[frozenset[Path], frozenset[str]]
"""Folders, and the names in them that matter."""


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
        # None: the first look reads them, as they may have changed since they were loaded.
        self._stamps: tuple[_Stamp | None, ...] | None = None
        self._refusal: tuple[str, ...] = ()
        self._watchers: list[Callable[[SettingsNews], None]] = []
        self._watching: asyncio.Task[None] | None = None
        self._is_closed = False
        self._reading = asyncio.Lock()

    def watch(self, watcher: Callable[[SettingsNews], None]) -> Callable[[], None]:
        """Call `watcher` with what became of each change; the first call begins to watch the files.

        Returns:
            The function that ends the calls.
        """
        self._watchers.append(watcher)
        if self._places.files and self._watching is None and not self._is_closed:
            self._watching = asyncio.get_running_loop().create_task(self._run(), name="settings")
        return lambda: self._watchers.remove(watcher)

    async def close(self) -> None:
        """Watch no more."""
        self._is_closed = True
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
        await asyncio.sleep(_AFTER_START_S)
        while True:  # Again when a folder appeared, or a link leads elsewhere.
            await self._watch(await asyncio.to_thread(_watched, self._places.files))

    async def _watch(self, watched: _Watched) -> None:
        """Watch these folders for as long as they are the right ones."""
        changed = asyncio.Event()
        folders, names = watched
        watch = FolderWatch(sorted(folders), changed.set, names=names, step_ms=_STEP_MS, debounce_ms=_DEBOUNCE_MS)
        try:
            while await asyncio.to_thread(_watched, self._places.files) == watched:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), LOOK_AGAIN_S)
                changed.clear()
                await self.look_again()
        finally:
            await watch.close()

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


def _watched(files: tuple[Path, ...]) -> _Watched:
    """What is watched: where the files lie and what they are called, by name and after links.

    For a folder that is not there yet it is the one that it will be in, and its own name.
    """
    folders: set[Path] = set()
    names: set[str] = set()
    for path in files:
        names |= {path.name, path.parent.name}
        # A link that leads round in circles, a folder that may not be searched: looked at again when it is mended.
        with contextlib.suppress(OSError, RuntimeError):
            target = path.resolve()
            names.add(target.name)
            for folder in (path.parent, target.parent):
                place = folder if folder.is_dir() else folder.parent
                if place.is_dir():
                    folders.add(place)
    return frozenset(folders), frozenset(names)


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
