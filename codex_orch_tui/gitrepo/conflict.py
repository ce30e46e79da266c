"""A clash with the base, laid out for whoever resolves it.

An update that clashes moves nothing. When the person wants the worker to resolve it, the clash has to be in the
files: the branch is put on the base tip, and the worktree holds the merge of both sides with conflict markers, as
edits that are in no commit. The next commit of the worktree is then the resolution, and history stays one line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.domain.terminal_text import clean_name
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.move import move_worktree, uncommitted
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktree_state import verify

TASK_SIDE = "your-edits"
"""What the task's side is called in conflict markers; the other side has the base branch's name."""

_MARKERS = "^(<<<<<<<|>>>>>>>)( |$)"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """The worktree on its new base, and the files that hold conflict markers."""

    worktree: Worktree
    paths: tuple[str, ...]


async def lay_out_conflict(repo: Repository, worktree: Worktree, *, root: Path | None = None) -> LaidOut | Refusal:
    """Put the branch on its base's tip and the merge of both, with conflict markers, into the folder.

    The caller has saved the old tip: afterwards the branch no longer names it.

    Args:
        repo: The repository.
        worktree: The task's worktree, without edits that are in no commit.
        root: The folder that the worktree must lie below.

    Returns:
        What there is to resolve, or why nothing was moved.

    Raises:
        WorktreeError: The worktree is not what it was.
        GitError: Git failed.
    """
    found = await verify(repo, worktree, root=root)
    base = await repo.tip(worktree.base_branch)
    if base is None:
        message = f"there is no branch {worktree.base_branch} any more"
        return Refusal(reason=RefusalReason.BASE_MISSING, message=message)
    if refusal := await uncommitted(repo, found):
        return refusal
    with repo.clean(index=found.admin_dir / "index") as clean:
        # The markers carry the names that merge-tree is given: names help, ids do not.
        names_of = {f"refs/heads/{worktree.base_branch}": base, f"refs/heads/{TASK_SIDE}": found.tip}
        for name, commit in names_of.items():
            await repo.git.run(clean.place(), "update-ref", name, commit)
        merged = await repo.git.run(
            clean.place(),
            *("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", worktree.base_branch, TASK_SIDE),
            ok_codes=(0, 1),
        )
        tree, *names = merged.fields
        # The branch goes to the base itself: what the folder holds beyond it are edits, and no commit.
        if refusal := await move_worktree(repo, clean, worktree, found, base, files=tree.decode()):
            return refusal
    moved = Worktree(path=worktree.path, branch=worktree.branch, base_branch=worktree.base_branch, base_commit=base)
    paths = tuple(dict.fromkeys(clean_name(name) for name in names if name))
    return LaidOut(worktree=moved, paths=paths)


async def files_with_markers(repo: Repository, branch: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Which of these files still hold conflict markers in the branch's commit.

    Raises:
        GitError: There is no such branch.
    """
    if not paths:
        return ()
    tip = await repo.tip(branch)
    with repo.clean() as clean:
        found = await repo.git.run(
            clean.place(), *("grep", "-z", "-l", "-I", "-E", _MARKERS, str(tip), "--"), ok_codes=(0, 1)
        )
    # Compared as they are shown: the names that the caller has are clean, git's own need not be.
    marked = {clean_name(name.partition(b":")[2]) for name in found.fields}
    return tuple(path for path in paths if path in marked)
