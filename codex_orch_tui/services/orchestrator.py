"""The facade: the only object that the screens and the command line call.

`Orchestrator.open` takes the repository's lock, replays the journal and tells what the last session left open.
`run` supervises until `close` is called. Commands raise `NotPossibleError` or `AnswerRefusedError` with a sentence for
the person; whatever happens later is told by events.
"""

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui import __version__
from codex_orch_tui.config import Config, LoadedConfig
from codex_orch_tui.config.rates import rates_of
from codex_orch_tui.config.role_settings import role_names
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Decider, Decision
from codex_orch_tui.domain.drafts import KeptDrafts
from codex_orch_tui.domain.ids import ApprovalId, TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.secrets import remember
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.announce import Announcer, News
from codex_orch_tui.services.approvals import Approvals
from codex_orch_tui.services.audit import Audit
from codex_orch_tui.services.cleaning_commands import CleaningCommands
from codex_orch_tui.services.evidence.writer import EvidenceWriter
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.opening import PASSED_OVER, Opened, open_repository
from codex_orch_tui.services.plan_commands import PlanCommands
from codex_orch_tui.services.policy import Policy
from codex_orch_tui.services.ports import Connector
from codex_orch_tui.services.reading import BaseInfo
from codex_orch_tui.services.recovery import recover
from codex_orch_tui.services.rule_commands import RuleCommands
from codex_orch_tui.services.run_journals import RunJournals
from codex_orch_tui.services.scheduler import Scheduler
from codex_orch_tui.services.session import Viewing
from codex_orch_tui.services.status_keeper import StatusKeeper
from codex_orch_tui.services.supervisor import Supervisor
from codex_orch_tui.store.inbox_files import InboxFiles

if TYPE_CHECKING:
    from codex_orch_tui.services.commands.inbox import Inbox
    from codex_orch_tui.services.draft_file import DraftFile
    from codex_orch_tui.services.live_settings import LiveSettings, SettingsNews
    from codex_orch_tui.services.notify_command import NotifyCommand

__all__ = ["BaseInfo", "Orchestrator"]

_SERVE_AFTER_S = 0.3
"""The first frame and the first keys are not disturbed by what reading commands loads."""


