"""What of a run may go, and what stays: reads only, so a dry run needs neither the lock nor a worker.

Nothing goes that is at work, that holds an edit in no commit or a commit in no other place, that lies outside our own
folders or is not where it was, or that is not what this very run made there: a branch is known by the name that we gave
it, never by being checked out in a folder of ours. Each such thing is told with its reason.
"""

import asyncio
import os
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.cleaning import Cleaned, CleanHow, Kept, Part, Removed
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ENDED, Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.backup import BACKUPS, is_saved
from codex_orch_tui.gitrepo.branch_removal import KeptBackup, backups_of
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktrees import Worktrees
from codex_orch_tui.services.integration import INTEGRATION
from codex_orch_tui.services.own_branches import why_it_stays
from codex_orch_tui.store.layout import Layout

_LEFTOVER = re.compile(rf"{INTEGRATION}(-\d+)?")
_GIT_KEEPS = "git keeps the commit until it tidies up"


class Standing(Enum):
    """How far a task is, as cleaning sees it."""

    AT_WORK = "at work"
    STOPPED = "can be resumed"
    DONE = "done"
    OVER = "over"


class _StaysError(Exception):
    """Something stays; the text says why."""

    def __init__(self, reason: str, *, is_branch: bool = False) -> None:
        super().__init__(reason)
        self.is_branch = is_branch


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A worktree with its branch, and the tasks that worked there; none for one of a landing."""

    worktree: Worktree
    tasks: tuple[Task, ...]
    has_folder: bool
    has_branch: bool
    """The branch goes too."""
    ref: TaskRef
    """The name under which its branch is kept."""

    @property
    def is_told(self) -> bool:
        """The state knows already that the folder is gone."""
        return all(task.worktree_removed for task in self.tasks)


@dataclass(slots=True, kw_only=True)
class CleanPlan:
    """What would go of a run, in this order, and what would stay."""

    run: Run
    give_up: list[Task] = field(default_factory=list)
    """Tasks that can be resumed: they are discarded first, and with them goes all that they have."""
    given_up: list[tuple[TaskRef, Worktree]] = field(default_factory=list)
    """Their worktrees."""
    places: list[Place] = field(default_factory=list)
    private_tmps: list[tuple[TaskId, Path]] = field(default_factory=list)
    backups: list[KeptBackup] = field(default_factory=list)
    run_folder: Path | None = None
    kept: list[Kept] = field(default_factory=list)

    def keep(self, part: Part, name: object, reason: str) -> None:
        """Something stays."""
        self.kept.append(Kept(part=part, name=clean_line(str(name)), reason=clean_line(reason)))

    def told(self) -> Cleaned:
        """The same for people and programs, before anything is done."""
        return Cleaned(run=self.run.id, removed=tuple(self._removed()), kept=tuple(self.kept), applied=False)

    def _removed(self) -> Iterator[Removed]:
        yield from (Removed(part=Part.TASK, name=clean_line(str(task.ref))) for task in self.give_up)
        for ref, worktree in self.given_up:
            yield Removed(part=Part.WORKTREE, name=clean_line(worktree.path))
            yield branch_gone(worktree.branch, f"{BACKUPS}{ref}/…")
        for place in self.places:
            if place.has_folder:
                yield folder_gone(place)
            if place.has_branch:
                yield branch_gone(place.worktree.branch, f"{BACKUPS}{place.ref}/…")
        yield from (tmp_gone(path) for _, path in self.private_tmps)
        yield from (backup_gone(backup) for backup in self.backups)
        if self.run_folder is not None:
            yield Removed(part=Part.RUN_FOLDER, name=clean_line(str(self.run_folder)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanLook:
    """Looks at runs.

    Args:
        repository: the person's repository.
        layout: where state and worktrees are.
        worktrees: all of ours.
        branch_for: the branch that the template names.
        is_held: a program has the repository open: what is at work in the state is at work.
    """

    repository: Repository
    layout: Layout
    worktrees: Worktrees
    branch_for: Callable[[RunId, TaskId, float], str]
    is_held: bool

    async def of(self, state: State, run: Run, how: CleanHow) -> CleanPlan:
        """What would become of a run.

        Raises:
            GitRepoError: git does not tell.
        """
        plan = CleanPlan(run=run)
        tasks = list(sel.work_of(state, run))
        if self.is_held and run.landing is not None and run.landing.outcome is None:
            plan.keep(Part.RUN_FOLDER, run.id, "it is landing now")
            return plan
        standing = {task.ref: self.standing(task, run) for task in tasks}
        to_come = any(
            one is Standing.AT_WORK or (one is Standing.STOPPED and not how.no_resume) for one in standing.values()
        )
        for group in _by_place(tasks):
            stand = {standing[task.ref] for task in group}
            try:
                await self._look_at(plan, state, group, stand, how, to_come=to_come)
            except (_StaysError, GitRepoError) as error:
                plan.keep(*_named(group, error), _sentence(error))
        await self._look_for_leftovers(plan, state, tasks, how)
        await asyncio.to_thread(self._look_at_tmps, plan, tasks)
        if how.prunes:
            await self._look_at_end(plan, to_come=to_come)
        return plan

    def standing(self, task: Task, run: Run) -> Standing:
        """How far a task is."""
        if task.state in ENDED:
            return Standing.OVER
        if task.state is TaskState.DONE:
            return Standing.DONE
        is_waiting = task.state is TaskState.QUEUED and (run.paused or task.held)
        if self.is_held and (task.state in ACTIVE or task.state is TaskState.QUEUED) and not is_waiting:
            return Standing.AT_WORK
        return Standing.STOPPED

    # -- worktrees and branches ---------------------------------------------------------------------------------

    async def _look_at(
        self, plan: CleanPlan, state: State, group: list[Task], stand: set[Standing], how: CleanHow, *, to_come: bool
    ) -> None:
        """The tasks of one worktree: all of them, or none.

        Raises:
            _StaysError: it stays.
            GitRepoError: git does not tell, or will not have it removed.
        """
        worktree, names = group[0].worktree, ", ".join(task.ref.task for task in group)
        stopped = [task for task in group if self.standing(task, plan.run) is Standing.STOPPED]
        if Standing.AT_WORK in stand:
            raise _StaysError(f"{names} is at work → codex-orch-tui stop {group[0].ref}")
        if stopped and not how.no_resume:
            step = f"codex-orch-tui resume --run-id {plan.run.id}"
            raise _StaysError(f"{names} can be resumed → {step}, or prune --no-resume gives it up")
        if worktree is None:
            plan.give_up += stopped
            return
        if (why := await self._why_unsaved(group, worktree, stand, to_come=to_come)) and not stopped:
            raise _StaysError(why)
        has_folder = await self._has_folder(worktree, group)
        has_branch = not how.keep_branches and await self._has_branch(state, group, worktree)
        if (stopped or has_branch) and (why := await why_it_stays(self.repository, state, plan.run.id, worktree)):
            raise _StaysError(why, is_branch=True)
        if stopped:
            plan.give_up += stopped
            if Standing.DONE not in stand:
                plan.given_up.append((stopped[-1].ref, worktree))
            return
        place = Place(
            worktree=worktree, tasks=tuple(group), has_folder=has_folder, has_branch=has_branch, ref=group[-1].ref
        )
        if has_folder or has_branch or not place.is_told:
            plan.places.append(place)

    async def _why_unsaved(self, group: list[Task], worktree: Worktree, stand: set[Standing], *, to_come: bool) -> str:
        """Why its branch has to stay; empty when its commits are elsewhere too."""
        tip, base = await self.repository.tip(worktree.branch), await self.repository.tip(worktree.base_branch)
        is_merged = tip is None or (base is not None and await self.repository.is_merged(tip, base))
        if Standing.DONE in stand:
            if not is_merged:
                step = f"codex-orch-tui merge --run-id {group[0].ref.run}"
                keys = "on the screen: review it (d), merge it (m), give it up with a backup (D)"
                return f"not in {worktree.base_branch} yet → {step}; {keys}"
            return "other tasks of the run may start from it" if to_come else ""
        if tip is None or is_merged or await is_saved(self.repository, tip, base=worktree.base_branch):
            return ""
        was = "merged" if any(task.state is TaskState.MERGED for task in group) else "ended"
        return (
            f"{worktree.branch} has commits that are neither in {worktree.base_branch} nor in a backup: "
            f"they came after it was {was}"
        )

    async def _has_folder(self, worktree: Worktree, group: list[Task]) -> bool:
        """Whether the folder is there and may go.

        Raises:
            GitRepoError: it may not.
        """
        if all(task.worktree_removed for task in group) and not await self._is_ours(worktree):
            return False  # It was removed; what stands there now is somebody else's.
        return await self.worktrees.check_removable(worktree)

    async def _is_ours(self, worktree: Worktree) -> bool:
        listed = await self.repository.worktrees()
        return any(str(one.path) == worktree.path and one.branch == worktree.branch for one in listed)

    async def _has_branch(self, state: State, group: list[Task], worktree: Worktree) -> bool:
        """Whether there is a branch that nobody removed before: one that a person brought back is theirs."""
        gone = all(sel.is_branch_gone(state, task) for task in group)
        return not gone and await self.repository.tip(worktree.branch) is not None

    async def _look_for_leftovers(self, plan: CleanPlan, state: State, tasks: list[Task], how: CleanHow) -> None:
        """Integration worktrees that were kept when a landing ended; each with the branch that was made for it."""
        folder = self.layout.worktrees / plan.run.id
        taken = {task.worktree.path for task in tasks if task.worktree is not None}
        for entry in await self.repository.worktrees():
            is_leftover = entry.path.parent == folder and _LEFTOVER.fullmatch(entry.path.name) is not None
            if not is_leftover or str(entry.path) in taken:
                continue
            branch = leftover_branch(plan.run, entry.path, self.branch_for)
            worktree = Worktree(
                path=str(entry.path), branch=branch, base_branch=plan.run.base_branch, base_commit=entry.head
            )
            try:
                await self.worktrees.check_removable(worktree)
                if why := await why_it_stays(self.repository, state, plan.run.id, worktree, leftover=branch):
                    raise _StaysError(why)
            except (_StaysError, GitRepoError) as error:
                plan.keep(Part.WORKTREE, worktree.path, _sentence(error))
            else:
                ref = TaskRef(plan.run.id, INTEGRATION)
                goes = not how.keep_branches
                plan.places.append(Place(worktree=worktree, tasks=(), has_folder=True, has_branch=goes, ref=ref))

    # -- files --------------------------------------------------------------------------------------------------

    def _look_at_tmps(self, plan: CleanPlan, tasks: list[Task]) -> None:
        """The private folders of what is over; the worker of a task that waits for review may still use its own."""
        going = {task.ref for place in plan.places for task in place.tasks} | {task.ref for task in plan.give_up}
        over = [task.ref.task for task in tasks if task.ref in going or task.state in ENDED]
        for task in (*over, INTEGRATION):
            for name in (task, TaskId(f"{task}.checks")):
                path = self.layout.private_tmp(plan.run.id, name)
                if not os.path.lexists(path):
                    continue
                if self.layout.is_plain(path):
                    plan.private_tmps.append((name, path))
                else:
                    plan.keep(Part.PRIVATE_TMP, path, "a link is in the way, and it is not followed")

    async def _look_at_end(self, plan: CleanPlan, *, to_come: bool) -> None:
        """What goes when everything of the run is over: backups of landings that failed, and the run's folder."""
        is_over = not to_come and not plan.kept
        folder = self.layout.run_folder(plan.run.id)
        if is_over:
            ref = TaskRef(plan.run.id, INTEGRATION)
            for backup in await backups_of(self.repository, ref, plan.run.base_branch):
                if backup.own_commits:
                    count = "1 change" if backup.own_commits == 1 else f"{backup.own_commits} changes"
                    plan.keep(Part.BACKUP, backup.ref, f"it holds {count} that {plan.run.base_branch} does not have")
                else:
                    plan.backups.append(backup)
        if not folder.is_symlink() and not folder.exists():
            return
        if not is_over:
            plan.keep(Part.RUN_FOLDER, folder, "not everything of the run is over and gone")
        elif not self.layout.is_plain(folder):
            plan.keep(Part.RUN_FOLDER, folder, "a link is in the way, and it is not followed")
        else:
            plan.run_folder = folder


