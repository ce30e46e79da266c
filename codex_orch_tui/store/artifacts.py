"""What a task leaves behind for people and other programs: result.json, patch.diff and their like, whole or not at all.

Whoever calls this has redacted what is written; only events.jsonl and stderr.log are raw.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from codex_orch_tui.store.atomic import FILE_MODE, make_folder, sync_file, sync_folder, temporary_name, write_atomic
from codex_orch_tui.store.errors import StoreError, told


def write_text(path: Path, text: str) -> None:
    """Write UTF-8; a lone surrogate, which has no UTF-8, becomes `\\udcff`.

    Raises:
        StoreError: The old file is as it was.
    """
    write_bytes(path, _encoded(text))


def write_bytes(path: Path, data: bytes) -> None:
    """Write what git made of the person's own files.

    Raises:
        StoreError: The old file is as it was.
    """
    make_folder(path.parent)
    write_atomic(path, data)


@contextlib.contextmanager
def growing(path: Path, *, keeps: bool) -> Iterator[Callable[[str], None]]:
    """Write a long text piece by piece; it is there, whole, when the block ends without an error.

    Args:
        path: The file.
        keeps: The text begins with what the file holds now.

    Raises:
        StoreError: The old file is as it was.
    """
    make_folder(path.parent)
    temporary = temporary_name(path)
    try:
        # A copy, not the file itself: whoever reads it, or a crash, meets the old text or the new one.
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(fd, "wb") as file:
            if keeps:
                with path.open("rb") as old:
                    shutil.copyfileobj(old, file)
            yield lambda text: _write(file.write, text)
            file.flush()
            sync_file(fd)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(told(error, "write", path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _write(write: Callable[[bytes], int], text: str) -> None:
    write(_encoded(text))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
