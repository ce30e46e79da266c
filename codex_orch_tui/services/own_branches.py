"""Branches of ours: what they are called, and a last look before one is deleted."""

from datetime import datetime

from codex_orch_tui.domain.ids import RunId, TaskId
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.branch_removal import checked_out_elsewhere
from codex_orch_tui.gitrepo.repository import Repository


def branch_named(template: str, run: RunId, task: TaskId, created_at_s: float) -> str:
    """The branch that a template names."""
    date = datetime.fromtimestamp(created_at_s).astimezone().strftime("%Y-%m-%d")
    return template.format(date=date, id=run, task=task)


async def why_it_stays(
    repository: Repository, state: State, run: RunId, worktree: Worktree, *, leftover: str = ""
) -> str:
    """Why the branch of a worktree must not be deleted, whatever was found of it before; empty when it may be.

    A branch of a person may have the name that somebody took down wrongly, so the names are looked up again: in what
    the journal says that we made.

    Args:
        repository: the person's repository.
        state: what is known.
        run: whose branch it is said to be.
        worktree: names the branch.
        leftover: the name that a landing of the run gave, where the journal tells only of a later landing.

    Raises:
        GitRepoError: git does not tell.
    """
    branch = worktree.branch
    if await repository.tip(branch) is None:
        return ""
    if bases := [one.id for one in state.runs.values() if one.base_branch == branch and not one.folder_removed]:
        return f"{branch} is the base branch of run {bases[0]} → codex-orch-tui prune --run-id {bases[0]} comes first"
    landing = state.runs[run].landing
    tasks = (state.tasks[ref] for ref in state.runs[run].tasks)
    ours = {task.worktree.branch for task in tasks if task.worktree is not None}
    if branch not in ours | {leftover} | ({landing.worktree.branch} if landing is not None else set()):
        return f"{branch} is no branch that run {run} made"
    if elsewhere := await checked_out_elsewhere(repository, worktree):
        return f"{branch} is checked out in {elsewhere} → switch branches there"
    return ""
