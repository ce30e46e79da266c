"""Removing branches of ours, and backups that nobody needs any more. A branch's tip is under a backup ref before."""

from dataclasses import dataclass

from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.backup import BACKUPS, back_up_branch
from codex_orch_tui.gitrepo.errors import WorktreeBusy, WorktreeMissing
from codex_orch_tui.gitrepo.repository import BRANCHES, Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBackup:
    """A backup ref and its commit. `own_commits`: how many of its changes the base branch does not have."""

    ref: str
    commit: CommitId
    own_commits: int


async def checked_out_elsewhere(repo: Repository, worktree: Worktree) -> str:
    """The other folder that has the worktree's branch checked out; empty when none has.

    Raises:
        GitError: Git failed.
    """
    for entry in await repo.worktrees():
        if entry.branch == worktree.branch and str(entry.path) != worktree.path:
            return str(entry.path)
    return ""


async def remove_branch(repo: Repository, worktree: Worktree, ref: TaskRef) -> str:
    """Delete a branch that no folder has checked out.

    Args:
        repo: The repository.
        worktree: Names the branch; its folder is gone.
        ref: The task under whose name its tip is kept.

    Returns:
        The backup ref that holds its tip.

    Raises:
        WorktreeMissing: There is no such branch.
        WorktreeBusy: A folder has it checked out.
        GitError: Git failed, or the branch was moved meanwhile.
    """
    if holders := [str(entry.path) for entry in await repo.worktrees() if entry.branch == worktree.branch]:
        raise WorktreeBusy(f"the branch {worktree.branch} is checked out in {holders[0]}", paths=tuple(holders))
    tip = await repo.tip(worktree.branch)
    if tip is None:
        raise WorktreeMissing(f"there is no branch {worktree.branch}")
    backup_ref = await _kept_as(repo, ref, tip) or (await back_up_branch(repo, worktree, ref)).ref
    # With the old id: a commit that came in between is in no backup.
    await repo.git.run(repo.main(), "update-ref", "-d", BRANCHES + worktree.branch, tip)
    return backup_ref


async def backups_of(repo: Repository, ref: TaskRef, base_branch: str) -> tuple[KeptBackup, ...]:
    """What is kept under the name of a task, compared with the base branch, change by change.

    Raises:
        GitError: Git failed.
    """
    listed = await repo.git.run(
        repo.main(), "for-each-ref", "--format=%(objectname) %(refname)", f"{BACKUPS}{ref}/", timeout_s=60
    )
    base = await repo.tip(base_branch)
    found = []
    for line in listed.line.splitlines():
        commit, _, name = line.partition(" ")
        found.append(KeptBackup(ref=name, commit=CommitId(commit), own_commits=await _own_commits(repo, commit, base)))
    return tuple(found)


async def remove_backup(repo: Repository, backup: KeptBackup) -> None:
    """Let go of a backup whose changes the base branch has.

    Raises:
        GitError: Git failed, or it was moved meanwhile.
    """
    assert backup.own_commits == 0, "what only a backup holds stays"
    await repo.git.run(repo.main(), "update-ref", "-d", backup.ref, backup.commit)


async def _own_commits(repo: Repository, commit: str, base: CommitId | None) -> int:
    """How many commits make a change that no commit of the base branch makes; merges count, they have no such name."""
    if base is None:
        return 1
    counted = await repo.git.run(
        repo.main(), "rev-list", "--count", "--cherry-pick", "--right-only", f"{base}...{commit}", "--"
    )
    return int(counted.line)


async def _kept_as(repo: Repository, ref: TaskRef, tip: CommitId) -> str:
    """The backup of the task that is this very commit already; empty when none is."""
    listed = await repo.git.run(
        repo.main(), "for-each-ref", "--count=1", "--format=%(refname)", f"--points-at={tip}", f"{BACKUPS}{ref}/"
    )
    return listed.line
