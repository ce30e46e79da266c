"""What is on a task's branch, whoever put it there."""

from dataclasses import dataclass, replace

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.task import DiffTotals, TaskCommit
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.diff import changes_between, commits_between
from codex_orch_tui.gitrepo.repository import Repository

MAX_COMMITS = 100
"""How many are listed, the newest of them; the totals are those of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchCommits:
    """The commits of a branch above its base, oldest first. `worktree` names the base commit as it is now."""

    worktree: Worktree
    commits: tuple[TaskCommit, ...]
    totals: DiffTotals


async def read_branch(repo: Repository, worktree: Worktree, tip: CommitId) -> BranchCommits:
    """Look at a branch that may have been committed to, rebased or merged into by hand.

    Args:
        repo: The repository.
        worktree: The task's worktree as it is known.
        tip: The branch's commit.

    Raises:
        GitError: Git failed.
    """
    base = await _fork_point(repo, worktree, tip)
    with repo.clean() as clean:
        listed, _ = await commits_between(repo.git, clean, base, tip, limit=MAX_COMMITS)
        commits = [
            await _measured(repo, clean, one.id, one.parents, one.subject) for one in reversed(listed) if one.parents
        ]
        totals = (await changes_between(repo.git, clean, base, tip)).totals
    return BranchCommits(worktree=replace(worktree, base_commit=base), commits=tuple(commits), totals=totals)


async def _fork_point(repo: Repository, worktree: Worktree, tip: CommitId) -> CommitId:
    """Where the branch stands on its base: a later commit than before when the person rebased it."""
    base_tip = await repo.tip(worktree.base_branch)
    if base_tip is None:
        return worktree.base_commit
    found = await repo.git.run(repo.main(), "merge-base", "--end-of-options", base_tip, tip, ok_codes=(0, 1))
    if found.exit_code != 0:
        return worktree.base_commit
    started = worktree.base_commit
    if await repo.is_merged(found.line, started) and await repo.is_merged(started, tip):
        return started  # It may have started from the results of other tasks, which the base does not have yet.
    return CommitId(found.line)


async def _measured(
    repo: Repository, clean: CleanDir, commit: CommitId, parents: tuple[CommitId, ...], subject: str
) -> TaskCommit:
    totals = (await changes_between(repo.git, clean, parents[0], commit)).totals
    return TaskCommit(
        id=commit, subject=subject, files=totals.files, insertions=totals.insertions, deletions=totals.deletions
    )
