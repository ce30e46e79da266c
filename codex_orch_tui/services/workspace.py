"""A task's place to work: its worktree is made, filled, set up, verified and committed here."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind, TurnStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.secrets import redact
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.gitrepo.branch_commits import read_branch
from codex_orch_tui.gitrepo.checkout import CheckoutEdits
from codex_orch_tui.gitrepo.commit import commit_message, commit_worktree
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.errors import GitRepoError, WorktreeMissing
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktree_state import Condition, verify
from codex_orch_tui.gitrepo.worktrees import Worktrees
from codex_orch_tui.services.briefing import Briefing
from codex_orch_tui.services.errors import WorkspaceError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.new_worktree import NewWorktrees
from codex_orch_tui.services.own_branches import branch_named
from codex_orch_tui.services.ports import Launch, WorkerSettings
from codex_orch_tui.services.roles import Roles
from codex_orch_tui.services.setup import run_setup
from codex_orch_tui.services.trust import Trust
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.layout import Layout

_ENDING = {
    TurnStatus.COMPLETED: "",
    TurnStatus.INTERRUPTED: " (interrupted)",
    TurnStatus.FAILED: " (turn failed)",
    TurnStatus.IN_PROGRESS: " (cut off)",
}


class Workspace:
    """Makes and commits the worktrees of all tasks.

    Args:
        hub: where events go.
        repository: the person's repository.
        layout: where state and worktrees are kept.
        settings: gives the settings in force: template, setup command and time limit.
        trust: what of the repository's own commands counts.
        roles: gives the roles as they are now.
        on_growth: told when a task's raw log has grown.
    """

    def __init__(
        self,
        hub: Hub,
        repository: Repository,
        layout: Layout,
        settings: Callable[[], Config],
        *,
        trust: Trust,
        roles: Callable[[], Roles],
        on_growth: Callable[[TaskRef], None],
    ) -> None:
        self._hub = hub
        self._repository = repository
        self._layout = layout
        self._settings = settings
        self._trust = trust
        self._on_growth = on_growth
        self._briefing = Briefing(hub, repository, layout, roles)
        self.worktrees = Worktrees(repository, layout.worktrees)
        self._new = NewWorktrees(hub, repository, layout, self.worktrees, self.branch_for)

    def branch_for(self, run: RunId, task: TaskId, created_at_s: float) -> str:
        """The branch that the template names."""
        return branch_named(self._settings().branch_template, run, task, created_at_s)

    async def prepare(self, task: Task) -> None:
        """Make the worktree with its branch, copy what `.worktreeinclude` names, run the setup command.

        In a worktree that its run shares already, only what the person left there is committed.

        A task that was stopped on the way goes on where it was.

        Raises:
            WorkspaceError: with what to do; what was made is kept where it is a whole worktree.
        """
        try:
            if task.worktree is None:
                is_new = await self._new.make(task)
            else:
                is_new = True
                await self.verify(task)
            task = self._hub.state.tasks[task.ref]
            if is_new:
                await self._set_up(task)
            elif not (await self.edits(task)).is_clean:
                await self.commit_edits(task)  # The person's, in the worktree that the run shares.
        except GitRepoError as error:
            raise WorkspaceError(_git_fault(error)) from error
        except (StoreError, OSError) as error:
            raise WorkspaceError(_storage_fault(error)) from error

    async def verify(self, task: Task) -> None:
        """See that the worktree is still the task's own.

        Raises:
            WorkspaceError: it is gone, replaced, or on another branch.
        """
        assert task.worktree is not None, "a task that is resumed has a worktree"
        try:
            await verify(self._repository, task.worktree, root=self.worktrees.root)
        except GitRepoError as error:
            raise WorkspaceError(_git_fault(error)) from error

    async def edits(self, task: Task) -> CheckoutEdits:
        """What the worktree holds that is in no commit; nothing where it is not there.

        Raises:
            WorkspaceError: git does not tell.
        """
        assert task.worktree is not None, "edits are made in a worktree"
        try:
            status = await self.worktrees.status(task.worktree)
        except GitRepoError as error:
            raise WorkspaceError(_git_fault(error)) from error
        return status.edits or CheckoutEdits()

    async def make_again(self, task: Task) -> None:
        """Bring back a worktree whose folder is gone, from its branch; one that is there is left as it is.

        Raises:
            WorkspaceError: something else stands in its place, or its branch is gone as well.
        """
        assert task.worktree is not None, "a worktree that is missing was there once"
        try:
            status = await self.worktrees.status(task.worktree, with_edits=False)
            if status.condition in {Condition.PRESENT, Condition.SWITCHED}:
                return
            await self.worktrees.repair(task.worktree)
        except GitRepoError as error:
            raise WorkspaceError(_git_fault(error)) from error
        made = f"the worktree was made again from {task.worktree.branch}"
        self._hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.NOTE, text=made))

    async def follow(self, task: Task) -> Task:
        """The task with what others committed on its branch: its worker by an accepted command, or the person.

        Raises:
            WorkspaceError: git does not tell.
        """
        assert task.worktree is not None, "a task with a branch has a worktree"
        try:
            tip = await self._repository.tip(task.worktree.branch)
            if tip is None or tip == task.tip:
                return task
            found = await read_branch(self._repository, task.worktree, tip)
        except GitRepoError as error:
            raise WorkspaceError(_git_fault(error)) from error
        self._hub.apply(
            ev.BranchFollowed(
                ref=task.ref, worktree=found.worktree, tip=tip, commits=found.commits, totals=found.totals
            )
        )
        return self._hub.state.tasks[task.ref]

    async def commit(self, task: Task, turn: TurnId, status: TurnStatus) -> None:
        """Commit what a turn edited in the worktree, and tell it; also tell when nothing is.

        Raises:
            WorkspaceError: the commit could not be made; the edits are untouched.
        """
        trailers = self._trailers(task, turn)
        await self._commit(task, commit_message(redact(task.spec.title) + _ENDING[status], _body(task), trailers))

    async def commit_edits(self, task: Task) -> None:
        """Commit edits that no turn of ours made: the person's, or those of a turn that was cut off.

        Raises:
            WorkspaceError: the commit could not be made; the edits are untouched.
        """
        trailers = self._trailers(task, "")
        await self._commit(task, commit_message(f"{redact(task.spec.title)} (edits in the worktree)", "", trailers))

    async def _commit(self, task: Task, message: str) -> None:
        followed = await self.follow(task)
        is_moved, task = followed is not task, followed
        assert task.worktree is not None, "a task with edits has a worktree"
        try:
            identity = await self._repository.identity()
            report = await commit_worktree(
                self._repository, task.worktree, message=message, identity=identity, root=self.worktrees.root
            )
            if report.commit is None:
                if not is_moved:
                    self._hub.apply(ev.NothingToCommit(ref=task.ref))
                return
            totals = await Reviews(self._repository).totals(task.worktree.base_commit, report.tip)
        except GitRepoError as error:
            raise WorkspaceError(_git_fault(error)) from error
        except OSError as error:
            raise WorkspaceError(_storage_fault(error)) from error
        self._hub.apply(ev.CommitMade(ref=task.ref, commit=report.commit, totals=totals, notes=report.notes))

    async def launch(self, task: Task) -> Launch:
        """How the task's worker is started.

        Raises:
            WorkspaceError: its folders cannot be made, or its role has no prompt that can be used.
        """
        assert task.worktree is not None, "a worker starts in a worktree"
        try:
            files = self._layout.make_task(task.ref.run, task.ref.task)
            private_tmp = self._layout.make_private_tmp(task.ref.run, task.ref.task)
        except StoreError as error:
            raise WorkspaceError(_storage_fault(error)) from error
        settings = WorkerSettings(
            cwd=Path(task.worktree.path),
            private_tmp=private_tmp,
            model=task.spec.model,
            # A thread is told once; one that is taken up again has heard it.
            instructions="" if task.turns else await self._briefing.for_task(task),
            sandbox=task.spec.sandbox,
            approval_policy=task.spec.approval_policy,
            effort=task.spec.effort,
        )
        return Launch(
            ref=task.ref,
            settings=settings,
            events_path=files.events,
            stderr_path=files.stderr,
            on_growth=lambda: self._on_growth(task.ref),
        )

    def _trailers(self, task: Task, turn: str) -> tuple[tuple[str, str], ...]:
        if not self._settings().commit_trailers:
            return ()
        return (
            ("Orch-Run", task.ref.run),
            ("Orch-Task", task.ref.task),
            ("Codex-Thread", task.thread or ""),
            ("Codex-Turn", turn),
        )

    async def _set_up(self, task: Task) -> None:
        command = self._settings().setup_command or await self._setup_command_of_repository(task)
        if not command:
            return
        assert task.worktree is not None, "setup runs in the worktree"
        files = self._layout.make_task(task.ref.run, task.ref.task)
        log = files.folder / "setup.log"
        worktree = Path(task.worktree.path)
        result = await run_setup(
            command,
            root=self._repository.top,
            worktree=worktree,
            log=log,
            time_limit_s=self._settings().setup_time_limit_s,
            environment=worker_environment(os.environ, tmpdir=self._layout.make_private_tmp(*task.ref)),
        )
        self._hub.apply(
            ev.SetupFinished(
                ref=task.ref,
                command=command,
                exit_code=result.exit_code,
                duration_ms=result.duration_ms,
                output_tail=result.output_tail if result.exit_code else "",
            )
        )
        if result.exit_code != 0:
            ended = "reached its time limit" if result.exit_code is None else f"ended with exit {result.exit_code}"
            last = result.output_tail.rpartition("\n")[2]
            raise WorkspaceError(
                Fault(
                    kind=FaultKind.SETUP_FAILED,
                    message=f"the setup command {ended}: {last}" if last else f"the setup command {ended}",
                    next_step=f"mend it, then try again (c); whole output: {log}",
                )
            )

    async def _setup_command_of_repository(self, task: Task) -> str:
        """What a clone brought, when the person accepted it; the task is told when it does not count."""
        found = await asyncio.to_thread(self._trust.command, "setup_command")
        if found.why_not:
            self._hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.WARNING, text=found.why_not))
        return found.text


def _body(task: Task) -> str:
    """The prompt of the turn that made the edits; a commit may be published, so it has no secret in it."""
    return redact(_prompt(task))


def _prompt(task: Task) -> str:
    return task.turn.prompt if task.turn is not None else task.spec.prompt


def _git_fault(error: GitRepoError) -> Fault:
    if isinstance(error, WorktreeMissing):
        return Fault(
            kind=FaultKind.WORKTREE_MISSING,
            message=f"worktree missing: {error}",
            next_step="its branch is kept: continue (c) or send again (s) in a new worktree, or discard the task (D)",
        )
    return Fault(kind=FaultKind.GIT, message=str(error), next_step=error.next_step)


def _storage_fault(error: StoreError | OSError) -> Fault:
    next_step = error.next_step if isinstance(error, StoreError) else ""
    return Fault(kind=FaultKind.STORAGE, message=clean_line(str(error)), next_step=next_step)
