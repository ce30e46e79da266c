"""Lets tasks begin: after each change that may matter it looks at all that is planned and decides once.

The decision itself is pure (domain/schedule.py). The supervisor runs what is let begin. What limits a task has is
watched here as well, since both are about time and slots.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.item import Fault
from codex_orch_tui.domain.limits import left_s, reached_limit
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.schedule import Decision, Reason, Wait, decide
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.domain.task import CONTINUABLE
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.planned_tasks import PlannedTasks, rate_hold
from codex_orch_tui.services.supervisor import Supervisor

_MATTERS = (
    *(ev.SessionEvent, ev.ScheduleEvent, ev.TurnStarted, ev.MergeFinished),
    *(ev.TaskQueued, ev.TaskFailed, ev.TaskLost, ev.TaskInterrupted, ev.TaskFinished, ev.TaskDiscarded),
)
"""After these the decision may be another one. A task that comes to rest is told by the supervisor."""

_LEAST_WAIT_S = 0.05


class Scheduler:
    """Decides when tasks begin, and stops those that reach a limit.

    Args:
        hub: tells what happened.
        supervisor: runs the tasks.
        settings: gives the settings in force.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        hub: Hub,
        supervisor: Supervisor,
        settings: Callable[[], Config],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._hub = hub
        self._supervisor = supervisor
        self._settings = settings
        self._clock = clock
        self._planned = PlannedTasks()
        self._waits: Mapping[TaskRef, Wait] = {}
        self._due = asyncio.Event()
        self._moved = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._group: asyncio.TaskGroup | None = None
        self._at_limit: set[TaskRef] = set()
        self._unkept: set[RunId] = set()
        self._watchers: list[Callable[[], None]] = []
        supervisor.on_rest = lambda _ref: self._wake()

    @property
    def waits(self) -> Mapping[TaskRef, Wait]:
        """Why each task that could begin some day has not begun."""
        return self._waits

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` when `waits` has changed, until the returned function is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    @property
    def rate_hold(self) -> RateLimits | None:
        """The rate limits, while they let no task begin."""
        return rate_hold(self._hub.state, self._settings(), self._clock(), self._supervisor.at_work)

    async def run(self, until: asyncio.Event) -> None:
        """Let the supervisor run, and tasks begin, until the event is set."""
        unwatch = self._hub.watch(self._take)
        async with asyncio.TaskGroup() as self._group:
            deciding = self._group.create_task(self._decide_always(), name="scheduler")
            try:
                await self._supervisor.run(until)
            finally:
                unwatch()
                deciding.cancel()
                self._disarm()
                self._pause_runs()
        self._group = None

    @contextmanager
    def held_back(self, run: RunId) -> Iterator[None]:
        """Let nothing of a run begin that is not on disk yet."""
        self._unkept.add(run)
        try:
            yield
        finally:
            self._unkept.discard(run)

    def decide_now(self) -> None:
        """Let begin what can begin. Without effect while the supervisor takes nothing."""
        if not self._supervisor.is_open:
            return
        decision = self.decision()
        for ref in decision.begin:
            self._supervisor.begin(ref)
        self._arm()
        if decision.waits != self._waits:
            self._waits = decision.waits
            for watcher in tuple(self._watchers):
                watcher()

    def decision(self) -> Decision:
        """What would begin now."""
        return decide(
            self._planned.of(
                self._hub.state,
                self._settings(),
                at_work=self._supervisor.at_work,
                is_asked=self._supervisor.is_queued_again,
                left_out=self._unkept,
            ),
            slots=self._settings().max_workers,
            is_rate_limited=self.rate_hold is not None,
        )

    async def wait_idle(self) -> None:
        """Return when no task is at work and none can begin without the person."""
        while True:
            self.decide_now()
            is_held_by_time = any(wait.reason is Reason.RATE_LIMIT for wait in self._waits.values())
            if not self._supervisor.at_work and not is_held_by_time:
                return
            self._moved.clear()
            await self._moved.wait()

    def _pause_runs(self) -> None:
        """Leave the plans that are under way so that the person can let them go on where they were."""
        cut_off = self._supervisor.cut_off
        for run in tuple(self._hub.state.runs.values()):
            if event := pause_at_end(self._hub.state, run, cut_off):
                self._hub.apply(event)

    # -- moments ------------------------------------------------------------------------------------------------

    def _take(self, recorded: ev.Recorded) -> None:
        event = recorded.event
        if isinstance(event, ev.UsageUpdated):
            self._check_limit(event.ref)
        elif isinstance(event, ev.ApprovalEvent):
            self._arm()  # The time in which the person is asked does not count.
        elif isinstance(event, _MATTERS):
            self._wake()

    def _wake(self) -> None:
        self._due.set()
        self._moved.set()

    async def _decide_always(self) -> None:
        try:
            await self._supervisor.opened()
        except NotPossibleError:
            return
        while True:
            self.decide_now()
            await self._due.wait()
            self._due.clear()

    def _arm(self) -> None:
        """Look again when a rate limit is reset, or a task's minutes are used."""
        self._disarm()
        now_s, state = self._clock(), self._hub.state
        moments = [left_s(state.tasks[ref], now_s) for ref in self._supervisor.at_work]
        if (hold := self.rate_hold) is not None and hold.resets_at_s is not None:
            moments.append(hold.resets_at_s - now_s)
        if known := [moment for moment in moments if moment is not None]:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(_LEAST_WAIT_S, min(known)), self._ring)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        for ref in self._supervisor.at_work:
            self._check_limit(ref)
        self._wake()

    def _check_limit(self, ref: TaskRef) -> None:
        if ref not in self._supervisor.at_work or ref in self._at_limit or self._group is None:
            return
        fault = reached_limit(self._hub.state.tasks[ref], self._clock())
        if fault is not None:
            self._at_limit.add(ref)
            self._group.create_task(self._stop_at_limit(ref, fault), name=f"limit {ref}")

    async def _stop_at_limit(self, ref: TaskRef, fault: Fault) -> None:
        try:
            await self._supervisor.stop(ref, fault.message, by_limit=True)
            if self._hub.state.tasks[ref].state in CONTINUABLE:
                self._hub.apply(ev.TaskFailed(ref=ref, fault=fault))
        finally:
            self._at_limit.discard(ref)


def pause_at_end(state: State, run: Run, at_work: frozenset[TaskRef]) -> ev.RunPaused | None:
    """How a plan of several tasks is left at the end of the program; None when nothing of it is to come.

    Args:
        state: what is known.
        run: the plan's run.
        at_work: the tasks that were at work and have been cut off.
    """
    tasks = [state.tasks[ref] for ref in run.tasks]
    cut_off = tuple(task.ref for task in tasks if task.ref in at_work and task.state in CONTINUABLE and not task.held)
    is_open = any(sel.is_planned(task) for task in tasks) and not run.paused
    if len(tasks) == 1 or not (cut_off or is_open):
        return None
    return ev.RunPaused(run=run.id, cause="the program ended", cut_off=(*run.cut_off, *cut_off))
