"""Makes the worktree that a task begins in: one of its own, or its run's shared one."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import CommitId, RunId, TaskId
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.unmatched import tree_of, unmatched
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.branch_names import check_branch_name
from codex_orch_tui.gitrepo.errors import BranchExists
from codex_orch_tui.gitrepo.include import copy_included
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.tracked_paths import tracked_paths
from codex_orch_tui.gitrepo.worktree_state import verify
from codex_orch_tui.gitrepo.worktrees import Worktrees
from codex_orch_tui.services.errors import WorkspaceError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.run_graphs import RunGraphs
from codex_orch_tui.services.starting_point import Start, starting_point
from codex_orch_tui.store.layout import Layout

SHARED = TaskId("workspace-shared")
"""Stands for the task's id in the branch and the folder of a worktree that a run shares."""


class NewWorktrees:
    """Makes worktrees for tasks that begin.

    Args:
        hub: where events go.
        repository: the person's repository.
        layout: where worktrees are kept.
        worktrees: all of them.
        branch_for: the branch that the template names.
    """

    def __init__(
        self,
        hub: Hub,
        repository: Repository,
        layout: Layout,
        worktrees: Worktrees,
        branch_for: Callable[[RunId, TaskId, float], str],
    ) -> None:
        self._hub = hub
        self._repository = repository
        self._layout = layout
        self._worktrees = worktrees
        self._branch_for = branch_for
        self._graphs = RunGraphs()

    async def make(self, task: Task) -> bool:
        """Give the task its worktree; tells whether its folder is new.

        Raises:
            GitRepoError: git did not make it; nothing is left of it.
            WorkspaceError: there is nothing to start from.
            JournalError: the intent could not be kept.
        """
        await self._repository.identity()
        if self._is_shared(task) and (shared := self._shared(task)):
            await self._take_shared(task, shared)
            return False
        state = self._hub.state
        start = await starting_point(self._repository, state, task, self._graphs.needs(state, task.ref.run))
        if start is None:
            message = f"the base branch {task.base_branch} does not exist any more"
            raise WorkspaceError(Fault(kind=FaultKind.GIT, message=message, next_step="start the task on another base"))
        await self._add(task, start)
        await self._tell_oddities(task, start)
        return True

    async def _add(self, task: Task, start: Start) -> None:
        branch, path = await self._free_place(task)
        planned = Worktree(path=str(path), branch=branch, base_branch=task.base_branch, base_commit=start.commit)
        await self._hub.record(ev.WorktreePlanned(ref=task.ref, worktree=planned))
        reason = f"in use by {'run ' + task.ref.run if self._is_shared(task) else f'task {task.ref}'}"
        made = await self._worktrees.add(
            path, branch=branch, base_branch=task.base_branch, base_commit=start.commit, reason=reason
        )
        included = await copy_included(self._repository, made, root=self._worktrees.root)
        self._hub.apply(
            ev.WorktreeCreated(
                ref=task.ref,
                worktree=made,
                copied=included.copied,
                joins=start.joins,
                base_tip=start.base_tip if start.joins else None,
                conflicts=start.conflicts,
            )
        )
        for name, reason in included.skipped:
            self._warn(task, f"{name} was not copied: {reason}")

    async def _tell_oddities(self, task: Task, start: Start) -> None:
        if start.base_tip is None:
            self._warn(task, f"the base branch {task.base_branch} does not exist any more; a merge will need it")
        if not task.spec.paths:
            return
        if (paths := await tracked_paths(self._repository, start.commit)) is None:
            return
        missing = await asyncio.to_thread(lambda: unmatched(task.spec.paths, tree_of(paths)))
        if missed := [path for path in task.spec.paths if path in missing]:
            self._warn(task, f"there is no file yet in the paths that it claims: {', '.join(missed)}")

    # -- shared -------------------------------------------------------------------------------------------------

    def _is_shared(self, task: Task) -> bool:
        return sel.shares_worktree(self._hub.state, task)

    def _shared(self, task: Task) -> Worktree | None:
        """The worktree that another task of the run has made for all."""
        state = self._hub.state
        others = (state.tasks[ref] for ref in state.runs[task.ref.run].tasks)
        return next((one.worktree for one in others if one.worktree is not None and not one.worktree_removed), None)

    async def _take_shared(self, task: Task, shared: Worktree) -> None:
        """The task stands on what the tasks before it have committed."""
        found = await verify(self._repository, shared, root=self._worktrees.root)
        base = await self._repository.tip(task.base_branch)
        worktree = Worktree(path=shared.path, branch=shared.branch, base_branch=task.base_branch, base_commit=found.tip)
        self._hub.apply(
            ev.WorktreeCreated(ref=task.ref, worktree=worktree, base_tip=base or CommitId(shared.base_commit))
        )

    # -- places -------------------------------------------------------------------------------------------------

    async def _free_place(self, task: Task) -> tuple[str, Path]:
        """Branch and folder; with a number where a cut-off start left one of that name behind."""
        run, name = task.ref.run, task.ref.task
        created_at_s = task.created_at_s
        if self._is_shared(task):
            name, created_at_s = SHARED, self._hub.state.runs[run].created_at_s
        branch = self._branch_for(run, name, created_at_s)
        path = self._layout.worktree(run, name)
        for number in range(2, 100):
            try:
                await check_branch_name(self._repository, branch)
            except BranchExists:
                pass
            else:
                if not path.exists():
                    return branch, path
            branch = f"{self._branch_for(run, name, created_at_s)}-{number}"
            path = self._layout.worktree(run, TaskId(f"{name}-{number}"))
        message = f"no free branch name like {branch}"
        raise WorkspaceError(Fault(kind=FaultKind.GIT, message=message, next_step="change branch_template"))

    def _warn(self, task: Task, text: str) -> None:
        self._hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.WARNING, text=text))
