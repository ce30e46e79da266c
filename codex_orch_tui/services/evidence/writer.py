"""Writes the evidence while the program works: behind the events, off the loop, and never in anybody's way.

A run's files are written some moments after something happened to it, and at most once in `BEAT_S` while its workers
only go on; nothing is written where nothing happens. A task's files are written when it comes to rest. The journal is
what everything rests on: a file that cannot be written is told once and ends nothing, and what is behind is written at
the next event, or after the next opening.
"""

import asyncio
import threading
import time
from typing import TYPE_CHECKING

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import ACTIVE, ENDED, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_orch_tui.domain.cost import RateCard
    from codex_orch_tui.gitrepo.repository import Repository
    from codex_orch_tui.services.evidence.making import Making
    from codex_orch_tui.store.layout import Layout

SETTLE_S = 1.0
"""Events come in flocks: one write tells of all of them."""
BEAT_S = 30.0
MAX_SHARE = 0.05
"""A run that takes long to write is written more seldom: so much of a core is used at most."""
AT_REST_S = 3.0
"""After the opening nothing is looked for while the first frames are painted."""
CLOSE_S = 4.0
"""What is not written by then is written after the next opening."""
_PACE_S = 0.05
"""Between two tasks that are behind since an earlier session: nobody waits for them."""

_GOING_ON = (
    ev.ItemStarted,
    ev.ItemCompleted,
    ev.CommandAllowed,
    ev.PlanUpdated,
    ev.UsageUpdated,
    ev.TurnSteered,
    ev.ApprovalShown,
    ev.NoteAdded,
)
"""What a worker's turn is full of: the next beat tells of it."""


