"""Takes away what is left of runs that are over: worktrees, branches, private folders and, in a prune, their records.

Everything is looked at before it goes (services/clean_look.py), and what it is done with looks once more. A branch is
under a backup ref before it is deleted. What cannot be removed stays, with the reason; the rest goes all the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.cleaning import Cleaned, CleanHow, Kept, Part, Removed
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.task import ENDED, Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.gitrepo.backup import back_up_branch
from codex_orch_tui.gitrepo.branch_removal import remove_backup, remove_branch
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.clean_look import (
    CleanLook,
    CleanPlan,
    Place,
    Standing,
    backup_gone,
    branch_gone,
    folder_gone,
    leftover_branch,
    tmp_gone,
)
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.landing import Landing, sentence
from codex_orch_tui.services.own_branches import why_it_stays
from codex_orch_tui.services.task_locks import TaskLocks
from codex_orch_tui.services.workspace import Workspace
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.layout import Layout

_TAKEN_UP = "it has just been taken up again"


@dataclass(slots=True)
class _Told:
    """What has become of a run so far."""

    removed: list[Removed] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    def keep(self, part: Part, name: str, error: Exception) -> None:
        """Something could not be removed."""
        self.kept.append(Kept(part=part, name=clean_line(name), reason=clean_line(sentence(error))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning:
    """Cleans runs.

    Args:
        hub: where events go.
        repository: the person's repository.
        layout: where state and worktrees are.
        workspace: looks after worktrees.
        landing: gives up tasks.
        locks: of tasks.
        left: returns when nobody writes into the folder of a run that is about to be removed.
    """

    hub: Hub
    repository: Repository
    layout: Layout
    workspace: Workspace
    landing: Landing
    locks: TaskLocks
    left: Callable[[RunId], Awaitable[None]]

    async def clean(self, run: RunId, how: CleanHow) -> Cleaned:
        """See `Orchestrator.clean_run`. Called with the run's lock held."""
        done = _Told()
        try:
            plan = await self._look(run, how)
            for task in plan.give_up:
                await self._give_up(done, task)
            if plan.give_up:  # What they leave behind goes with the rest.
                plan = await self._look(run, how)
            for place in plan.places:
                await self._remove_place(done, place)
            await self._remove_files(done, plan)
        except (GitRepoError, StoreError) as error:
            raise NotPossibleError(sentence(error)) from error
        finally:
            await self.hub.flush()
        return Cleaned(run=run, removed=tuple(done.removed), kept=(*plan.kept, *done.kept), applied=True)

    @property
    def _looking(self) -> CleanLook:
        return CleanLook(
            repository=self.repository,
            layout=self.layout,
            worktrees=self.workspace.worktrees,
            branch_for=self.workspace.branch_for,
            is_held=True,
        )

    async def _look(self, run: RunId, how: CleanHow) -> CleanPlan:
        return await self._looking.of(self.hub.state, self.hub.state.runs[run], how)

    async def _give_up(self, done: _Told, task: Task) -> None:
        """Discard a task that had stopped, with a backup of all that it has."""
        async with self.locks.of(task.ref):
            if self._is_taken_up(task):
                done.keep(Part.TASK, str(task.ref), NotPossibleError(_TAKEN_UP))
                return
            if task.state is TaskState.QUEUED:
                await self.locks.supervisor.stop(task.ref, "given up: it was pruned")
            await self.locks.wound_up(task.ref)
            await self.locks.release_worker(task.ref)
            task = self.hub.state.tasks[task.ref]
            try:
                backup_ref = await self.landing.discard(task)
            except NotPossibleError as error:
                done.keep(Part.TASK, str(task.ref), error)
                return
        done.removed.append(Removed(part=Part.TASK, name=clean_line(str(task.ref)), backup_ref=backup_ref))
        if task.worktree is not None and backup_ref and not self.hub.state.runs[task.ref.run].shares_worktree:
            done.removed.append(Removed(part=Part.WORKTREE, name=clean_line(task.worktree.path)))
            done.removed.append(branch_gone(task.worktree.branch, backup_ref))

    def _is_taken_up(self, looked: Task) -> bool:
        """Something has become of a task since it was looked at: what it made since then nobody has given up."""
        now = self.hub.state.tasks[looked.ref]
        if (now.state, len(now.turns)) != (looked.state, len(looked.turns)):
            return True
        return self._looking.standing(now, self.hub.state.runs[looked.ref.run]) is not Standing.STOPPED

    async def _remove_place(self, done: _Told, place: Place) -> None:
        async with self.locks.of_all(task.ref for task in place.tasks):
            now = [self.hub.state.tasks[task.ref] for task in place.tasks]
            if [(one.state, len(one.turns)) for one in now] != [(one.state, len(one.turns)) for one in place.tasks]:
                done.keep(Part.WORKTREE, place.worktree.path, NotPossibleError(_TAKEN_UP))
                return
            for task in place.tasks:
                await self.locks.release_worker(task.ref)
            if await self._remove_folder(done, place):
                await self._remove_branch(done, place)

    async def _remove_folder(self, done: _Told, place: Place) -> bool:
        """Whether nothing of the folder is left."""
        backup_ref = ""
        try:
            if place.has_folder and not place.tasks:
                backup_ref = (await back_up_branch(self.repository, place.worktree, place.ref)).ref
            if place.has_folder:
                await self.workspace.worktrees.remove(place.worktree)
        except GitRepoError as error:
            done.keep(Part.WORKTREE, place.worktree.path, error)
            return False
        if place.has_folder:
            done.removed.append(folder_gone(place))
        for task in place.tasks:
            if not task.worktree_removed:
                self.hub.apply(ev.WorktreeRemoved(ref=task.ref))
        if not place.tasks:
            self._tell_leftover(place, backup_ref)
        return True

    def _tell_leftover(self, place: Place, backup_ref: str) -> None:
        landing = self.hub.state.runs[place.ref.run].landing
        if landing is not None and landing.worktree.path == place.worktree.path:
            self.hub.apply(ev.RunWorktreeRemoved(run=place.ref.run, backup_ref=backup_ref))
            return
        self.hub.apply(
            ev.RunLeftoverRemoved(
                run=place.ref.run, path=place.worktree.path, branch=place.worktree.branch, backup_ref=backup_ref
            )
        )

    async def _remove_branch(self, done: _Told, place: Place) -> None:
        branch = place.worktree.branch
        if not place.has_branch:
            return
        run, leftover = self.hub.state.runs[place.ref.run], ""
        if not place.tasks:
            leftover = leftover_branch(run, Path(place.worktree.path), self.workspace.branch_for)
        try:
            if why := await why_it_stays(self.repository, self.hub.state, run.id, place.worktree, leftover=leftover):
                raise NotPossibleError(why)
            backup_ref = await remove_branch(self.repository, place.worktree, place.ref)
        except (NotPossibleError, GitRepoError) as error:
            done.keep(Part.BRANCH, branch, error)
            return
        for task in place.tasks:
            self.hub.apply(ev.BranchRemoved(ref=task.ref, branch=branch, backup_ref=backup_ref))
        done.removed.append(branch_gone(branch, backup_ref))

    async def _remove_files(self, done: _Told, plan: CleanPlan) -> None:
        run = plan.run.id
        for name, path in plan.private_tmps:
            await self._remove_tmp(done, TaskRef(run, name), path)
        for backup in plan.backups:
            try:
                await remove_backup(self.repository, backup)
            except GitRepoError as error:
                done.keep(Part.BACKUP, backup.ref, error)
            else:
                self.hub.apply(ev.RunBackupRemoved(run=run, backup_ref=backup.ref, commit=backup.commit))
                done.removed.append(backup_gone(backup))
        if plan.run_folder is None:
            return
        if done.kept:
            reason = "not everything of the run could be removed"
            done.keep(Part.RUN_FOLDER, str(plan.run_folder), NotPossibleError(reason))
        else:
            await self._remove_run_folder(done, run, str(plan.run_folder))

    async def _remove_tmp(self, done: _Told, owner: TaskRef, path: Path) -> None:
        """Remove a private TMPDIR, unless its task goes on all the same: the look is some time ago."""
        ref = TaskRef(owner.run, TaskId(owner.task.partition(".")[0]))  # No id has a dot: TASK.checks is the task's.
        async with self.locks.of(ref):
            task = self.hub.state.tasks.get(ref)
            try:
                if task is not None and task.state is not TaskState.DONE and task.state not in ENDED:
                    raise NotPossibleError("its task was taken up again, or could not be given up")
                await asyncio.to_thread(self.layout.remove_private_tmp, *owner)
            except (NotPossibleError, StoreError) as error:
                done.keep(Part.PRIVATE_TMP, str(path), error)
            else:
                done.removed.append(tmp_gone(path))

    async def _remove_run_folder(self, done: _Told, run: RunId, folder: str) -> None:
        """With the intent first: whoever writes into it begins nothing more.

        A command that waits for its turn, as one that lies in the inbox, either has begun before, and then the folder
        stays, or is refused.
        """
        try:
            self._refuse_taken_up(run)  # Before the locks: a message may hold its own until there is a free worker.
            async with self.locks.of_all(self.hub.state.runs[run].tasks):
                self._refuse_taken_up(run)
                await self.hub.record(ev.RunRemovalStarted(run=run))
            await self.left(run)
            await asyncio.to_thread(self.layout.remove_run_folder, run)
        except StoreError as error:
            self.hub.apply(ev.RunNotRemoved(run=run, reason=clean_line(str(error))))
            done.keep(Part.RUN_FOLDER, folder, error)
            return
        except NotPossibleError as error:
            done.keep(Part.RUN_FOLDER, folder, error)
            return
        self.hub.apply(ev.RunRemoved(run=run))
        done.removed.append(Removed(part=Part.RUN_FOLDER, name=clean_line(folder)))

    def _refuse_taken_up(self, run: RunId) -> None:
        tasks = (self.hub.state.tasks[ref] for ref in self.hub.state.runs[run].tasks)
        for task in tasks:
            if not task.spec.is_group and task.state is not TaskState.DONE and task.state not in ENDED:
                raise NotPossibleError(f"{task.ref.task} has just been taken up again")
