"""Update a task from its base: its commits are replayed on the base tip, and nothing moves until that is known to work.

The commits are made first (replay.py). Only then the branch moves, by compare-and-swap, and the files follow. All of it
in a clean git folder: no merge driver, filter or hook runs.
"""

from pathlib import Path

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.merge import Refusal, RefusalReason, Updated
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.errors import IndexLocked, WorktreeError
from codex_orch_tui.gitrepo.index_lock import IndexLock
from codex_orch_tui.gitrepo.move import move_worktree, uncommitted
from codex_orch_tui.gitrepo.replay import MAX_COMMITS, Replay
from codex_orch_tui.gitrepo.repository import Identity, Repository
from codex_orch_tui.gitrepo.worktree_state import verify


async def update_from_base(
    repo: Repository, worktree: Worktree, *, identity: Identity, root: Path | None = None
) -> Updated | Refusal:
    """Replay a task's commits on the tip of its base branch.

    The caller keeps the old tip (it is in the result and in the branch's reflog) and takes `Updated.base` as the
    task's new base commit.

    Args:
        repo: The repository.
        worktree: The task's worktree; its commits are those after `base_commit`.
        identity: The committer; authors and messages are kept.
        root: The folder that the worktree must lie below.

    Returns:
        What was moved, or why nothing was.

    Raises:
        GitError: Git failed; nothing was moved unless the message says so.
    """
    try:
        found = await verify(repo, worktree, root=root)
        await IndexLock.of_index(found.admin_dir / "index").check()
    except WorktreeError as error:
        return _refusal(RefusalReason.WORKTREE, error.message, step=error.next_step)
    except IndexLocked as error:
        return _refusal(RefusalReason.INDEX_LOCKED, error.message, error.paths, error.next_step)
    base = await repo.tip(worktree.base_branch)
    if base is None:
        return _refusal(RefusalReason.BASE_MISSING, f"there is no branch {worktree.base_branch} any more")
    if await repo.is_merged(base, found.tip):
        return Updated(branch=worktree.branch, base=base, old_tip=found.tip, new_tip=found.tip)
    if refusal := await uncommitted(repo, found):
        return refusal
    with repo.clean(index=found.admin_dir / "index") as clean:
        replayed = await _replay(repo, clean, worktree.base_commit, found.tip, base, identity)
        if isinstance(replayed, Refusal):
            return replayed
        refusal = await move_worktree(repo, clean, worktree, found, replayed.tip)
    return refusal or Updated(
        branch=worktree.branch,
        base=base,
        old_tip=found.tip,
        new_tip=replayed.tip,
        replayed=replayed.count,
        dropped=tuple(replayed.dropped),
    )


async def _replay(
    repo: Repository, clean: CleanDir, since: CommitId, tip: CommitId, base: CommitId, identity: Identity
) -> Replay | Refusal:
    """Make the new commits; they are objects that nothing names yet."""
    replay = await Replay.on(repo, clean, base, identity)
    links = await replay.links(tip, (since,))
    if any(len(link.parents) != 1 for link in links):
        return _refusal(
            RefusalReason.MERGE_COMMITS,
            "the task's branch has merge commits, which cannot be replayed one by one",
            step="merge the base into the branch by hand in the task's worktree",
        )
    if len(links) > MAX_COMMITS:
        return _refusal(
            RefusalReason.MERGE_COMMITS,
            f"{len(links)} commits are too many to replay (at most {MAX_COMMITS})",
            step="rebase the branch by hand in the task's worktree",
        )
    for link in links:
        if clash := await replay.put(link.commit, link.parents[0]):
            return _refusal(
                RefusalReason.CONFLICT,
                f"“{clash.subject}” and the new base changed the same lines of {len(clash.paths)} files",
                clash.paths,
                "send the conflict to the worker as a message, or resolve it by hand in the task's worktree",
            )
    return replay


def _refusal(reason: RefusalReason, message: str, paths: tuple[str, ...] = (), step: str = "") -> Refusal:
    return Refusal(reason=reason, message=message, paths=paths, next_step=step)
