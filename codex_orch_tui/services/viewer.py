"""A second program on a repository that another one holds: it follows the journal, and asks the holder for the rest.

Nothing is locked or written. Whatever the person here does is sent to the holder (`AskingHolder`); what a person's own
files decide, rules and trust, is changed here as there.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.config import Config, LoadedConfig
from codex_orch_tui.config.role_settings import role_names
from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.schedule import Wait, decide
from codex_orch_tui.domain.secrets import remember
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.domain.task import ACTIVE, TaskState
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.announce import Announcer, News
from codex_orch_tui.services.asking_holder import AskingHolder
from codex_orch_tui.services.commands.sender import holder
from codex_orch_tui.services.errors import EXIT_NOT_USABLE, OpenError
from codex_orch_tui.services.folder_watch import FolderWatch
from codex_orch_tui.services.follower import Follower
from codex_orch_tui.services.plan_reading import PlanReading
from codex_orch_tui.services.planned_tasks import PlannedTasks, rate_hold
from codex_orch_tui.services.policy import Policy
from codex_orch_tui.services.rule_commands import RuleCommands
from codex_orch_tui.services.session import Viewing
from codex_orch_tui.store.errors import JournalError
from codex_orch_tui.store.event_codec import NewerSchemaError
from codex_orch_tui.store.layout import Layout

if TYPE_CHECKING:
    from codex_orch_tui.services.live_settings import LiveSettings, SettingsNews
    from codex_orch_tui.services.task_log import TaskLog

LOOK_AGAIN_S = 1.0
"""How often it is looked without being told, also at who holds the repository."""
LOG_S = 0.1
"""The same for the logs that are read, while their tasks are at work."""
CATCH_UP_S = 2.0
"""How long the journal may take to show what the holder has done."""
_LOGS_FOLLOWED = 8


class Viewer(AskingHolder, PlanReading, RuleCommands):
    """A repository that is looked at. Made by `open`; all calls on the event loop's thread."""

    def __init__(
        self,
        repository: Repository,
        layout: Layout,
        config: Config,
        *,
        settings_file: Path | None = None,
        loaded: LoadedConfig | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._repository = repository
        self._layout = layout
        self._config = config
        self._loaded = loaded or LoadedConfig(config=config, origins={})
        self._environ = environ
        self._viewer = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._asked = set()
        self._journal = Follower(layout.journal)
        self._policy = Policy(
            repository,
            layout,
            lambda: self.state,
            lambda _ref, _text: None,
            settings_file=settings_file,
            environ=environ,
            roles=lambda: role_names(self._config.roles),
        )
        self._announcer = Announcer(self._journal)
        self._planned = PlannedTasks()
        self._waits: tuple[tuple[int, bool] | None, Mapping[TaskRef, Wait]] = (None, {})
        self._holder = holder(layout)
        self._watchers: list[Callable[[], None]] = []
        self._growth_watchers: list[Callable[[TaskRef], None]] = []
        self._logs: dict[TaskRef, tuple[int, bool]] = {}
        """Of each log that is read its bytes, and whether its task was at work, when it was looked at last."""
        self._closing = False
        self._changed = asyncio.Event()
        self._seen_more = asyncio.Event()
        self._settings: LiveSettings | None = None
        self._beside = self._seen_beside()

    @classmethod
    async def open(
        cls,
        folder: Path,
        config: Config,
        *,
        settings_file: Path | None = None,
        loaded: LoadedConfig | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> "Viewer":
        """Look at the repository that `folder` lies in; see `Orchestrator.open`.

        Raises:
            OpenError: not a repository, or a state that cannot be read.
        """
        remember({**os.environ, **environ})
        try:
            repository = await Repository.open(folder)
            layout = Layout(repository.top, repository.git_dir, worktree_base=config.worktree_base)
            return cls(repository, layout, config, settings_file=settings_file, loaded=loaded, environ=environ)
        except GitRepoError as error:
            raise OpenError(str(error), exit_code=EXIT_NOT_USABLE) from error
        except (JournalError, NewerSchemaError) as error:
            raise OpenError(str(error)) from error

    async def run(self) -> None:
        """Follow the journal until `close`."""
        watch = FolderWatch((self._layout.folder,), self._changed.set, names=frozenset({self._layout.journal.name}))
        looking = asyncio.create_task(self._look_at_logs(), name="logs")
        try:
            while not self._closing:
                self._changed.clear()
                await self._look()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), LOOK_AGAIN_S)
        finally:
            looking.cancel()
            await watch.close()
            if self._settings is not None:
                await self._settings.close()
            for task in (*self._asked, looking):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def close(self) -> None:
        """Make `run` return; the holder goes on."""
        self._closing = True
        self._changed.set()

    # -- what is known ------------------------------------------------------------------------------------------

    @property
    def viewing(self) -> Viewing:
        """Who has the repository."""
        held = self._holder
        if held is None:
            return Viewing("")
        return Viewing(f"process {held.pid} on {held.host}" if held.pid else str(held))

    @property
    def state(self) -> State:
        """The state, as far as the journal has been read."""
        return self._journal.state

    @property
    def config(self) -> Config:
        """The settings in force here; those of the holder may be others."""
        return self._config

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the journal cannot be shown."""
        return self._journal.notes

    @property
    def rate_hold(self) -> RateLimits | None:
        """The account's rate limits, while they let no task begin."""
        return rate_hold(self.state, self._config, time.time(), self._at_work())

    def waits(self) -> Mapping[TaskRef, Wait]:
        """Why each task that could begin some day has not begun, as it follows from the state and the settings here."""
        is_held = self.rate_hold is not None  # It ends by time, without any event.
        if self._waits[0] != (self.state.seq, is_held):
            planned = self._planned.of(self.state, self._config, at_work=self._at_work())
            decision = decide(planned, slots=self._config.max_workers, is_rate_limited=is_held)
            self._waits = ((self.state.seq, is_held), decision.waits)
        return self._waits[1]

    def quiet(self) -> Mapping[TaskRef, float]:
        """See `Orchestrator.quiet`; when a worker reported something is told by its raw log."""
        until_s, found = time.time() - self._config.quiet_worker_s, {}
        for ref, task in self.state.tasks.items():
            if task.state is TaskState.RUNNING:
                with contextlib.suppress(OSError):
                    heard_s = max(self._layout.task(*ref).events.stat().st_mtime, task.since_s)
                    if heard_s <= until_s:
                        found[ref] = heard_s
        return found

    def log(self, ref: TaskRef) -> "TaskLog":
        """A reader of the task's log, which is followed from now on."""
        self._logs.pop(ref, None)
        self._logs[ref] = self._log_bytes(ref), True
        if len(self._logs) > _LOGS_FOLLOWED:
            del self._logs[next(iter(self._logs))]
        return super().log(ref)

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` after each change of the state or of `viewing`; returns the function that ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def watch_events(self, watcher: Callable[[Recorded], None]) -> Callable[[], None]:
        """Call `watcher` with each event; returns the function that ends it."""
        return self._journal.watch(watcher)

    def watch_news(self, watcher: Callable[[News], None]) -> Callable[[], None]:
        """Call `watcher` when a task asks, is done or has failed; returns the function that ends it."""
        return self._announcer.watch(watcher)

    def watch_logs(self, watcher: Callable[[TaskRef], None]) -> Callable[[], None]:
        """Call `watcher` when a log that was read has grown; returns the function that ends it."""
        self._growth_watchers.append(watcher)
        return lambda: self._growth_watchers.remove(watcher)

    def watch_settings(self, watcher: "Callable[[SettingsNews], None]") -> Callable[[], None]:
        """Call `watcher` when the files of settings have changed; returns the function that ends it."""
        from codex_orch_tui.services.live_settings import LiveSettings  # noqa: PLC0415 - not for the first paint

        if self._settings is None:
            self._settings = LiveSettings(self._loaded, self._use)
        return self._settings.watch(watcher)

    # -- inside -------------------------------------------------------------------------------------------------

    async def _caught_up(self, seq: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_S):
                while self.state.seq < seq:
                    self._seen_more.clear()
                    self._changed.set()
                    await self._seen_more.wait()

    async def _look(self) -> None:
        """Take in what is new; what cannot be read now is tried again."""
        self._holder = await asyncio.to_thread(holder, self._layout)
        try:
            is_new = await self._journal.look()
        except (JournalError, NewerSchemaError) as error:
            self._journal.tell(str(error))
            is_new = False
        self._seen_more.set()
        beside, self._beside = self._beside, self._seen_beside()
        if is_new or beside != self._beside:
            self._tell()

    def _seen_beside(self) -> tuple[object, ...]:
        """What may change without an event."""
        return self._holder, self._journal.notes, self.rate_hold is not None

    async def _look_at_logs(self) -> None:
        while True:
            await asyncio.sleep(LOG_S)
            for ref, (size_bytes, was_at_work) in tuple(self._logs.items()):
                task = self.state.tasks.get(ref)
                is_at_work = task is not None and task.state in ACTIVE
                if not is_at_work and not was_at_work:  # Its last lines came before its end.
                    continue
                now_bytes = self._log_bytes(ref)
                self._logs[ref] = now_bytes, is_at_work
                if now_bytes != size_bytes:
                    for watcher in tuple(self._growth_watchers):
                        watcher(ref)

    def _log_bytes(self, ref: TaskRef) -> int:
        try:
            return self._layout.task(*ref).events.stat().st_size
        except OSError:
            return 0

    def _at_work(self) -> frozenset[TaskRef]:
        return frozenset(ref for ref, task in self.state.tasks.items() if task.state in ACTIVE)

    def _use(self, config: Config) -> None:
        self._config = config
        self._waits = (None, {})
        self._tell()

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()
