"""Which claims of a plan match nothing in the commit that its tasks start from: a remark, never a mistake."""

import asyncio
from collections.abc import Mapping

from codex_orch_tui.domain.ids import CommitId, TaskId
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.unmatched import PathTree, tree_of, unmatched
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.tracked_paths import tracked_paths


class UnmatchedPaths:
    """Looks plans over; the files of the last commit are kept.

    Args:
        repository: where the base branch is.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: tuple[CommitId, PathTree | None] | None = None

    async def of(self, plan: Plan, base_branch: str) -> Mapping[TaskId, tuple[str, ...]]:
        """Of each task, its claims that match no file; tasks without such are left out. Nothing where git is silent."""
        claims = {claim for task in plan.tasks if not task.is_group for claim in task.paths}
        if not claims:
            return {}
        try:
            tree = await self._tree(base_branch)
        except GitRepoError:
            return {}  # Whoever starts the plan says what is wrong with its base.
        missing = await asyncio.to_thread(unmatched, claims, tree) if tree is not None else frozenset()
        found = {
            task.id: tuple(dict.fromkeys(claim for claim in task.paths if claim in missing))
            for task in plan.tasks
            if not task.is_group
        }
        return {task: paths for task, paths in found.items() if paths}

    async def _tree(self, base_branch: str) -> PathTree | None:
        """The files of the branch's tip; None where there is no such branch, or too many files."""
        tip = await self._repository.tip(base_branch)
        if tip is None:
            return None
        if self._known is None or self._known[0] != tip:
            paths = await tracked_paths(self._repository, tip)
            self._known = tip, None if paths is None else await asyncio.to_thread(tree_of, paths)
        return self._known[1]


async def unmatched_at(
    repository: Repository, plan: Plan, base_branch: str | None
) -> tuple[str, Mapping[TaskId, tuple[str, ...]]]:
    """The same for a look without a session: the branch that was looked at, and what was found.

    Args:
        repository: where the plan is to run.
        plan: the plan.
        base_branch: the branch of the settings; None for the one that is checked out.
    """
    branch = base_branch or (await repository.head()).branch or ""
    return branch, await UnmatchedPaths(repository).of(plan, branch) if branch else {}
