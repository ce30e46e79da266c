"""Files that are either the old or the new version, whenever the power goes."""

import contextlib
import os
import stat
import sys
from pathlib import Path

from codex_orch_tui.store.errors import MAKE_WRITABLE, StoreError, told

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_TEMPORARY_SUFFIX = ".tmp"

if sys.platform == "darwin":
    import fcntl

    def sync_file(fd: int) -> None:
        """Return when the bytes of the file are on the medium. fsync on macOS stops at the drive's cache."""
        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        except OSError:  # network and FUSE file systems do not know it
            os.fsync(fd)
else:

    def sync_file(fd: int) -> None:
        """Return when the bytes of the file, and the size that is needed to read them, are on the medium."""
        os.fdatasync(fd)


def sync_folder(folder: Path) -> None:
    """Return when the names in the folder are on the medium.

    Raises:
        OSError: The folder is gone, or the medium failed.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte: one system call, unless the system takes only a part.

    Raises:
        OSError: A part may have been written.
    """
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])


def temporary_name(path: Path) -> Path:
    """A name beside `path`, on the same file system, that `remove_stray` knows."""
    return path.with_name(f".{path.name}.{os.urandom(4).hex()}{_TEMPORARY_SUFFIX}")


def write_atomic(path: Path, data: bytes) -> None:
    """Put `data` at `path` with mode 0600; a reader and a crash find the old bytes or the new ones.

    A symlink at `path` is replaced, not followed.

    Raises:
        StoreError: The old file is as it was.
    """
    temporary = temporary_name(path)
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            write_all(fd, data)
            sync_file(fd)
        finally:
            os.close(fd)
        os.replace(temporary, path)  # noqa: PTH105 - the os call is what the fault tests fail in turn
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StoreError(told(error, "write", path)) from error


def remove_stray(folder: Path, name: str = "*") -> int:
    """Remove what a kill left of atomic writes in `folder`; only for the one writer. Returns how many there were."""
    count = 0
    for left in folder.glob(f".{name}.????????{_TEMPORARY_SUFFIX}"):
        with contextlib.suppress(OSError):
            left.unlink()
            count += 1
    return count


def make_folder(folder: Path) -> None:
    """Create the folder with mode 0700, parents too; one that is there gets that mode.

    Raises:
        StoreError: Not a folder of ours: a symlink, a file, or of another user; or the system refuses.
    """
    try:
        if not folder.parent.exists():
            make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(FOLDER_MODE)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            kind = "a symlink" if stat.S_ISLNK(found.st_mode) else "not a folder"
            raise StoreError(f"{folder} is {kind}", next_step="move it away; a folder is made in its place")
        if stat.S_IMODE(found.st_mode) != FOLDER_MODE:
            folder.chmod(FOLDER_MODE)
    except OSError as error:
        raise StoreError(told(error, "make the folder", folder), next_step=MAKE_WRITABLE) from error
