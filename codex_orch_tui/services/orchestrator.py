"""The facade: the only object that the screens and the command line call.

`Orchestrator.open` takes the repository's lock, replays the journal and tells what the last session left open.
`run` supervises until `close` is called. Commands raise `NotPossibleError` or `AnswerRefusedError` with a sentence for
the person; whatever happens later is told by events.
"""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from codex_orch_tui import __version__
from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.approval import Decision
from codex_orch_tui.domain.ids import ApprovalId, RunId, TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.secrets import MARK, remember
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ENDED, Task, TaskState
from codex_orch_tui.services.announce import Announcer, News
from codex_orch_tui.services.approvals import Approvals
from codex_orch_tui.services.audit import Audit
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.opening import Opened, open_repository
from codex_orch_tui.services.policy import Policy
from codex_orch_tui.services.ports import Connector
from codex_orch_tui.services.recovery import recover
from codex_orch_tui.services.rule_commands import RuleCommands
from codex_orch_tui.services.supervisor import Supervisor
from codex_orch_tui.store.errors import JournalError

if TYPE_CHECKING:
    from codex_orch_tui.domain.merge import Merged, MergePreview, Updated
    from codex_orch_tui.domain.review import FileChange, FilePatch, ReviewSummary
    from codex_orch_tui.services.landing import Landing
    from codex_orch_tui.services.notify_command import NotifyCommand
    from codex_orch_tui.services.task_log import TaskLog
    from codex_orch_tui.services.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseInfo:
    """What the new-task dialog needs to know of the user's checkout."""

    branches: tuple[str, ...]
    current: str | None
    """The branch that is checked out; None on a detached HEAD."""
    dirty: tuple[str, ...]
    """Paths with edits that a task will not see, because it starts from a commit."""