class EvidenceWriter:
    """Watches the hub. Made before anything of this session happens, writes from `start` on; all calls on the loop.

    Args:
        hub: whose events; takes the note of a failure.
        layout: where the files lie.
        repository: the patches come from its commits.
        card: what models cost, as the settings have it now.
        pid: ours.
    """

    def __init__(
        self, hub: Hub, layout: "Layout", repository: "Repository", card: "Callable[[], RateCard]", *, pid: int
    ) -> None:
        self._hub = hub
        self._layout = layout
        self._repository = repository
        self._card = card
        self._pid: int | None = pid
        self._due_s: dict[RunId, float] = {}
        """When each run is to be written, by the loop's clock."""
        self._behind: dict[RunId, dict[TaskRef, None]] = {}
        self._written_s: dict[RunId, float] = {}
        self._took_s: dict[RunId, float] = {}
        self._new: set[RunId] = set()
        """Runs whose folder is still to be made."""
        self._late: set[RunId] = set()
        """Runs that are behind since an earlier session."""
        self._touched: set[RunId] = set()
        self._at_it = asyncio.Lock()
        self._changed = asyncio.Event()
        self._stops = threading.Event()
        self._pumping: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._made: Making | None = None
        self._has_told = False
        self._is_started = self._is_closing = False
        self._look: asyncio.TimerHandle | None = None
        self._unwatch = hub.watch(self._take)

    def start(self) -> None:
        """Write from now on; only for the holder of the lock."""
        self._is_started = True
        self._look = asyncio.get_running_loop().call_later(AT_REST_S, self._begin_look)
        self._go_on()

    async def close(self) -> None:
        """Write what is due, bounded in time, and watch no more."""
        self._unwatch()
        self._is_closing = True
        if self._look is not None:
            self._look.cancel()
        if self._looking is not None:
            self._looking.cancel()
        self._pid = None
        self._due_s = dict.fromkeys(self._touched, 0.0)
        self._go_on()
        if self._pumping is not None:
            _, pending = await asyncio.wait([self._pumping], timeout=CLOSE_S)
            if pending:
                self._stops.set()  # A thread cannot be cancelled; this one looks here between two pages.
                self._pumping.cancel()
                await asyncio.wait(pending, timeout=CLOSE_S)

    async def leave(self) -> None:
        """Return when nothing is being written; nothing is begun any more for a run whose folder is removed."""
        async with self._at_it:
            pass

    # -- what is due ----------------------------------------------------------------------------------------------

    def _take(self, recorded: ev.Recorded) -> None:
        event, state = recorded.event, self._hub.state
        if isinstance(event, ev.TaskEvent):
            run, task = event.ref.run, state.tasks.get(event.ref)
            if task is None:
                return
            if not task.spec.is_group and task.state not in ACTIVE and task.state is not TaskState.QUEUED:
                self._behind.setdefault(run, {})[event.ref] = None
            is_going_on = isinstance(event, _GOING_ON) and task.state in ACTIVE
            if isinstance(event, ev.TaskStarted):
                self._new.add(run)
        elif isinstance(event, ev.RunCreated | ev.PlanEdited | ev.RunPaused | ev.RunResumed | ev.RunLandingEvent):
            run, is_going_on = event.run, False
            if isinstance(event, ev.RunCreated):
                self._new.add(run)
        else:
            return
        self._touched.add(run)
        self._late.discard(run)
        self._want(run, BEAT_S if is_going_on else SETTLE_S)

    def _want(self, run: RunId, pause_s: float) -> None:
        """Have a run written soon, and so long after its last time."""
        now_s = asyncio.get_running_loop().time()
        pause_s = max(pause_s, self._took_s.get(run, 0.0) / MAX_SHARE)
        due_s = max(now_s + SETTLE_S, self._written_s.get(run, now_s - BEAT_S + SETTLE_S) + pause_s)
        if due_s < self._due_s.get(run, float("inf")):
            self._due_s[run] = due_s
            self._go_on()

    def _go_on(self) -> None:
        self._changed.set()
        if self._is_started and self._due_s and (self._pumping is None or self._pumping.done()):
            self._pumping = asyncio.get_running_loop().create_task(self._pump(), name="evidence")

    def _begin_look(self) -> None:
        self._looking = asyncio.get_running_loop().create_task(self._look_for_late(), name="evidence of before")

    async def _look_for_late(self) -> None:
        """Find what an earlier session left behind."""
        try:
            making = await self._making()
            found = await asyncio.to_thread(making.late, self._hub.state)
        except StoreError:
            return  # It is looked for at the next opening again.
        for run, refs in found:
            if run in self._touched:
                continue  # It will be written anyway, and tells the tasks itself.
            self._late.add(run)
            self._behind.setdefault(run, {}).update(dict.fromkeys(refs))
            self._want(run, SETTLE_S)

    # -- writing --------------------------------------------------------------------------------------------------

    async def _pump(self) -> None:
        """One run after the other, until none is due."""
        loop = asyncio.get_running_loop()
        while self._due_s:
            run = min(self._due_s, key=self._due_s.__getitem__)
            self._changed.clear()
            wait_s = self._due_s[run] - loop.time()
            if wait_s > 0:
                try:
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                continue
            del self._due_s[run]
            try:
                async with self._at_it:
                    await self._write(run)
            except Exception as error:  # noqa: BLE001 - no document is worth the work of the others
                self._failed(run, error)

    async def _write(self, run: RunId) -> None:
        """Its tasks that came to rest, and then the run.

        Raises:
            Exception: the run is not written.
        """
        if run not in self._hub.state.runs or not self._has_place(run):
            self._behind.pop(run, None)
            return
        failed = await self._write_tasks(run)
        if self._is_closing and run not in self._touched:
            return
        self._behind.setdefault(run, {}).update(failed)
        began_s = time.perf_counter()
        making = await self._making()
        await making.write_run(self._hub.state, run, card=self._card(), pid=self._pid, is_whole=not self._behind[run])
        self._took_s[run] = time.perf_counter() - began_s
        self._written_s[run] = asyncio.get_running_loop().time()
        self._late.discard(run)
        self._new.discard(run)

    async def _write_tasks(self, run: RunId) -> dict[TaskRef, None]:
        """Write those that are behind; those that could not be written."""
        making, waiting = await self._making(), self._behind.setdefault(run, {})
        failed: dict[TaskRef, None] = {}
        while waiting and not (self._is_closing and run not in self._touched):
            ref = next(iter(waiting))
            del waiting[ref]  # Before it is written: what happens meanwhile puts it there again.
            state = self._hub.state
            try:
                await making.write_task(state, ref, card=self._card(), stops=self._stops.is_set)
            except Exception as error:  # noqa: BLE001 - the other tasks, and the run, are written all the same
                failed[ref] = None
                self._failed(run, error)
            if state.tasks[ref].state in ENDED:
                making.forget(ref)
            if run in self._late:
                await asyncio.sleep(_PACE_S)
        return failed

    def _has_place(self, run: RunId) -> bool:
        """A folder that was cleaned away is not made again."""
        if self._hub.state.runs[run].folder_removed:
            return False
        return run in self._new or self._layout.run_folder(run).is_dir()

    async def _making(self) -> "Making":
        return self._made or self._keep(await asyncio.to_thread(_import_making))

    def _keep(self, make: "type[Making]") -> "Making":
        """One for all, whoever was waiting for it too."""
        if self._made is None:
            self._made = make(self._layout, self._repository)
        return self._made

    def _failed(self, run: RunId, error: Exception) -> None:
        """Tell it once, and let some time go by before the next try."""
        self._written_s[run] = asyncio.get_running_loop().time()
        self._took_s[run] = BEAT_S * MAX_SHARE
        refs = self._hub.state.runs[run].tasks
        ref = next((ref for ref in refs if not self._hub.state.tasks[ref].spec.is_group), None)
        if self._has_told or ref is None or self._stops.is_set():
            return
        self._has_told = True
        what = clean_line(str(error)) or type(error).__name__
        text = f"the reports of the run are not up to date: {what}; they are written when that is possible"
        self._hub.apply(ev.NoteAdded(ref=ref, kind=LogKind.WARNING, text=text))


def _import_making() -> "type[Making]":
    """In a thread: the models take longer to load than a frame may wait."""
    from codex_orch_tui.services.evidence.making import Making  # noqa: PLC0415 - see above

    return Making
