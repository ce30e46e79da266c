"""The files of the inbox: dropped by other programs, begun, and answered. Only the holder of the lock moves them.

    inbox/NAME.json            dropped, by renaming a whole file to that name
    inbox/doing/NAME.json      begun: renamed before anything is done, so that nothing is done twice
    inbox/done/NAME.json       what was asked and what became of it
    inbox/failed/NAME.json     the same for what was not done; NAME.odd is what was no command, as it was

A NAME that is taken already, or could lead elsewhere, becomes another one. Links are moved and removed, never followed.
What is written here must outlive the program, not the machine: nothing is synced.
"""

import contextlib
import os
import re
import stat
import time
from pathlib import Path

from codex_orch_tui.store.atomic import FILE_MODE, make_folder, temporary_name, write_all
from codex_orch_tui.store.errors import StoreError, told
from codex_orch_tui.store.layout import Layout

SUFFIX = ".json"
KEPT_FILES = 5_000
"""How many answers are kept in each of the two folders."""
_STRAY_S = 3600.0
_MAX_STEM_CHARS = 120
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


class OddFileError(StoreError):
    """It is no file that a command is read from."""


class InboxFiles:
    """The holder's side."""

    def __init__(self, layout: Layout) -> None:
        self._inbox = layout.inbox
        self._doing = layout.inbox_doing
        self._done = layout.inbox_done
        self._failed = layout.inbox_failed
        self._unmovable: set[tuple[str, int]] = set()

    def waiting(self) -> list[str]:
        """The names of what was dropped, oldest first.

        Raises:
            StoreError: The folder cannot be read.
        """
        found: list[tuple[int, str]] = []
        try:
            with os.scandir(self._inbox) as entries:
                for entry in entries:
                    if not entry.name.endswith(SUFFIX) or entry.name.startswith("."):
                        continue
                    with contextlib.suppress(FileNotFoundError):  # taken back
                        seen = entry.stat(follow_symlinks=False)
                        if (entry.name, seen.st_ino) not in self._unmovable:
                            found.append((seen.st_mtime_ns, entry.name))
        except OSError as error:
            raise StoreError(told(error, "read", self._inbox)) from error
        return [name for _, name in sorted(found)]

    def begin(self, name: str) -> str | None:
        """Take what was dropped; from then on it counts as begun.

        Returns:
            Its name from now on, without an ending. None: it was taken back.

        Raises:
            StoreError: It cannot be moved; it is told once and left where it is.
        """
        stem = self.free_name(name)
        place = self._inbox / name
        try:
            _move(place, self._doing / (stem + SUFFIX))
        except FileNotFoundError:
            return None
        except (OSError, StoreError) as error:
            with contextlib.suppress(OSError):
                self._unmovable.add((name, place.lstat().st_ino))
            if isinstance(error, StoreError):
                raise
            raise StoreError(told(error, "move", place)) from error
        return stem

    def read(self, stem: str, max_bytes: int) -> bytes:
        """What was begun.

        Raises:
            OddFileError: It is no plain file of ours alone, or too large.
        """
        return read_plain(self._doing / (stem + SUFFIX), max_bytes)

    def begun(self) -> list[str]:
        """What was begun and not finished: by a program that was killed.

        Raises:
            StoreError: The folder cannot be read.
        """
        try:
            names = sorted(name for name in os.listdir(self._doing) if name.endswith(SUFFIX))  # noqa: PTH208
        except OSError as error:
            raise StoreError(told(error, "read", self._doing)) from error
        return [name.removesuffix(SUFFIX) for name in names if not name.startswith(".")]

    def is_answered(self, stem: str) -> bool:
        """The answer was written, and only the last step is missing."""
        name = stem + SUFFIX
        return os.path.lexists(self._done / name) or os.path.lexists(self._failed / name)

    def finish(self, stem: str, document: bytes, *, is_done: bool, keep_odd: bool = False) -> None:
        """Write what became of it, then take it out of what is begun.

        Args:
            stem: As `begin` named it.
            document: What is kept.
            is_done: It was done.
            keep_odd: It is no command: keep it as it was.

        Raises:
            StoreError: The answer cannot be written; it counts as begun.
        """
        folder = self._done if is_done else self._failed
        make_folder(folder)  # Somebody may have cleared it away with the answers that were in it.
        put_file(folder / (stem + SUFFIX), document)
        self.forget(stem, keep_odd=keep_odd)

    def forget(self, stem: str, *, keep_odd: bool = False) -> None:
        """Take it out of what is begun.

        Raises:
            StoreError: It cannot be moved or removed.
        """
        place = self._doing / (stem + SUFFIX)
        try:
            if keep_odd:
                place.rename(self._failed / f"{stem}.odd")
            else:
                place.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(told(error, "move" if keep_odd else "remove", place)) from error

    def tidy(self) -> None:
        """Remove what killed senders left, and the oldest answers. What cannot be removed stays."""
        limit_s = time.time() - _STRAY_S
        with contextlib.suppress(OSError):
            for left in self._inbox.glob(".*.tmp"):
                if left.lstat().st_mtime < limit_s:
                    left.unlink()
        for folder in (self._done, self._failed):
            with contextlib.suppress(OSError):
                _remove_oldest(folder)

    def free_name(self, name: str) -> str:
        """A plain name, without an ending, that nothing of ours has: its own one when it can be."""
        plain = _NOT_PLAIN.sub("-", name.removesuffix(SUFFIX))[:_MAX_STEM_CHARS].lstrip(".-") or "command"
        stem, count = plain, 1
        while any(
            os.path.lexists(folder / (stem + ending))
            for folder in (self._doing, self._done, self._failed)
            for ending in (SUFFIX, ".odd")
        ):
            count += 1
            stem = f"{plain}-{count}"
        return stem


