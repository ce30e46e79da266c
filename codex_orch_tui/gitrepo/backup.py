"""Backups: refs that keep what a worktree holds before it is removed.

`refs/codex-orch/backup/<run>/<task>/<n>` names the branch's tip or, when the worktree held edits, a commit of them on
top of the tip. Git shows such refs to nobody who does not ask for them, and never drops their commits.
"""

from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.errors import GitError, WorktreeMissing
from codex_orch_tui.gitrepo.repository import Identity, Repository
from codex_orch_tui.gitrepo.staging import stage_worktree
from codex_orch_tui.gitrepo.worktree_state import verify

BACKUPS = "refs/codex-orch/backup/"
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What was saved. `has_edits`: `commit` is one of ours with the worktree's edits, on top of `tip`."""

    ref: str
    commit: CommitId
    tip: CommitId
    has_edits: bool = False


async def back_up_branch(repo: Repository, worktree: Worktree, ref: TaskRef) -> Backup:
    """Save a branch's tip; its folder is not looked at and may be gone.

    Raises:
        WorktreeMissing: The branch is gone.
        GitError: Git failed.
    """
    tip = await repo.tip(worktree.branch)
    if tip is None:
        raise WorktreeMissing(f"there is no branch {worktree.branch} to save")
    return Backup(ref=await _store(repo, ref, tip), commit=tip, tip=tip)


async def back_up_worktree(
    repo: Repository, worktree: Worktree, ref: TaskRef, identity: Identity, *, root: Path | None = None
) -> Backup:
    """Save a branch's tip together with the edits in its folder that are in no commit.

    Args:
        repo: The repository.
        worktree: The worktree, with its folder.
        ref: The task that it belongs to.
        identity: Who commits.
        root: The folder that it must lie below.

    Raises:
        WorktreeError: The folder is not what it was; `back_up_branch` still can save the branch.
        GitError: Git failed.
    """
    found = await verify(repo, worktree, root=root)
    with repo.clean() as clean:
        staged = await stage_worktree(repo.git, clean, work_tree=found.path, admin_dir=found.admin_dir, tip=found.tip)
        has_edits = staged.tree != await saved_tree(repo, found.tip)
        commit = found.tip
        if has_edits:
            message = f"Edits of {ref} that were in no commit\n\nSaved by codex-orch-tui.\n"
            made = await repo.git.run(
                clean.place(),
                *("commit-tree", staged.tree, "-p", found.tip, "-F", "-"),
                stdin=message.encode(),
                env=identity.environment(),
            )
            commit = CommitId(made.line)
    return Backup(ref=await _store(repo, ref, commit), commit=commit, tip=found.tip, has_edits=has_edits)


async def is_saved(repo: Repository, commit: str, *, base: str) -> bool:
    """Whether a commit is in the base branch or under a backup ref."""
    listed = await repo.git.run(
        repo.main(), "for-each-ref", "--count=1", f"--contains={commit}", f"refs/heads/{base}", BACKUPS
    )
    return bool(listed.stdout)


async def saved_tree(repo: Repository, commit: str) -> str:
    """The tree of a commit."""
    return (await repo.git.run(repo.main(), "rev-parse", "--verify", f"{commit}^{{tree}}")).line


async def _store(repo: Repository, ref: TaskRef, commit: CommitId) -> str:
    """Store a commit under the next free number."""
    prefix = f"{BACKUPS}{ref}/"
    listed = await repo.git.run(repo.main(), "for-each-ref", "--format=%(refname)", prefix)
    taken = [line.rpartition("/")[2] for line in listed.line.splitlines()]
    number = max((int(text) for text in taken if text.isdigit()), default=0)
    for attempt in range(1, _ATTEMPTS + 1):
        name = f"{prefix}{number + attempt}"
        try:
            # The null id: git refuses when somebody else has just made this one.
            await repo.git.run(repo.main(), "update-ref", name, commit, repo.null_id)
        except GitError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return name
    raise AssertionError("the loop returns or raises")
