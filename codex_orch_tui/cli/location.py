"""Where a repository lies, read from its files and without starting git: quick, and enough for a look.

Whoever works in a repository opens it (gitrepo/discovery.py), where git has the last word.
"""

import os
from pathlib import Path

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A repository's main worktree and its common git folder."""

    main_worktree: Path
    git_folder: Path


def locate(folder: Path) -> Location | None:
    """The repository around a folder; None outside of one, for a bare one, and for one whose path is not UTF-8."""
    resolved = folder.resolve()
    for place in (resolved, *resolved.parents):
        entry = place / ".git"
        if (entry / "HEAD").is_file():
            found: Location | None = Location(main_worktree=place, git_folder=entry)
        elif entry.is_file():
            found = _behind(entry)
        else:
            continue
        return found if found is not None and _is_utf8(found.main_worktree) else None
    return None


def refuse(folder: Path) -> None:
    """Say why a folder that `locate` knows nothing of cannot be worked in; git finds the words.

    Raises:
        CommandFailedError: Always, unless git knows a repository there after all.
    """
    import asyncio

    from codex_orch_tui.gitrepo.errors import GitRepoError
    from codex_orch_tui.gitrepo.repository import Repository

    try:
        asyncio.run(Repository.open(folder.absolute()))
    except GitRepoError as error:
        sentence = f"{error.message} → {error.next_step}" if error.next_step else error.message
        raise CommandFailedError(sentence, ExitCode.NOT_USABLE) from error


def located(folder: Path) -> Location:
    """The repository around a folder.

    Raises:
        CommandFailedError: There is none that can be worked in; it says what to do.
    """
    location = locate(folder)
    if location is None:
        refuse(folder)
        told = f"the main checkout cannot be found from {folder.absolute()} → go to the main checkout itself"
        raise CommandFailedError(told, ExitCode.NOT_USABLE)
    return location


def _is_utf8(folder: Path) -> bool:
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        return False
    return True


def _behind(pointer: Path) -> Location | None:
    """What a `.git` file leads to: `gitdir: <main>/.git/worktrees/<name>`, or the git folder of this worktree itself.

    None for a linked worktree of a git folder that lies elsewhere: only git's settings may tell its main worktree.
    """
    told = os.fsdecode(pointer.read_bytes()[:4096]).removeprefix("gitdir:").strip()
    admin = (pointer.parent / told).resolve()
    if (admin / "commondir").is_file() and admin.parent.name == "worktrees":
        common = admin.parent.parent
        return Location(main_worktree=common.parent, git_folder=common) if common.name == ".git" else None
    return Location(main_worktree=pointer.parent, git_folder=admin)
