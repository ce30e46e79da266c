"""What of somebody's work in a folder would be run over when its files go from one commit to another.

Git protects edited and untracked files, but writes over files that it ignores (such as .env). Here they count too.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.runner import Git

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPaths:
    """The files that differ between two commits, as raw names."""

    added: tuple[bytes, ...]
    deleted: frozenset[bytes]
    all: frozenset[bytes]


async def changed_paths(git: Git, clean: CleanDir, old: str, new: str) -> ChangedPaths:
    """The files that differ between two commits; a rename is a deletion and an addition."""
    result = await git.run(
        clean.place(),
        *("diff-tree", "-r", "-z", "--name-status", "--no-renames", old, new, "--"),
        timeout_s=_TIMEOUT_S,
    )
    fields = result.fields
    pairs = list(zip(fields[::2], fields[1::2], strict=True))
    return ChangedPaths(
        added=tuple(path for status, path in pairs if status == b"A"),
        deleted=frozenset(path for status, path in pairs if status == b"D"),
        all=frozenset(fields[1::2]),
    )


def paths_in_the_way(folder: Path, changed: ChangedPaths) -> tuple[bytes, ...]:
    """What lies on disk where a new file would be written and is not in the old commit.

    Args:
        folder: A checkout of the old commit.
        changed: The way to the new one.

    Returns:
        Names of files, symlinks and non-empty folders, sorted.
    """
    top = os.fsencode(folder) + b"/"
    found: set[bytes] = set()
    clear: set[bytes] = set()
    for path in changed.added:
        blocker = _blocking_parent(top, path, changed.deleted, clear)
        if blocker is not None:
            found.add(blocker)
            continue
        mode = _mode(top + path)
        if mode is None:
            continue
        if stat.S_ISDIR(mode):
            found.update(_foreign_files(top, path, changed.deleted))
        else:
            found.add(path)
    return tuple(sorted(found))


def _blocking_parent(top: bytes, path: bytes, deleted: frozenset[bytes], clear: set[bytes]) -> bytes | None:
    """The folder of a path that is no folder on disk; None when the way is clear."""
    parts = path.split(b"/")[:-1]
    for depth in range(1, len(parts) + 1):
        parent = b"/".join(parts[:depth])
        if parent in clear:
            continue
        mode = _mode(top + parent)
        if mode is not None and not stat.S_ISDIR(mode) and parent not in deleted:
            return parent
        clear.add(parent)
        if mode is None or not stat.S_ISDIR(mode):
            return None  # nothing below can exist
    return None


def _foreign_files(top: bytes, folder: bytes, deleted: frozenset[bytes]) -> list[bytes]:
    """Files below a folder that do not belong to the old commit."""
    found: list[bytes] = []
    for parent, folders, files in os.walk(top + folder):
        links = [name for name in folders if stat.S_ISLNK(_mode(parent + b"/" + name) or 0)]
        paths = [(parent + b"/" + name)[len(top) :] for name in (*files, *links)]
        found += [path for path in paths if path not in deleted]
    return found


def _mode(path: bytes) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
