"""Moving a task's worktree: its branch to another commit, its files and index to another tree, or nothing at all."""

import asyncio

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.domain.terminal_text import clean_name
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.cancel import to_the_end
from codex_orch_tui.gitrepo.checkout import read_edits
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.environment import Place
from codex_orch_tui.gitrepo.errors import GitError, IndexLocked, RefMoved
from codex_orch_tui.gitrepo.overlap import changed_paths, paths_in_the_way
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktree_state import Verified

CHECKOUT_TIMEOUT_S = 600.0


async def uncommitted(repo: Repository, found: Verified) -> Refusal | None:
    """Why the worktree cannot be moved: it holds edits that are in no commit. None when it holds none."""
    index = found.admin_dir / "index"
    with repo.clean(head=found.tip, index=index) as clean:
        edits = await read_edits(repo.git, clean, work_tree=found.path, index=index)
    if edits.is_clean:
        return None
    return Refusal(
        reason=RefusalReason.UNCOMMITTED,
        message=f"the worktree holds edits that are in no commit ({edits.summary})",
        paths=(*edits.edited, *edits.untracked),
        next_step="commit or remove them first",
    )


async def move_worktree(
    repo: Repository,
    clean: CleanDir,
    worktree: Worktree,
    found: Verified,
    commit: CommitId,
    *,
    files: str | None = None,
) -> Refusal | None:
    """Move the branch, then its files and index. Everything that can refuse is asked before.

    Args:
        repo: The repository.
        clean: A clean git folder with the worktree's index.
        worktree: The worktree; it holds no edits that are in no commit.
        found: The worktree as it was verified.
        commit: Where the branch goes.
        files: The tree that the folder shall hold; otherwise that of `commit`.

    Raises:
        GitError: Git failed; nothing was moved unless the message says so.
    """
    tree = files or commit
    changed = await changed_paths(repo.git, clean, found.tip, tree)
    blockers = await asyncio.to_thread(paths_in_the_way, found.path, changed)
    if blockers:
        return Refusal(
            reason=RefusalReason.OVERLAP,
            message=f"{len(blockers)} files in the worktree that git ignores are in the way of new files of the base",
            paths=tuple(clean_name(path) for path in blockers),
            next_step="move them away in the task's worktree",
        )
    place = clean.place(work_tree=found.path, index=found.admin_dir / "index")
    try:
        await repo.git.run(place, "read-tree", "-m", "-u", "--dry-run", found.tip, tree)
    except GitError as error:
        return _refused_by_git(error)
    return await to_the_end(_move_both(repo, place, worktree.branch, found.tip, commit, tree))


async def _move_both(
    repo: Repository, place: Place, branch: str, old: CommitId, new: CommitId, tree: str
) -> Refusal | None:
    """The branch, then the files; the branch goes back when the files cannot follow (a lock, a full disk)."""
    try:
        await repo.move_branch(branch, old=old, new=new, reason="update from the base")
    except RefMoved as error:
        return Refusal(reason=RefusalReason.BRANCH_MOVED, message=error.message, next_step=error.next_step)
    try:
        await repo.git.run(place, "read-tree", "-m", "-u", old, tree, timeout_s=CHECKOUT_TIMEOUT_S)
    except GitError as error:
        await repo.move_branch(branch, old=new, new=old, reason="update undone")
        return _refused_by_git(error)
    return None


def _refused_by_git(error: GitError) -> Refusal:
    reason = RefusalReason.INDEX_LOCKED if isinstance(error, IndexLocked) else RefusalReason.GIT_REFUSED
    return Refusal(reason=reason, message=error.message, paths=error.paths, next_step=error.next_step)
