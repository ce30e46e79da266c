"""Whether a branch can be made under a name."""

import os

from codex_orch_tui.gitrepo.errors import BranchBlocked, BranchExists, BranchNameInvalid
from codex_orch_tui.gitrepo.repository import BRANCHES, Repository


async def check_branch_name(repo: Repository, branch: str) -> None:
    """Raise when a branch of this name cannot be made.

    Args:
        repo: The repository.
        branch: The name without `refs/heads/`.

    Raises:
        BranchNameInvalid: Git does not allow it.
        BranchExists: There is one.
        BranchBlocked: `a` is there and `a/b` is wanted, or the other way round.
    """
    if not await _is_valid(repo, branch):
        raise BranchNameInvalid(
            f"git does not allow a branch named {branch!r}",
            next_step="change the branch template: no spaces, no '..', no '~^:?*[\\', no part ending in '.lock'",
        )
    listed = await repo.git.run(repo.main(), "for-each-ref", "--format=%(refname)", BRANCHES)
    # A file system that ignores case keeps `Orch` and `orch` in one file.
    fold = str.casefold if repo.settings.carried.get("core.ignorecase") == "true" else str
    wanted = fold(branch)
    for line in listed.stdout.splitlines():
        other = os.fsdecode(line).removeprefix(BRANCHES)
        taken = fold(other)
        if taken == wanted:
            raise BranchExists(
                f"there is a branch {other} already", next_step="change the branch template or the task's name"
            )
        if wanted.startswith(f"{taken}/"):
            raise BranchBlocked(
                f"the branch {other} is in the way: git cannot have it and {branch} at once",
                next_step=f"rename it (git branch -m {other} {other}-old), or change the branch template",
            )
        if taken.startswith(f"{wanted}/"):
            raise BranchBlocked(
                f"the branch {other} is in the way: git cannot have it and {branch} at once",
                next_step="change the branch template or the task's name",
            )


async def _is_valid(repo: Repository, branch: str) -> bool:
    if "\0" in branch or branch.startswith("-") or branch == "HEAD" or not branch.isprintable():
        return False  # what cannot be an argument, or would read as another thing than it is
    checked = await repo.git.run(repo.main(), "check-ref-format", BRANCHES + branch, ok_codes=(0, 1))
    return checked.exit_code == 0