class Orchestrator(RuleCommands):
    """One open repository with its tasks and workers. Made by `open`; all calls on the event loop's thread."""

    def __init__(
        self,
        opened: Opened,
        config: Config,
        connector: Connector,
        *,
        settings_file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._opened = opened
        self._config = config
        self._hub = Hub(opened.journal, opened.state)
        self._audit = Audit(self._hub, opened.layout)
        self._policy = Policy(
            opened.repository,
            opened.layout,
            lambda: self.state,
            lambda ref, text: self._hub.apply(ev.NoteAdded(ref=ref, kind=LogKind.WARNING, text=text)),
            settings_file=settings_file,
            environ=environ,
        )
        self._environ = environ
        self._approvals = Approvals(self._hub, self._policy)
        self._announcer = Announcer(self._hub)
        self._growth_watchers: list[Callable[[TaskRef], None]] = []
        self._supervisor = Supervisor(
            hub=self._hub,
            approvals=self._approvals,
            connector=connector,
            workspace=lambda: self._workspace,
            max_workers=config.max_workers,
            idle_worker_s=config.idle_worker_s,
        )
        self._closing = asyncio.Event()
        self._commands: defaultdict[TaskRef, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One command at a time for each task: none meets a worktree that another is changing."""

    @classmethod
    async def open(
        cls,
        folder: Path,
        config: Config,
        connector: Connector,
        *,
        settings_file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> "Orchestrator":
        """Take the repository that `folder` lies in.

        Args:
            folder: any folder in it.
            config: the settings in force.
            connector: starts the workers.
            settings_file: read instead of the repository's own settings for the commands that need trust.
            environ: our own environment: the person's own rules, what they trust, and the PATH that workers get.

        Raises:
            OpenError: not a repository, no commit yet, held by another program, state that cannot be read.
        """
        remember(os.environ)
        opened = await open_repository(folder, config)
        try:
            orchestrator = cls(opened, config, connector, settings_file=settings_file, environ=environ)
            await recover(orchestrator._hub)
            for task in tuple(orchestrator.state.tasks.values()):
                if task.merging:
                    await orchestrator._landing.settle_merge(task)
            orchestrator._hub.apply(ev.SessionOpened(pid=opened.pid, version=__version__))
        except BaseException:
            await opened.release()
            raise
        return orchestrator

    async def run(self) -> None:
        """Supervise until `close`, then stop every worker and let go of the repository."""
        unwatch = self.watch_news(self._notify)
        try:
            await self._supervisor.run(self._closing)
            for lock in tuple(self._commands.values()):
                async with lock:  # A command that has begun to move something tells its end before the journal closes.
                    pass
        finally:
            unwatch()
            if "_notify_command" in self.__dict__:  # made with the first news
                await self._notify_command.close()
            self._hub.apply(ev.SessionClosed(pid=self._opened.pid))
            await self._audit.close()
            await self._opened.release()

    def close(self) -> None:
        """Make `run` stop the workers and return."""
        self._closing.set()

    # -- what is known ------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The state now."""
        return self._hub.state

    @property
    def config(self) -> Config:
        """The settings in force."""
        return self._config

    @property
    def root(self) -> Path:
        """The repository's main worktree."""
        return self._opened.repository.top

    @property
    def codex_home(self) -> Path | None:
        """Codex's own folder, as the workers' Codex finds it; None when the environment does not tell it."""
        told, home = self._environ.get("CODEX_HOME"), self._environ.get("HOME")
        return Path(told) if told else Path(home) / ".codex" if home else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the person should know of the opening: a torn journal that was mended, a quarantined file."""
        return self._opened.notes

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` after each change of the state; returns the function that ends it."""
        return self._hub.watch(lambda _recorded: watcher())

    def watch_events(self, watcher: Callable[[ev.Recorded], None]) -> Callable[[], None]:
        """Call `watcher` with each event; returns the function that ends it."""
        return self._hub.watch(watcher)

    def watch_news(self, watcher: Callable[[News], None]) -> Callable[[], None]:
        """Call `watcher` when a task asks, is done or has failed; returns the function that ends it."""
        return self._announcer.watch(watcher)

    def watch_logs(self, watcher: Callable[[TaskRef], None]) -> Callable[[], None]:
        """Call `watcher` when a task's raw log has grown; returns the function that ends it."""
        self._growth_watchers.append(watcher)
        return lambda: self._growth_watchers.remove(watcher)

    def log(self, ref: TaskRef) -> "TaskLog":
        """A reader of the task's log."""
        from codex_orch_tui.services.task_log import TaskLog  # noqa: PLC0415 - not for the first paint

        worktree = self._task(ref).worktree
        layout = self._opened.layout
        return TaskLog(
            layout.task(*ref).events,
            lambda: self._task(ref).notes,
            cwd=worktree.path if worktree is not None else str(layout.worktree(*ref)),
        )

    def silent_s(self, ref: TaskRef) -> float | None:
        """Seconds since the task's worker last reported anything; None without a worker in a turn."""
        worker = self._supervisor.worker(ref)
        return time.monotonic() - worker.last_signal_s if worker is not None and worker.in_turn else None

    async def base_info(self) -> BaseInfo:
        """Branches to start from, and what of the user's checkout a task will not see."""
        repository = self._opened.repository
        edits = await repository.edits()
        return BaseInfo(
            branches=tuple(branch.name for branch in await repository.branches()),
            current=(await repository.head()).branch,
            dirty=(*edits.edited, *edits.untracked),
        )

    # -- tasks --------------------------------------------------------------------------------------------------

    async def create_run(self, plan: Plan, base_branch: str) -> tuple[TaskRef, ...]:
        """Approve a plan: its tasks are queued and start as slots get free.

        Raises:
            NotPossibleError: a branch is in the way, the base is missing, or the disk did not keep it.
        """
        run = RunId(datetime.now().astimezone().strftime("%m%d-%H%M") + "-" + uuid4().hex[:4])
        await self._landing.check_start(run, plan, base_branch, time.time())
        try:
            await self._hub.record(ev.RunCreated(run=run, plan=plan, base_branch=base_branch))
        except JournalError as error:
            self._not_kept(run, error)
            raise NotPossibleError(f"not started, state could not be written: {error}") from error
        refs = self.state.runs[run].tasks
        for ref in refs:
            await self._supervisor.start(ref)
        return refs

    async def message(self, ref: TaskRef, text: str) -> str:
        """Steer the running turn, or begin a new one; tells which: "steered" or "new turn".

        Raises:
            NotPossibleError: the task cannot take a message now.
        """
        async with self._commands[ref]:
            return await self._message(ref, text)

    async def resume(self, ref: TaskRef) -> None:
        """Go on with a task that stopped before its end.

        Raises:
            NotPossibleError: it did not stop.
        """
        async with self._commands[ref]:
            if not sel.can_continue(self._task(ref)):
                raise NotPossibleError(f"{self._task(ref).spec.title} has not stopped; there is nothing to continue")
            await self._supervisor.resume(ref)

    async def interrupt(self, ref: TaskRef) -> None:
        """End the running turn; the worker stays.

        Raises:
            NotPossibleError: no turn is running.
        """
        await self._supervisor.interrupt(ref)

    async def stop(self, ref: TaskRef) -> None:
        """End the turn and the worker process; edits are committed first."""
        await self._supervisor.stop(ref)

    async def discard(self, ref: TaskRef) -> str:
        """Give the task up: its worker ends, branch and worktree go, all of it kept under a backup ref.

        Returns:
            The backup ref; empty when there was nothing to keep.

        Raises:
            NotPossibleError: git did not take it; nothing was removed.
        """
        self._refuse_ended(self._task(ref))
        await self._supervisor.stop(ref, "discarded by you")
        async with self._commands[ref]:
            return await self._landing.discard(await self._task_at_rest(ref))

    async def answer(self, approval: ApprovalId, decision: Decision) -> None:
        """Answer a question.

        Raises:
            AnswerRefusedError: the question is gone or does not take this answer.
        """
        await self._approvals.decide(approval, decision)

    async def shown(self, approval: ApprovalId, painted: str) -> None:
        """A question's card was painted; `painted` is its text as it stood there. Its yes counts for what it is now."""
        await self._approvals.shown(approval, painted)

    async def wait_idle(self) -> None:
        """Return when no task has a turn or waits for one."""
        await self._supervisor.wait_idle()

    # -- review and merge ---------------------------------------------------------------------------------------

    async def review(self, ref: TaskRef) -> "ReviewSummary":
        """The task's commits and files against its base. Edits that are not committed yet are committed first.

        Raises:
            NotPossibleError: there is nothing to review, or the worktree cannot be read.
        """
        async with self._commands[ref]:
            return await self._landing.review(await self._task_at_rest(ref))

    async def file_patch(self, change: "FileChange") -> "FilePatch":
        """One file's patch of a review."""
        return await self._landing.file_patch(change)

    def record_review(self, ref: TaskRef, summary: "ReviewSummary", files_viewed: int) -> None:
        """Keep that the person looked at exactly this tip on this base."""
        self._landing.record_review(self._task(ref), summary, files_viewed)

    async def preview_merge(self, ref: TaskRef) -> "MergePreview":
        """What `merge` would do now; its `refusal` says why it would do nothing.

        Raises:
            NotPossibleError: the task is at work or has nothing to merge.
        """
        async with self._commands[ref]:
            return await self._landing.preview_merge(await self._task_at_rest(ref))

    async def merge(self, ref: TaskRef, preview: "MergePreview") -> "Merged":
        """Fast-forward the base branch to exactly the previewed commit.

        Raises:
            NotPossibleError: refused; nothing moved. Its text is for the person.
        """
        async with self._commands[ref]:
            task = await self._task_at_rest(ref)
            merged = await self._landing.merge(task, preview)
            await self._supervisor.release_worker(ref)
            await self._landing.remove_merged(task)
            return merged

    async def update(self, ref: TaskRef) -> "Updated":
        """Replay the task's commits on its base branch's tip.

        Raises:
            ConflictError: files clash; nothing moved. They are in the task's `conflicts`.
            NotPossibleError: refused for another reason; nothing moved.
        """
        async with self._commands[ref]:
            task = await self._task_at_rest(ref)
            await self._supervisor.release_worker(ref)
            return await self._landing.update(task)

    async def send_conflicts(self, ref: TaskRef) -> str:
        """Put the clash with the base into the worktree as conflict markers and ask the worker to resolve it.

        Raises:
            NotPossibleError: there is no conflict, or the task cannot take a message now.
        """
        async with self._commands[ref]:
            task = await self._task_at_rest(ref)
            await self._supervisor.release_worker(ref)
            return await self._message(ref, await self._landing.lay_out_conflict(task))

    # -- inside -------------------------------------------------------------------------------------------------

    @cached_property
    def _workspace(self) -> "Workspace":
        from codex_orch_tui.services.workspace import Workspace  # noqa: PLC0415 - not for the first paint

        asyncio.get_running_loop().run_in_executor(None, self._policy.warm)  # A worker will ask soon.
        return Workspace(
            self._hub,
            self._opened.repository,
            self._opened.layout,
            self._config,
            trust=self._policy.trusted,
            on_growth=self._grew,
        )

    @cached_property
    def _landing(self) -> "Landing":
        from codex_orch_tui.services.landing import Landing  # noqa: PLC0415 - not for the first paint

        return Landing(self._hub, self._opened.repository, self._workspace)

    @cached_property
    def _notify_command(self) -> "NotifyCommand":
        from codex_orch_tui.services.notify_command import notify_command_of  # noqa: PLC0415 - not for the first paint

        return notify_command_of(self._hub, self._config, self._policy.trusted, root=self.root)

    def _notify(self, news: News) -> None:
        self._notify_command.take(news)

    def _task(self, ref: TaskRef) -> Task:
        return self._hub.state.tasks[ref]

    async def _message(self, ref: TaskRef, text: str) -> str:
        if not sel.can_message(self._task(ref)):
            raise NotPossibleError(f"{self._task(ref).spec.title} cannot take a message now")
        if found := MARK.search(text):
            raise NotPossibleError(f"not sent: {found.group()} stands where a secret was, which is not kept")
        return await self._supervisor.message(ref, text)

    async def _task_at_rest(self, ref: TaskRef) -> Task:
        """A task that no worker is changing, and whose last turn is committed."""
        self._refuse_busy(self._task(ref))
        await self._supervisor.wound_up(ref)
        task = self._task(ref)
        self._refuse_busy(task)
        return task

    def _refuse_busy(self, task: Task) -> None:
        self._refuse_ended(task)
        if task.state in ACTIVE or task.state is TaskState.QUEUED:
            raise NotPossibleError(f"{task.spec.title} is still at work; i interrupts it, x stops it")

    def _refuse_ended(self, task: Task) -> None:
        if task.state in ENDED:
            raise NotPossibleError(f"{task.spec.title} is {task.state} already")

    def _not_kept(self, run: RunId, error: JournalError) -> None:
        """A run that is in the state and not on disk: its tasks are not begun, and say so."""
        fault = Fault(
            kind=FaultKind.STORAGE,
            message=f"state could not be written: {error}",
            next_step="make room, then c starts it",
        )
        for ref in self.state.runs[run].tasks:
            self._hub.apply(ev.TaskFailed(ref=ref, fault=fault))

    def _grew(self, ref: TaskRef) -> None:
        for watcher in tuple(self._growth_watchers):
            watcher(ref)
