"""The paths of a commit."""

import os

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.gitrepo.repository import Repository

MAX_BYTES = 64 * 1024 * 1024
"""Of names; a commit with more is not looked at."""


async def tracked_paths(repo: Repository, commit: CommitId) -> tuple[str, ...] | None:
    """Every file of a commit, by its path from the top; None where there are too many.

    Names are as git has them: clean them before they are shown.

    Raises:
        GitError: There is no such commit.
    """
    listed = await repo.git.run(
        repo.main(), "ls-tree", "-r", "-z", "--name-only", "--end-of-options", commit, max_bytes=MAX_BYTES
    )
    return None if listed.is_cut else tuple(map(os.fsdecode, listed.fields))
