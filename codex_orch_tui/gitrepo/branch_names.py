"""Whether a branch can be made under a name."""

import os
import re
from collections.abc import Iterable, Iterator

from codex_orch_tui.gitrepo.errors import BranchBlocked, BranchExists, BranchNameInvalid
from codex_orch_tui.gitrepo.repository import BRANCHES, Repository

_PLAIN = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_-]*/)+[A-Za-z0-9_][A-Za-z0-9_-]*")
"""Names that git allows for sure; about any other it is asked."""


async def check_branch_name(repo: Repository, branch: str) -> None:
    """Raise when a branch of this name cannot be made; see `check_branch_names`."""
    await check_branch_names(repo, (branch,))


async def check_branch_names(repo: Repository, branches: Iterable[str]) -> None:
    """Raise when one of these branches cannot be made.

    Args:
        repo: The repository.
        branches: The names without `refs/heads/`.

    Raises:
        BranchNameInvalid: Git does not allow it.
        BranchExists: There is one.
        BranchBlocked: `a` is there and `a/b` is wanted, or the other way round.
    """
    wanted = tuple(branches)
    for branch in wanted:
        if not _PLAIN.fullmatch(branch) and not await _is_valid(repo, branch):
            raise BranchNameInvalid(
                f"git does not allow a branch named {branch!r}",
                next_step="change the branch template: no spaces, no '..', no '~^:?*[\\', no part ending in '.lock'",
            )
    listed = await repo.git.run(repo.main(), "for-each-ref", "--format=%(refname)", BRANCHES)
    # A file system that ignores case keeps `Orch` and `orch` in one file.
    fold = str.casefold if repo.settings.carried.get("core.ignorecase") == "true" else str
    names = [os.fsdecode(line).removeprefix(BRANCHES) for line in listed.stdout.splitlines()]
    taken = {fold(name): name for name in names}
    folders = {folder: taken[name] for name in taken for folder in _above(name)}
    for branch in wanted:
        name = fold(branch)
        if other := taken.get(name):
            raise BranchExists(
                f"there is a branch {other} already", next_step="change the branch template or the task's name"
            )
        if other := next((taken[folder] for folder in _above(name) if folder in taken), None):
            raise BranchBlocked(
                f"the branch {other} is in the way: git cannot have it and {branch} at once",
                next_step=f"rename it (git branch -m {other} {other}-old), or change the branch template",
            )
        if other := folders.get(name):
            raise BranchBlocked(
                f"the branch {other} is in the way: git cannot have it and {branch} at once",
                next_step="change the branch template or the task's name",
            )


def _above(branch: str) -> Iterator[str]:
    """The folders that a branch lies in: `a` and `a/b` of `a/b/c`."""
    parts = branch.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


async def _is_valid(repo: Repository, branch: str) -> bool:
    if "\0" in branch or branch.startswith("-") or branch == "HEAD" or not branch.isprintable():
        return False  # what cannot be an argument, or would read as another thing than it is
    checked = await repo.git.run(repo.main(), "check-ref-format", BRANCHES + branch, ok_codes=(0, 1))
    return checked.exit_code == 0
