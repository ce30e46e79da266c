"""Whether a worktree of ours is still what git and we made it; looked at before anything is done in it.

An agent may delete its folder, replace it by a symlink, write another `.git` into it or switch branches. Git would then
work somewhere else, silently. So the folder, its `.git` file and git's own record must agree.
"""

import asyncio
import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.checkout import CheckoutEdits
from codex_orch_tui.gitrepo.errors import (
    BranchSwitched,
    OutsideRoot,
    WorktreeBusy,
    WorktreeMissing,
    WorktreeReplaced,
)
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktree_list import Unfinished, unfinished_in

_POINTER_BYTES = 16 * 1024


class Condition(StrEnum):
    """How a worktree is found."""

    PRESENT = "present"
    MISSING = "missing"
    """No folder there: deleted or moved."""
    REPLACED = "replaced"
    """Something else stands there: a symlink, a file, another repository."""
    UNREGISTERED = "unregistered"
    """The folder is there and git no longer knows it."""
    SWITCHED = "switched"
    """Another branch is checked out in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeStatus:
    """How a worktree is found. `edits` is None unless its folder is ours to look at.

    `tip` is the commit of the task's branch; None when the branch is gone.
    """

    condition: Condition
    message: str = ""
    next_step: str = ""
    tip: CommitId | None = None
    branch_now: str | None = None
    edits: CheckoutEdits | None = None
    unfinished: Unfinished | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A worktree that was looked at: its folder, git's folder for it and its branch's commit."""

    path: Path
    admin_dir: Path
    tip: CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What the file system says."""

    condition: Condition
    message: str = ""
    admin_dir: Path | None = None


def inspect(repo: Repository, path: Path) -> Inspection:
    """Compare the folder, its `.git` file and git's record of it; reads only."""
    admin_dir = repo.admin_dir(path)
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return Inspection(condition=Condition.MISSING, message=f"the folder {path} is gone", admin_dir=admin_dir)
    if stat.S_ISLNK(mode):
        message = f"{path} is a symlink now, to {os.readlink(path)}"  # noqa: PTH115 - the text, not a path
        return Inspection(condition=Condition.REPLACED, message=message, admin_dir=admin_dir)
    if not stat.S_ISDIR(mode):
        message = f"{path} is no folder any more"
        return Inspection(condition=Condition.REPLACED, message=message, admin_dir=admin_dir)
    if path.parent.resolve() != path.parent:
        message = f"a folder above {path} is a symlink now, to {path.parent.resolve()}"
        return Inspection(condition=Condition.REPLACED, message=message, admin_dir=admin_dir)
    if admin_dir is None:
        return Inspection(condition=Condition.UNREGISTERED, message=f"git no longer knows the worktree {path}")
    if _pointed_to(path / ".git") != admin_dir.resolve():
        message = f"{path}/.git is not what git put there"
        return Inspection(condition=Condition.REPLACED, message=message, admin_dir=admin_dir)
    return Inspection(condition=Condition.PRESENT, admin_dir=admin_dir)


async def verify(repo: Repository, worktree: Worktree, *, root: Path | None = None) -> Verified:
    """Make sure that a worktree can be worked in.

    Args:
        repo: Its repository.
        worktree: The worktree.
        root: The folder that it must lie below.

    Raises:
        OutsideRoot, WorktreeMissing, WorktreeReplaced, BranchSwitched, WorktreeBusy: It cannot.
    """
    path = Path(worktree.path)
    if root is not None:
        check_below(root, path)
    found = await asyncio.to_thread(inspect, repo, path)
    step = "the branch and its commits are kept; repair the worktree to get the folder back"
    match found.condition:
        case Condition.MISSING | Condition.UNREGISTERED:
            raise WorktreeMissing(found.message, next_step=step, paths=(worktree.path,))
        case Condition.REPLACED:
            raise WorktreeReplaced(
                found.message, next_step=f"move {path} away, then repair the worktree", paths=(worktree.path,)
            )
        case Condition.PRESENT | Condition.SWITCHED:
            pass
    assert found.admin_dir is not None
    branch = await branch_in(repo, found.admin_dir)
    unfinished = await asyncio.to_thread(unfinished_in, found.admin_dir)
    if unfinished is not None:
        raise WorktreeBusy(
            f"a {unfinished.name} is unfinished in {path}",
            next_step=f"end it there: {unfinished.how_to_end}",
            paths=(worktree.path,),
        )
    tip = await repo.tip(worktree.branch)
    if branch != worktree.branch or tip is None:
        raise BranchSwitched(
            f"{path} is on {branch or 'no branch'} and not on {worktree.branch}"
            if branch != worktree.branch
            else f"the branch {worktree.branch} is gone",
            next_step=f"switch back in that folder: git switch {worktree.branch}",
            paths=(worktree.path,),
        )
    return Verified(path=path, admin_dir=found.admin_dir, tip=tip)


def check_below(root: Path, path: Path) -> None:
    """Raise unless a path lies below our root, also after every symlink above it is followed.

    Args:
        root: Our root, without symlinks.
        path: A worktree's folder; it need not exist.

    Raises:
        OutsideRoot: It does not.
    """
    real = path.parent.resolve() / path.name
    is_plain = path.is_absolute() and path.name not in {"", ".."} and ".." not in path.parts
    if not is_plain or path == root or not path.is_relative_to(root) or not real.is_relative_to(root):
        raise OutsideRoot(f"{path} is not below {root}, where this program keeps its worktrees", paths=(str(path),))


async def branch_in(repo: Repository, admin_dir: Path) -> str | None:
    """The branch that is checked out in a worktree; None when detached."""
    place = repo.main_of(admin_dir)
    result = await repo.git.run(place, "symbolic-ref", "--quiet", "HEAD", ok_codes=(0, 1))
    return result.line.removeprefix("refs/heads/") if result.exit_code == 0 else None


def _pointed_to(pointer: Path) -> Path | None:
    """Where a `.git` file points; None when it is no plain file of that kind."""
    try:
        descriptor = os.open(pointer, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = os.read(descriptor, _POINTER_BYTES)
    finally:
        os.close(descriptor)
    if not content.startswith(b"gitdir:"):
        return None
    target = os.fsdecode(content.removeprefix(b"gitdir:").strip())
    return (pointer.parent / target).resolve()
