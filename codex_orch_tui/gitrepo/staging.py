"""A tree of what a worktree holds now, made in a clean git folder: no filter, hook or fsmonitor of anybody runs.

`git add -A` is not used. It looks into submodules with the submodule's own config, which an agent can write, and it
turns a nested repository into a link to a commit that nobody else has.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.environment import Place
from codex_orch_tui.gitrepo.errors import GitError
from codex_orch_tui.gitrepo.runner import Git

STAGE_TIMEOUT_S = 600.0
INCLUDED_FILES = "codex-orch-included"
"""In a worktree's admin folder: the ignored files that were copied in, NUL-separated. They are never committed."""

_PLAIN_TAGS = b"HMRCK?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A tree that is in the object store; the clean folder's index matches it. The paths are raw."""

    tree: str
    nested: tuple[bytes, ...] = ()
    """Repositories within the worktree: left out."""
    kept_out: tuple[bytes, ...] = ()
    """Copied-in files that are no longer ignored: left out."""
    absent: tuple[bytes, ...] = ()
    """Files that a sparse checkout leaves away: taken from the commit."""


async def stage_worktree(git: Git, clean: CleanDir, *, work_tree: Path, admin_dir: Path, tip: str) -> Staged:
    """Write the worktree's present files as a tree.

    Args:
        git: How git is run.
        clean: A clean folder; its index is filled.
        work_tree: The worktree, verified.
        admin_dir: Where git keeps it.
        tip: The commit that it stands on.

    Raises:
        GitError: A file could not be read, or the disk is full.
    """
    place = clean.place(work_tree=work_tree)
    await _seed(git, place, clean.index, admin_dir / "index", tip)
    absent = await _clear_flags(git, place, work_tree)
    # Exit code 1: some files differ, which is what we are here for.
    refresh = ("update-index", "-q", "--refresh")
    await git.run(place, *refresh, ok_codes=(0, 1), timeout_s=STAGE_TIMEOUT_S)
    listed = await git.run(
        place,
        *("ls-files", "-z", "-t", "--others", "--modified", "--deleted", "--exclude-standard"),
        timeout_s=STAGE_TIMEOUT_S,
    )
    known: dict[bytes, None] = {}
    new: list[bytes] = []
    nested: list[bytes] = []
    kept_out: list[bytes] = []
    included = included_files(admin_dir)
    for record in listed.fields:
        is_new, path = record[:1] == b"?", record[2:]
        if is_new and path.endswith(b"/"):
            nested.append(path)
        elif is_new and path in included:
            kept_out.append(path)
        elif is_new:
            new.append(path)
        else:
            known[path] = None
    if known or new:
        # Known ones first: a file makes room for the files of a folder of its name.
        await git.run(
            place,
            *("update-index", "--add", "--remove", "--replace", "-z", "--stdin"),
            stdin=_joined([*known, *new]),
            timeout_s=STAGE_TIMEOUT_S,
        )
    tree = (await git.run(place, "write-tree", timeout_s=STAGE_TIMEOUT_S)).line
    return Staged(tree=tree, nested=tuple(nested), kept_out=tuple(kept_out), absent=absent)


def included_files(admin_dir: Path) -> frozenset[bytes]:
    """The ignored files that were copied into the worktree."""
    try:
        return frozenset((admin_dir / INCLUDED_FILES).read_bytes().split(b"\0")) - {b""}
    except FileNotFoundError:
        return frozenset()


async def _seed(git: Git, place: Place, index: Path, source: Path, tip: str) -> None:
    """Fill the index from the commit; the worktree's own index only spares the reading of unchanged files."""
    if _copied_index(source, index):
        try:
            await git.run(place, "read-tree", "--reset", tip)
        except GitError:
            _drop(index)  # damaged, or one half of a split index
        else:
            return
    await git.run(place, "read-tree", tip)


def _copied_index(source: Path, index: Path) -> bool:
    """Copy an index with its time: git trusts an entry only when the file is older than the index."""
    try:
        shutil.copyfile(source, index)
        stat = source.stat()
        os.utime(index, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    except OSError:
        _drop(index)
        return False
    return True


def _drop(index: Path) -> None:
    index.unlink(missing_ok=True)


def _present(work_tree: Path, paths: Iterable[bytes]) -> list[bytes]:
    folder = os.fsencode(work_tree) + b"/"
    return [path for path in paths if os.path.lexists(folder + path)]


async def _clear_flags(git: Git, place: Place, work_tree: Path) -> tuple[bytes, ...]:
    """Make git look at every file: flags in the worktree's index can tell it not to.

    Returns:
        Files that are absent by a sparse checkout, so their absence is no deletion.
    """
    listed = await git.run(place, "ls-files", "-z", "-v")
    flagged = [record for record in listed.fields if record[:1] not in _PLAIN_TAGS]
    unwatched = [record[2:] for record in flagged if record[:1].islower()]
    skipped = [record[2:] for record in flagged if record[:1] in b"Ss"]
    present = _present(work_tree, skipped)
    for flag, paths in (("--no-assume-unchanged", unwatched), ("--no-skip-worktree", present)):
        if paths:
            await git.run(place, "update-index", flag, "-z", "--stdin", stdin=_joined(paths))
    return tuple(sorted(set(skipped) - set(present)))


def _joined(paths: Iterable[bytes]) -> bytes:
    return b"".join(path + b"\0" for path in paths)
