"""The pipelines of the repository around a folder, and the worktree that one is to run in."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.services.pipeline_run import PipelinePlace, PipelineRuns

if TYPE_CHECKING:
    from codex_orch_tui.domain.ids import CommitId
    from codex_orch_tui.gitrepo.worktree_list import WorktreeEntry


def runs_here(place: Place) -> PipelineRuns:
    """What finds and runs the pipelines that there are here.

    Raises:
        CommandFailedError: not a repository to work in, or the settings are wrong.
    """
    from codex_orch_tui.cli.acting import ground_of
    from codex_orch_tui.cli.repository_files import trust_here

    ground = ground_of(place)
    return PipelineRuns(
        layout=ground.layout,
        config=ground.loaded.config,
        brought=trust_here(place).checks(),
        environ=os.environ,
    )


def place_here(place: Place, task: str | None) -> PipelinePlace:
    """The worktree of a task, or the checkout that the folder lies in.

    Raises:
        CommandFailedError: there is no such task, it is at work, or it has no worktree.
    """
    if task is not None:
        return _of_task(place, task)
    folder = place.repo.resolve()
    top = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    if top is None:
        raise CommandFailedError(f"{folder} lies in no checkout", ExitCode.NOT_USABLE)
    return PipelinePlace(worktree=top, commit=_commit_of(top))


def _of_task(place: Place, text: str) -> PipelinePlace:
    from codex_orch_tui.cli.names import find_task
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.domain.task import ACTIVE

    seen = read_state(place)
    ref = find_task(seen.state, text)
    task = seen.state.tasks[ref]
    if task.worktree is None or task.worktree_removed:
        raise CommandFailedError(f"{ref} has no worktree", ExitCode.NOT_USABLE)
    if task.state in ACTIVE and not seen.is_cut_off(task):
        raise CommandFailedError(f"{ref} is at work, and its files change → run it when the task rests")
    path = Path(task.worktree.path)
    return PipelinePlace(worktree=path, commit=_commit_of(path), task=ref)


def _commit_of(top: Path) -> "CommitId | None":
    """The commit that is checked out there; None where git does not tell."""
    import asyncio

    from codex_orch_tui.gitrepo.errors import GitRepoError

    try:
        listed = asyncio.run(_worktrees(top))
    except GitRepoError:
        return None
    return next((one.head for one in listed if one.path.resolve() == top.resolve()), None) or None


async def _worktrees(top: Path) -> "tuple[WorktreeEntry, ...]":
    from codex_orch_tui.gitrepo.repository import Repository

    return await (await Repository.open(top)).worktrees()