def leftover_branch(run: Run, path: Path, branch_for: Callable[[RunId, TaskId, float], str]) -> str:
    """The branch that a landing made for its worktree there, whatever is checked out in it now."""
    landings = (run.landing, *reversed(run.earlier_landings))
    for landing in landings:
        if landing is not None and landing.worktree.path == str(path):
            return landing.worktree.branch
    return branch_for(run.id, INTEGRATION, run.created_at_s) + path.name.removeprefix(INTEGRATION)


def folder_gone(place: Place) -> Removed:
    """A worktree's folder; without its branch it is made again from that."""
    path, branch = shlex.quote(place.worktree.path), shlex.quote(place.worktree.branch)
    undo = "" if place.has_branch else f"git worktree add {path} {branch}"
    return Removed(part=Part.WORKTREE, name=clean_line(place.worktree.path), undo=clean_line(undo))


def branch_gone(branch: str, backup_ref: str) -> Removed:
    """A branch, which its backup ref brings back."""
    undo = clean_line(f"git branch {shlex.quote(branch)} {shlex.quote(backup_ref)}")
    is_known = not backup_ref.endswith("…")
    return Removed(
        part=Part.BRANCH, name=clean_line(branch), backup_ref=clean_line(backup_ref), undo=undo if is_known else ""
    )


def tmp_gone(path: Path) -> Removed:
    """A private TMPDIR."""
    return Removed(part=Part.PRIVATE_TMP, name=clean_line(str(path)))


def backup_gone(backup: KeptBackup) -> Removed:
    """A backup of a landing; its commit is told, which is all that is needed to name it again."""
    undo = f"git update-ref {shlex.quote(backup.ref)} {backup.commit}  # {_GIT_KEEPS}"
    return Removed(part=Part.BACKUP, name=clean_line(backup.ref), undo=clean_line(undo))


def _by_place(tasks: list[Task]) -> list[list[Task]]:
    """The tasks of each worktree; one that has none stands alone."""
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.worktree.path if task.worktree is not None else f"\0{task.ref}", []).append(task)
    return list(groups.values())


def _named(group: list[Task], error: Exception) -> tuple[Part, str]:
    """What a group of tasks is told as."""
    worktree = group[0].worktree
    if worktree is None:
        return Part.TASK, str(group[0].ref)
    if isinstance(error, _StaysError) and error.is_branch:
        return Part.BRANCH, worktree.branch
    return Part.WORKTREE, worktree.path


def _sentence(error: Exception) -> str:
    step = getattr(error, "next_step", "")
    return f"{error} → {step}" if step else str(error)