def _move(place: Path, target: Path) -> None:
    """Rename a file, into a folder that is made when somebody removed it.

    Raises:
        FileNotFoundError: It is gone: taken back.
        OSError, StoreError: It is where it was.
    """
    try:
        place.rename(target)
    except FileNotFoundError:
        if not os.path.lexists(place):
            raise
        make_folder(target.parent)
        place.rename(target)


def put_file(path: Path, data: bytes) -> None:
    """Put a whole file at a path, with mode 0600; nobody sees a part of it.

    Raises:
        StoreError: It is not there.
    """
    temporary = temporary_name(path)
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
        try:
            write_all(fd, data)
        finally:
            os.close(fd)
        temporary.rename(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StoreError(told(error, "write", path)) from error


def read_plain(path: Path, max_bytes: int) -> bytes:
    """The bytes of a plain file that is ours alone and has one name.

    Raises:
        FileNotFoundError: There is none.
        OddFileError: It is something else, too large, or cannot be read.
    """
    try:
        _check(path.lstat(), max_bytes)  # Before it is opened: that alone can do something, for a device.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            _check(os.fstat(fd), max_bytes)
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OddFileError(f"it cannot be read: {error.strerror or error}") from error
    if len(data) > max_bytes:
        raise OddFileError(_too_large(max_bytes))
    return data


def _check(found: os.stat_result, max_bytes: int) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OddFileError("it is a link; links are not followed")
    if not stat.S_ISREG(found.st_mode):
        raise OddFileError("it is no plain file")
    if found.st_uid != os.geteuid():
        raise OddFileError(f"it belongs to another user ({found.st_uid})")
    if found.st_nlink != 1:
        raise OddFileError("it has a second name (a hard link)")
    if found.st_size > max_bytes:
        raise OddFileError(_too_large(max_bytes))


def _too_large(max_bytes: int) -> str:
    return f"it has more than the {max_bytes:,} bytes that are read"


def _remove_oldest(folder: Path) -> None:
    with os.scandir(folder) as entries:
        found = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in entries)
    for _, path in found[: max(0, len(found) - KEPT_FILES)]:
        with contextlib.suppress(OSError):  # an odd folder
            os.unlink(path)  # noqa: PTH108 - thousands of them
