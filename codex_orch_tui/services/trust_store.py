"""What the person accepted, kept outside of every repository: which content of which file counts.

One file, `trust.json` in the state folder of the user. It holds no content, only hashes. A file that others could have
written, that cannot be read, or that a newer program wrote trusts nothing: the person is asked again.
"""

import contextlib
import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.paths import PathsError, state_folder
from codex_orch_tui.store.atomic import make_folder, write_atomic
from codex_orch_tui.store.errors import StoreError, told

FILE_NAME = "trust.json"
MAX_FILE_BYTES = 4 * 1024 * 1024
_VERSION = 1

_Hashes = dict[str, dict[str, dict[str, object]]]
"""Repository -> file -> what is known of it."""


class TrustStore:
    """The hashes of all repositories.

    Args:
        environ: Where the folder for state is told.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ

    def sha256(self, repository: Path, file: Path) -> str | None:
        """The hash, in hex, of the content that was accepted last; None: none was, or that is not known."""
        with contextlib.suppress(StoreError):
            found = self._read().get(str(repository), {}).get(str(file), {}).get("sha256")
            return found if isinstance(found, str) else None
        return None

    @property
    def problem(self) -> str:
        """Why nothing is trusted; empty when the file is fine or not there."""
        try:
            self._read()
        except StoreError as error:
            return str(error)
        return ""

    def signature(self) -> tuple[int, int, int] | None:
        """Changes whenever what is trusted may have changed."""
        try:
            found = self._path().stat()
        except (OSError, StoreError):
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def put(self, repository: Path, file: Path, sha256: str) -> None:
        """Let this content count, and no other one of that file.

        Raises:
            StoreError: It was not kept.
        """
        with self._changing() as hashes:
            hashes.setdefault(str(repository), {})[str(file)] = {"sha256": sha256, "trusted_at_s": time.time()}

    def remove(self, repository: Path) -> int:
        """Trust nothing of a repository any more; returns how many files were trusted.

        Raises:
            StoreError: It was not kept: what was trusted still is.
        """
        with self._changing() as hashes:
            return len(hashes.pop(str(repository), {}))

    def _path(self) -> Path:
        try:
            return state_folder(self._environ) / FILE_NAME
        except PathsError as error:
            raise StoreError(clean_line(str(error))) from error

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Hashes]:
        """Read, change, write, with other programs kept out: a trust that was taken back must not come back."""
        path = self._path()
        make_folder(path.parent)
        try:
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise StoreError(told(error, "open", path.parent)) from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            hashes = self._read()
            yield hashes
            write_atomic(path, json.dumps({"version": _VERSION, "repositories": hashes}, indent=1).encode("ascii"))
        finally:
            os.close(folder)

    def _read(self) -> _Hashes:
        """All hashes.

        Raises:
            StoreError: The file cannot be read, or must not be believed.
        """
        path = self._path()
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StoreError(told(error, "read", path), next_step=f"look at {path}, or move it away") from error
        with os.fdopen(fd, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
                step = f"look at it, then chmod 600 {path}, or move it away"
                raise StoreError(f"{path} is not yours alone, so nothing is trusted", next_step=step)
            data = file.read(MAX_FILE_BYTES + 1)
        return _parsed(path, data)


def _parsed(path: Path, data: bytes) -> _Hashes:
    step = f"move {path} away; what was trusted is asked for again"
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is damaged, so nothing is trusted", next_step=step) from error
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        raise StoreError(f"{path} is of another version, so nothing is trusted", next_step=step)
    repositories = document.get("repositories")
    if not isinstance(repositories, dict):
        raise StoreError(f"{path} is damaged, so nothing is trusted", next_step=step)
    return {
        repository: {file: known for file, known in files.items() if isinstance(known, dict)}
        for repository, files in repositories.items()
        if isinstance(files, dict)
    }
