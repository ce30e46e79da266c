"""What is odd about a plan that can be run: claims on paths that match no file, where there is a repository."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.settings import load_settings
from codex_orch_tui.domain.unmatched import told_unmatched
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.unmatched_paths import unmatched_at

if TYPE_CHECKING:
    from codex_orch_tui.domain.plan import Plan


def remarks(place: Place, plan: "Plan") -> Iterator[str]:
    """One line for each task with such claims."""
    if not any(task.paths for task in plan.tasks):
        return
    wanted = load_settings(place.repo, place.config).config.base_branch
    try:
        repository = asyncio.run(Repository.open(place.repo.absolute()))
        branch, found = asyncio.run(unmatched_at(repository, plan, wanted))
    except GitRepoError:
        return  # There is nothing to look at; the plan is good all the same.
    for task, paths in found.items():
        yield f"remark: {task}: paths: {told_unmatched(paths, branch)}"
