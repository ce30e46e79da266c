"""A recorded run, shown again: the reading side of the facade, driven by a clock that the person controls.

The screens read a `Replay` as they read an `Orchestrator`. Its state is the fold of the run's records up to a moment,
and a task's log is what its raw log held then. Nothing is started, locked or written, and git is not asked.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.config import Config
from codex_orch_tui.domain.drafts import KeptDrafts
from codex_orch_tui.domain.ids import ApprovalId, RunId, TaskRef
from codex_orch_tui.domain.role import BUILT_IN
from codex_orch_tui.domain.selectors import is_checked
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.raw_moment import RawMoment
from codex_orch_tui.services.recording import Recording
from codex_orch_tui.services.replay_refusals import Refusals
from codex_orch_tui.services.replay_tape import END, Tape
from codex_orch_tui.store.layout import task_files

if TYPE_CHECKING:
    from codex_orch_tui.domain.events import Recorded
    from codex_orch_tui.domain.plan import RoleName
    from codex_orch_tui.domain.role import RoleProfile
    from codex_orch_tui.domain.schedule import Wait
    from codex_orch_tui.domain.state import RateLimits
    from codex_orch_tui.services.announce import News
    from codex_orch_tui.services.live_settings import SettingsNews
    from codex_orch_tui.services.reading import BaseInfo
    from codex_orch_tui.services.task_log import TaskLog
    from codex_orch_tui.services.trust import TrustItem

SPEEDS = (1, 2, 5, 10, 20, 50, 100)
LONGEST_PAUSE_S = 2.0
"""What a longer pause of the recording takes at speed 1."""

_TICK_S = 1 / 15
_BUDGET_S = 0.015
"""How long events are taken in before the screen has its turn."""
_COUNT_BUDGET_S = 0.004


class Replay(Refusals):
    """One recording at a moment. Made open and playing; `run` plays until `close`.

    Args:
        recording: what is shown; it is closed by `run`.
        config: the settings of the screen.
        speed: how many recorded seconds pass in one, 1 to 100.
        until_seq: the last record that is shown, by its number in the journal.
    """

    def __init__(
        self, recording: Recording, config: Config, *, speed: float = 1.0, until_seq: int | None = None
    ) -> None:
        self._recording = recording
        self._config = config
        self._tape = Tape(recording, until_seq)
        self._tape.step()  # the run's creation: before it there is nothing to see
        self._moment_s = self._tape.place.at_s
        self._shown = self._tape.place
        self._target: int | None = None
        self._watchers: list[Callable[[], None]] = []
        self._growth_watchers: list[Callable[[TaskRef], None]] = []
        self._moments: dict[TaskRef, RawMoment] = {}
        self._read: tuple[TaskRef, str] | None = None
        self._wake = asyncio.Event()
        self._is_closing = False
        self.speed = min(100.0, max(1.0, speed))
        self.is_playing = True
        self.jumps = 0
        """Counts the moves that were no steps forward: a log that is on screen is another one then."""
        self.shortened_s = 0.0
        """How long the pause is that is being shortened; 0 when none is."""
        self.is_late = False
        """More happened than could be taken in at this speed."""

    # -- where it stands ----------------------------------------------------------------------------------------

    @property
    def run_id(self) -> RunId:
        """The run that is shown."""
        return self._recording.run

    @property
    def position(self) -> int:
        """How many of the run's events have happened."""
        return self._shown.position

    @property
    def total(self) -> int | None:
        """How many there are; None while they are counted."""
        return self._tape.total

    @property
    def moment_s(self) -> float:
        """The recorded time, in seconds since the epoch."""
        return self._moment_s

    @property
    def is_at_end(self) -> bool:
        """All has happened."""
        return self.total is not None and self.position >= self.total

    @property
    def going_to(self) -> tuple[int, int] | None:
        """While it goes to another place: how far it is, and where it goes."""
        if self._target is None:
            return None
        return self._tape.place.position, min(self._target, self.total or self._target)

    # -- what the person does -----------------------------------------------------------------------------------

    def play_or_pause(self) -> None:
        """Stop where it is, or go on; at the end begin again."""
        self.is_playing = not self.is_playing
        if self.is_playing and self.is_at_end:
            self._go(1)
        self._changed()

    def step(self, count: int = 1) -> None:
        """Some events on, or back with a negative number; it pauses."""
        self.is_playing = False
        start = self._target if self._target is not None else self.position
        self._go(max(1, start + count))

    def to_start(self) -> None:
        """Back to the run's creation."""
        self._go(1)

    def to_end(self) -> None:
        """To the last event; it pauses there."""
        self.is_playing = False
        self._go(self.total if self.total is not None else END)

    def faster(self) -> None:
        """The next higher speed."""
        self.speed = next((float(each) for each in SPEEDS if each > self.speed), self.speed)
        self._changed()

    def slower(self) -> None:
        """The next lower speed."""
        self.speed = next((float(each) for each in reversed(SPEEDS) if each < self.speed), self.speed)
        self._changed()

    async def settle(self) -> None:
        """Return when it has come to the place that it goes to; for programs that look without a screen."""
        while self._target is not None:
            self._seek()
            await asyncio.sleep(0)

    # -- the facade's reading side ------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The state of then."""
        return self._shown.state

    @property
    def viewing(self) -> None:
        """None: nobody holds what has happened."""
        return None

    @property
    def config(self) -> Config:
        """The settings of the screen."""
        return self._config

    @property
    def root(self) -> Path:
        """Named after what is shown; it need not be there."""
        return Path(self._recording.name)

    @property
    def codex_home(self) -> Path | None:
        """None: no Codex runs."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the recording could not be read."""
        return tuple(self._tape.notes)

    @property
    def rate_hold(self) -> "RateLimits | None":
        """None: nothing is going to begin."""
        return None

    def waits(self) -> "Mapping[TaskRef, Wait]":
        """Empty: nothing is going to begin."""
        return {}

    def quiet(self) -> Mapping[TaskRef, float]:
        """Empty: no worker is there."""
        return {}

    def kept_drafts(self) -> KeptDrafts:
        """None: nothing can be sent."""
        return KeptDrafts()

    def keep_drafts(self, drafts: KeptDrafts) -> None:
        """Nothing is written here."""

    def role_profiles(self) -> "Mapping[RoleName, RoleProfile]":
        """The roles that come with the program."""
        return BUILT_IN

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` when the moment is another one; returns the function that ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def watch_logs(self, watcher: Callable[[TaskRef], None]) -> Callable[[], None]:
        """Call `watcher` when a log may have grown; returns the function that ends it."""
        self._growth_watchers.append(watcher)
        return lambda: self._growth_watchers.remove(watcher)

    def watch_events(self, watcher: "Callable[[Recorded], None]") -> Callable[[], None]:  # noqa: ARG002 - the facade's
        """Nothing new happens; returns a function without effect."""
        return _nothing

    def watch_news(self, watcher: "Callable[[News], None]") -> Callable[[], None]:  # noqa: ARG002 - the facade's
        """Nobody is to be called; returns a function without effect."""
        return _nothing

    def watch_settings(self, watcher: "Callable[[SettingsNews], None]") -> Callable[[], None]:  # noqa: ARG002
        """The settings stay; returns a function without effect."""
        return _nothing

    def log(self, ref: TaskRef) -> "TaskLog":
        """A reader of what the task's log was then.

        Raises:
            NotPossibleError: there was no such task.
        """
        from codex_orch_tui.services.task_log import TaskLog  # noqa: PLC0415 - not for the first paint

        task = self.state.tasks.get(ref)
        if task is None:
            raise NotPossibleError(f"There was no task {ref} yet.")
        events = task_files(self._recording.run_folder, ref.task).events
        moment = self._moments.setdefault(ref, RawMoment(events))
        self._read = ref, _worktree(task)
        return TaskLog(
            events,
            lambda: self.state.tasks[ref].notes if ref in self.state.tasks else (),
            cwd=_worktree(task),
            end=lambda: 1 << 62 if self.is_at_end else moment.end_at(self._moment_s),
            is_checked=is_checked(self.state, ref),
        )

    async def base_info(self) -> "BaseInfo":
        """The branch that the run started from."""
        from codex_orch_tui.services.reading import BaseInfo  # noqa: PLC0415 - brings what knows git

        run = self.state.runs.get(self.run_id)
        branch = run.base_branch if run is not None else ""
        return BaseInfo(branches=(branch,), current=branch, dirty=())

    async def shown(self, approval: ApprovalId, painted: str, **_options: object) -> None:
        """Nothing is kept of it."""

    async def trust_wanted(self) -> "tuple[TrustItem, ...]":
        """Nothing: no command of the repository is run."""
        return ()

    async def flush(self) -> None:
        """At once: nothing is written."""

    async def wait_idle(self) -> None:
        """At once: nothing works."""

    # -- playing ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Play as the person wants, until `close`."""
        last_s = time.monotonic()
        try:
            while not self._is_closing:
                self._wake.clear()
                now_s = time.monotonic()
                passed_s, last_s = min(now_s - last_s, 4 * _TICK_S), now_s
                if self._target is not None:
                    self._seek()
                elif self.is_playing:
                    self._play(passed_s)
                is_counting = self._count()
                if self._target is not None:
                    await asyncio.sleep(0)
                elif self.is_playing or is_counting:
                    await self._tick(_TICK_S if not is_counting else 0.005)
                else:
                    await self._wake.wait()
                    last_s = time.monotonic()
        finally:
            self._recording.pages.close()

    def close(self) -> None:
        """Make `run` return."""
        self._is_closing = True
        self._wake.set()

    async def _tick(self, bound_s: float) -> None:
        try:
            async with asyncio.timeout(bound_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _count(self) -> bool:
        """Count for a moment; False when all is counted."""
        until_s = time.perf_counter() + _COUNT_BUDGET_S
        was_known = self.total is not None
        while self._tape.count_on():
            if time.perf_counter() > until_s:
                return True
        if not was_known and self.total is not None:
            self._changed()
        return False

    def _play(self, passed_s: float) -> None:
        """Let so many real seconds pass: the clock goes on, and what is due by then happens."""
        until_s = time.perf_counter() + _BUDGET_S
        left_s, before_s = passed_s, self._moment_s
        self.is_late = False
        while (next_s := self._tape.next_s) is not None:
            pause_s = next_s - self._tape.place.at_s
            rate = self.speed * max(1.0, pause_s / LONGEST_PAUSE_S)
            self.shortened_s = pause_s if pause_s > LONGEST_PAUSE_S else 0.0
            wait_s = max(0.0, next_s - self._moment_s) / rate
            if wait_s > left_s:
                self._moment_s += left_s * rate
                break
            left_s -= wait_s
            self._tape.step()
            self._moment_s = self._tape.place.at_s
            if time.perf_counter() > until_s:
                self.is_late = left_s > 0
                break
        else:
            self.is_playing = False
            self.shortened_s = 0.0
        self._show(is_other_state=self._tape.place is not self._shown or int(before_s) != int(self._moment_s))

    def _go(self, position: int) -> None:
        self._target = position
        self._changed()

    def _seek(self) -> None:
        assert self._target is not None, "only called on the way"
        before = self._shown
        if not self._tape.seek(self._target, _BUDGET_S):
            for watcher in tuple(self._watchers):
                watcher()
            return
        self._target = None
        self._moment_s = self._tape.place.at_s
        self.shortened_s = 0.0
        # One event on is no jump: the log goes on where it is.
        self.jumps += self._tape.place.position != before.position + 1
        self._show()

    def _show(self, *, is_other_state: bool = True) -> None:
        self._shown = self._tape.place
        if self._read is not None and (task := self.state.tasks.get(self._read[0])) is not None:
            # The worktree is known from now on: paths are told without it.
            self.jumps += _worktree(task) != self._read[1]
        if is_other_state or not self.is_playing:
            self._changed(wake=False)
        for ref in self._shown.state.tasks:
            for watcher in tuple(self._growth_watchers):
                watcher(ref)

    def _changed(self, *, wake: bool = True) -> None:
        if wake:
            self._wake.set()
        for watcher in tuple(self._watchers):
            watcher()


def _worktree(task: Task) -> str:
    return task.worktree.path if task.worktree is not None else ""


def _nothing() -> None:
    pass