class Orchestrator(CleaningCommands, PlanCommands, RuleCommands):
    """One open repository with its tasks and workers. Made by `open`; all calls on the event loop's thread."""

    def __init__(
        self,
        opened: Opened,
        config: Config,
        connector: Connector,
        *,
        settings_file: Path | None = None,
        loaded: LoadedConfig | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._opened = opened
        self._repository = opened.repository
        self._layout = opened.layout
        self._config = config
        self._loaded = loaded or LoadedConfig(config=config, origins={})
        self._hub = Hub(opened.journal, opened.state)
        self._audit = Audit(self._hub, opened.layout)
        self._run_journals = RunJournals(self._hub, opened.layout)
        self._status_keeper = StatusKeeper(
            self._hub, opened.layout, is_whole=not any(note.startswith(PASSED_OVER) for note in opened.notes)
        )
        self._evidence = EvidenceWriter(
            self._hub, opened.layout, opened.repository, lambda: rates_of(self._config.rate_card), pid=opened.pid
        )
        self._policy = Policy(
            opened.repository,
            opened.layout,
            lambda: self._hub.state,
            lambda ref, text: self._hub.apply(ev.NoteAdded(ref=ref, kind=LogKind.WARNING, text=text)),
            settings_file=settings_file,
            environ=environ,
            roles=lambda: role_names(self._config.roles),
        )
        self._environ = environ
        self._approvals = Approvals(self._hub, self._policy)
        self._announcer = Announcer(self._hub)
        self._growth_watchers = []
        self._supervisor = Supervisor(
            hub=self._hub,
            approvals=self._approvals,
            connector=connector,
            workspace=lambda: self._workspace,
            answers=lambda: self._answers,
            checks=lambda: self._checks,
            guardrails=lambda: self._guardrails,
            max_workers=config.max_workers,
            idle_worker_s=config.idle_worker_s,
        )
        self._scheduler = Scheduler(self._hub, self._supervisor, lambda: self._config)
        self._closing = asyncio.Event()
        self._commands = defaultdict(asyncio.Lock)

    @classmethod
    async def open(
        cls,
        folder: Path,
        config: Config,
        connector: Connector,
        *,
        settings_file: Path | None = None,
        loaded: LoadedConfig | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> "Orchestrator":
        """Take the repository that `folder` lies in.

        Args:
            folder: any folder in it.
            config: the settings in force.
            connector: starts the workers.
            settings_file: read instead of the repository's own settings for the commands that need trust.
            loaded: `config` as it was read, with its places: they are read again when they change.
            environ: our own environment: the person's own rules, what they trust, and the PATH that workers get.

        Raises:
            OpenError: not a repository, no commit yet, held by another program, state that cannot be read.
        """
        remember({**os.environ, **environ})
        opened = await open_repository(folder, config)
        try:
            orchestrator = cls(opened, config, connector, settings_file=settings_file, loaded=loaded, environ=environ)
            await recover(orchestrator._hub)
            for task in tuple(orchestrator.state.tasks.values()):
                if task.merging:
                    await orchestrator._landing.settle_merge(task)
            await orchestrator._settle_landings()
            if InboxFiles(opened.layout).begun():
                from codex_orch_tui.services.commands.inbox import settle_begun  # noqa: PLC0415 - only after a kill

                settle_begun(opened.layout)
            orchestrator._hub.apply(ev.SessionOpened(pid=opened.pid, version=__version__))
        except BaseException:
            await opened.release()
            raise
        return orchestrator

    async def run(self) -> None:
        """Supervise until `close`, then stop every worker and let go of the repository."""
        unwatch = self.watch_news(self._notify)
        serving = asyncio.create_task(self._serve(), name="inbox")
        self._evidence.start()
        self._run_journals.start()
        try:
            await self._scheduler.run(self._closing)
            for lock in tuple(self._commands.values()):
                async with lock:  # A command that has begun to move something tells its end before the journal closes.
                    pass
        finally:
            self._closing.set()
            try:
                await serving
            finally:
                unwatch()
                await self._end()

    def close(self) -> None:
        """Make `run` stop the workers and return."""
        self._closing.set()

    # -- what is known ------------------------------------------------------------------------------------------

    @property
    def viewing(self) -> Viewing | None:
        """None: it holds the repository, and does not only look on."""
        return None

    @property
    def state(self) -> State:
        """The state now."""
        return self._hub.state

    @property
    def config(self) -> Config:
        """The settings in force."""
        return self._config

    @property
    def notes(self) -> tuple[str, ...]:
        """What the person should know of the opening: a torn journal that was mended, a quarantined file."""
        return self._opened.notes

    async def flush(self) -> None:
        """Return when all that has happened is on disk.

        Raises:
            JournalError: it is not.
        """
        await self._hub.flush()

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` after each change of the state or of `waits`; returns the function that ends it."""
        ends = self._hub.watch(lambda _recorded: watcher()), self._scheduler.watch(watcher)

        def unwatch() -> None:
            for end in ends:
                end()

        return unwatch

    def watch_events(self, watcher: Callable[[ev.Recorded], None]) -> Callable[[], None]:
        """Call `watcher` with each event; returns the function that ends it."""
        return self._hub.watch(watcher)

    def watch_news(self, watcher: Callable[[News], None]) -> Callable[[], None]:
        """Call `watcher` when a task asks, is done or has failed; returns the function that ends it."""
        return self._announcer.watch(watcher)

    def watch_settings(self, watcher: "Callable[[SettingsNews], None]") -> Callable[[], None]:
        """Call `watcher` when the files of settings have changed; `config` is what counts then.

        Returns:
            The function that ends it.
        """
        return self._live_settings.watch(watcher)

    def watch_logs(self, watcher: Callable[[TaskRef], None]) -> Callable[[], None]:
        """Call `watcher` when a task's raw log has grown; returns the function that ends it."""
        self._growth_watchers.append(watcher)
        return lambda: self._growth_watchers.remove(watcher)

    def quiet(self) -> Mapping[TaskRef, float]:
        """The tasks whose worker has reported nothing for `quiet_worker_s`: since when, in seconds since the epoch.

        A worker that waits for an answer is not among them.
        """
        found = {}
        until_s = time.time() - self._config.quiet_worker_s
        for ref in self._supervisor.at_work:
            task, worker = self.state.tasks[ref], self._supervisor.worker(ref)
            if task.state is TaskState.RUNNING and worker is not None:
                heard_s = max(worker.last_heard_s, task.since_s)  # Before it began to work nobody expects a word.
                if heard_s <= until_s:
                    found[ref] = heard_s
        return found

    def kept_drafts(self) -> KeptDrafts:
        """What was written and not sent when the program was left."""
        return self._draft_file.read() if self._layout.drafts.exists() else KeptDrafts()

    def keep_drafts(self, drafts: KeptDrafts) -> None:
        """Keep what is written and not sent, for the next time."""
        self._draft_file.keep(drafts)

    # -- questions --------------------------------------------------------------------------------------------------

    async def answer(
        self, approval: ApprovalId, decision: Decision, *, viewer: str = "", by: Decider = Decider.YOU
    ) -> None:
        """Answer a question; `viewer` is the other program that the person sits at, if they do.

        Raises:
            AnswerRefusedError: the question is gone or does not take this answer.
        """
        await self._approvals.decide(approval, decision, viewer=viewer, by=by)

    async def shown(self, approval: ApprovalId, painted: str, *, viewer: str = "") -> None:
        """A question's card was painted; `painted` is its text as it stood there. Its yes counts for what it is now."""
        await self._approvals.shown(approval, painted, viewer=viewer)

    # -- inside -------------------------------------------------------------------------------------------------

    @cached_property
    def _notify_command(self) -> "NotifyCommand":
        from codex_orch_tui.services.notify_command import notify_command_of  # noqa: PLC0415 - not for the first paint

        return notify_command_of(self._hub, lambda: self._config, self._policy.trusted, root=self.root)

    @cached_property
    def _draft_file(self) -> "DraftFile":
        from codex_orch_tui.services.draft_file import DraftFile  # noqa: PLC0415 - not for the first paint

        return DraftFile(self._layout.drafts)

    @cached_property
    def _live_settings(self) -> "LiveSettings":
        from codex_orch_tui.services.live_settings import LiveSettings  # noqa: PLC0415 - not for the first paint

        return LiveSettings(self._loaded, self._use)

    async def _serve(self) -> None:
        """Do what other programs ask for in the inbox, until `close`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), _SERVE_AFTER_S)
            return
        inbox = await asyncio.to_thread(_inbox_of, self)
        running = asyncio.create_task(inbox.run(), name="commands")
        await self._closing.wait()
        inbox.close()
        await running

    async def _end(self) -> None:
        """Write down what is left and let go of the repository. A step that fails keeps none of the others."""
        async with contextlib.AsyncExitStack() as steps:  # The last one is done first.
            steps.push_async_callback(self._opened.release)
            steps.push_async_callback(self._status_keeper.close)
            steps.push_async_callback(self._run_journals.close)
            steps.push_async_callback(self._audit.close)
            steps.callback(self._hub.apply, ev.SessionClosed(pid=self._opened.pid))
            if "_draft_file" in self.__dict__:  # somebody wrote something
                steps.push_async_callback(self._draft_file.close)
            steps.push_async_callback(self._evidence.close)
            if "_notify_command" in self.__dict__:  # made with the first news
                steps.push_async_callback(self._notify_command.close)
            if "_live_settings" in self.__dict__:  # somebody wanted to hear of changes
                steps.push_async_callback(self._live_settings.close)

    def _use(self, config: Config) -> None:
        """Let other settings count from now on."""
        self._config = config
        self._supervisor.resize(config.max_workers, config.idle_worker_s)
        self._scheduler.decide_now()

    def _notify(self, news: News) -> None:
        self._notify_command.take(news)


def _inbox_of(orchestrator: Orchestrator) -> "Inbox":
    """Made in a thread: loading it takes some 100 ms."""
    from codex_orch_tui.services.commands.inbox import Inbox  # noqa: PLC0415 - not for the first paint

    return Inbox(orchestrator)
