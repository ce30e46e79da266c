"""One supervised worker: a live connection, its thread and its turns, told as domain events.

A worker reads its connection's signals in a task of its own. It knows nothing of worktrees and commits; the
supervisor calls it and learns from `run_turn` how a turn ended.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never
from uuid import uuid4

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import signals as sg
from codex_orch_tui.domain.approval import ApprovalRequest, Choice, Outcome
from codex_orch_tui.domain.ids import ApprovalId, EpochId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind, TurnStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.approvals import Approvals
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.ports import Connection, ConnectionFailedError
from codex_orch_tui.services.process_identity import started_at_s

LAST_WORDS_LINES = 3
LAST_WORDS_CHARS = 300

INTERRUPT_BOUND_S = 10.0
"""How long an interrupted turn may take to tell its end before the worker is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """How a turn ended."""

    turn: TurnId
    status: TurnStatus
    fault: Fault | None


class Worker:
    """One worker of one task, from its start to the end of its process."""

    def __init__(self, ref: TaskRef, connection: Connection, hub: Hub, approvals: Approvals) -> None:
        self.ref = ref
        self.epoch = EpochId(uuid4().hex[:12])
        self._connection = connection
        self._hub = hub
        self._approvals = approvals
        self._thread: ThreadId | None = None
        self._turn: TurnId | None = None
        self._prompt = ""
        self._turn_end: asyncio.Future[TurnResult] | None = None
        self._open: dict[str, ApprovalId] = {}
        self._pending: set[asyncio.Task[None]] = set()
        self._looking_up = asyncio.Lock()
        self._stopping = False
        self._ended = asyncio.Event()
        self.last_heard_s = time.time()
        """When it last reported anything, in seconds since the epoch."""
        hub.apply(
            ev.WorkerStarted(
                ref=ref,
                epoch=self.epoch,
                pid=connection.pid,
                process_started_s=started_at_s(connection.pid),
                version=connection.version,
            )
        )

    @property
    def thread(self) -> ThreadId | None:
        """The open thread, if any."""
        return self._thread

    @property
    def in_turn(self) -> bool:
        """A turn is under way."""
        return self._turn_end is not None

    @property
    def alive(self) -> bool:
        """The worker's output has not ended."""
        return not self._ended.is_set()

    def heard(self) -> None:
        """It reports something: a signal, or a streamed piece, which is none."""
        self.last_heard_s = time.time()

    async def open_thread(self, thread: ThreadId | None) -> None:
        """Resume `thread`, or open a new one.

        Raises:
            ConnectionFailedError: Codex refused, or is gone.
        """
        if thread is None:
            self._thread = await self._connection.start_thread()
        else:
            await self._connection.resume_thread(thread)
            self._thread = thread
        model = self._connection.model
        self._tell(ev.ThreadOpened(ref=self.ref, thread=self._thread, resumed=thread is not None, model=model))

    async def run_turn(self, prompt: str, output_schema: Mapping[str, Any] | None = None) -> TurnResult:
        """Begin a turn and wait for its end, however long it takes.

        Args:
            prompt: What the worker is told.
            output_schema: What its last message has to fit; None is free text.

        Raises:
            ConnectionFailedError: the turn could not be begun.
            JournalError: the intent could not be kept, so nothing was sent.
        """
        assert self._thread is not None, "a turn needs an open thread"
        assert self._turn_end is None, "one turn at a time"
        await self._hub.record(ev.TurnRequested(ref=self.ref, prompt=prompt))
        end: asyncio.Future[TurnResult] = asyncio.get_running_loop().create_future()
        self._turn_end = end
        self._prompt = prompt
        try:
            self._begin(await self._connection.start_turn(self._thread, prompt, output_schema))
            return await end
        finally:
            self._turn = None
            self._turn_end = None

    async def steer(self, text: str) -> None:
        """Put a text into the running turn.

        Raises:
            ConnectionFailedError: there is no turn that takes it.
        """
        if self._thread is None or self._turn is None:
            raise ConnectionFailedError(Fault(kind=FaultKind.OTHER, message="no turn is running"))
        turn = self._turn
        await self._connection.steer(self._thread, turn, text)
        self._tell(ev.TurnSteered(ref=self.ref, turn=turn, text=text))

    async def interrupt(self) -> bool:
        """End the running turn; returns when it has told its end or its bound has passed.

        Returns:
            Whether no turn runs any more.

        Raises:
            ConnectionFailedError: Codex refused, or is gone.
        """
        end = self._turn_end
        if self._thread is None or self._turn is None or end is None:
            return end is None
        await self._connection.interrupt(self._thread, self._turn)
        await asyncio.wait([end], timeout=INTERRUPT_BOUND_S)
        return end.done()

    async def stop(self) -> None:
        """Interrupt, then end the process; bounded at every step."""
        self._stopping = True
        with contextlib.suppress(ConnectionFailedError):  # The ladder below ends a worker that cannot be asked.
            await self.interrupt()
        how = await self._connection.stop()
        await self._ended.wait()
        self._tell(ev.NoteAdded(ref=self.ref, kind=LogKind.NOTE, text=f"worker process {how}"))

    async def read_signals(self) -> None:
        """Turn what the worker reports into events until its output ends.

        A report that cannot be taken in ends this worker as if its output had ended there; the others go on.
        """
        try:
            async for signal in self._connection.signals():
                self.heard()
                self._take(signal)
        except Exception as error:  # noqa: BLE001 - the boundary between one worker and the others
            said = f"internal error: {type(error).__name__}: {clean_line(str(error))[:500]}"
            self._stream_ended(sg.StreamEnded(exit_code=None, stderr_tail=said))
        await self._finish_pending()

    # -- signals ------------------------------------------------------------------------------------------------

    def _take(self, signal: sg.Signal) -> None:
        match signal:
            case sg.TurnBegan():
                if self._is_ours(signal.thread):
                    self._begin(signal.turn)
            case sg.ItemBegan():
                self._tell(ev.ItemStarted(ref=self.ref, turn=signal.turn, item=signal.item))
                if signal.command:
                    self._start(self._look_up_rule(signal), f"rule {signal.item.id}")
            case sg.ItemEnded():
                self._tell(ev.ItemCompleted(ref=self.ref, turn=signal.turn, item=signal.item, answer=signal.text))
            case sg.PlanChanged():
                self._tell(ev.PlanUpdated(ref=self.ref, turn=signal.turn, steps=signal.steps))
            case sg.UsageChanged() | sg.ModelRerouted():
                self._used(signal)
            case sg.RateLimitsChanged():
                self._hub.apply(ev.RateLimitsUpdated(used_percent=signal.used_percent, resets_at_s=signal.resets_at_s))
            case sg.TurnEnded():
                if self._is_ours(signal.thread):
                    self._end_turn(signal.turn, signal.status, signal.fault)
            case sg.Asked(request=request):
                self._asked(request)
            case sg.RequestResolved(request_id=request_id):
                self._resolved(request_id)
            case sg.UnknownAsked(method=method):
                text = f"Codex asked something this version does not know ({method}); it was refused"
                self._tell(ev.NoteAdded(ref=self.ref, kind=LogKind.WARNING, text=text))
            case sg.Warned(message=message):
                if not signal.is_logged:
                    self._tell(ev.NoteAdded(ref=self.ref, kind=LogKind.WARNING, text=message))
            case sg.Faulted():
                if signal.will_retry:
                    fault = replace(signal.fault, next_step="Codex tries again by itself")
                    self._tell(ev.FaultTold(ref=self.ref, fault=fault))
            case sg.StreamEnded():
                self._stream_ended(signal)
            case _:
                assert_never(signal)

    def _used(self, signal: sg.UsageChanged | sg.ModelRerouted) -> None:
        """Tokens, and which model uses them: that of the task's own thread, also for its sub-agents."""
        if isinstance(signal, sg.UsageChanged):
            self._tell(ev.UsageUpdated(ref=self.ref, usage=signal.usage, thread=signal.thread))
        elif self._is_ours(signal.thread):
            self._tell(ev.ModelRerouted(ref=self.ref, turn=signal.turn, model=signal.model))

    def _is_ours(self, thread: ThreadId) -> bool:
        """Sub-agents report turns of threads of their own over the same connection."""
        return self._thread is None or thread == self._thread

    def _has_ended(self, turn: TurnId) -> bool:
        turns = self._hub.state.tasks[self.ref].turns
        return any(known.id == turn and known.status is not TurnStatus.IN_PROGRESS for known in turns)

    def _begin(self, turn: TurnId) -> None:
        """The response and the notification tell the same turn, in either order; items may come in between."""
        if self._turn_end is None or self._turn_end.done() or self._turn == turn:
            return
        self._turn = turn
        self._tell(ev.TurnStarted(ref=self.ref, turn=turn, prompt=self._prompt))

    def _end_turn(self, turn: TurnId, status: TurnStatus, fault: Fault | None) -> None:
        if self._turn_end is None or self._turn_end.done():
            return
        self._begin(turn)
        for approval in tuple(self._open.values()):
            self._approvals.close(approval, Outcome.EXPIRED, "the turn ended")
        self._open.clear()
        self._tell(ev.TurnEnded(ref=self.ref, turn=turn, status=status, fault=fault))
        self._turn_end.set_result(TurnResult(turn=turn, status=status, fault=fault))

    def _stream_ended(self, signal: sg.StreamEnded) -> None:
        self._ended.set()
        for approval in tuple(self._open.values()):
            self._close_lost(approval)
        self._open.clear()
        expected = self._stopping or not self.in_turn
        self._tell(
            ev.WorkerEnded(
                ref=self.ref,
                epoch=self.epoch,
                exit_code=signal.exit_code,
                expected=expected,
                how=_last_words(signal) if not expected else "",
            )
        )
        if self._turn_end is not None and not self._turn_end.done():
            self._turn_end.set_exception(ConnectionFailedError(_died(signal)))

    # -- approvals ----------------------------------------------------------------------------------------------

    def _asked(self, request: ApprovalRequest) -> None:
        approval = self._approvals.ask(self.ref, self.epoch, request)
        if self._has_ended(request.turn):
            self._approvals.close(approval, Outcome.EXPIRED, "its turn had ended when it was asked")
            return
        self._open[request.request_id] = approval
        self._start(self._answer(approval, request), f"answer {approval}")

    async def _answer(self, approval: ApprovalId, request: ApprovalRequest) -> None:
        try:
            decision = await self._approvals.decision(approval)
        except asyncio.CancelledError:
            return
        closed = self._hub.state.approvals[approval]
        if closed.outcome is not Outcome.PENDING:  # It would answer what Codex asks under this id now.
            note = f"an answer was not sent, its question had just ended: {closed.cause}"
            self._tell(ev.NoteAdded(ref=self.ref, kind=LogKind.ERROR, text=note))
            return
        try:
            await self._connection.answer(request, decision)
        except ConnectionFailedError as error:
            self._close_lost(approval)
            self._tell(ev.NoteAdded(ref=self.ref, kind=LogKind.ERROR, text=f"not answered: {error.fault.message}"))
            return
        if self._open.get(request.request_id) == approval:  # the id may be another question's by now
            del self._open[request.request_id]
        self._approvals.sent(approval)
        if decision.choice is Choice.DECLINE and decision.message:
            await self._steer_after_decline(decision.message)

    async def _look_up_rule(self, began: sg.ItemBegan) -> None:
        """What Codex's own rules let run is not asked for, and runs outside the sandbox: that must be told."""
        async with self._looking_up:  # One after the other: they are told in the order in which the commands began.
            own_rule = await self._connection.own_rule(began.command)
        self._tell(ev.CommandAllowed(ref=self.ref, turn=began.turn, item=began.item.id, own_rule=own_rule))

    def _start(self, work: Coroutine[None, None, None], name: str) -> None:
        started = asyncio.create_task(work, name=name)
        self._pending.add(started)
        started.add_done_callback(self._pending.discard)

    async def _steer_after_decline(self, text: str) -> None:
        try:
            await self.steer(text)
        except ConnectionFailedError as error:
            note = f"your message did not reach the turn: {error.fault.message}"
            self._tell(ev.NoteAdded(ref=self.ref, kind=LogKind.ERROR, text=note))

    def _resolved(self, request_id: str) -> None:
        """Codex announces the end of every question, answered ones included."""
        approval = self._open.get(request_id)
        if approval is None or not self._hub.state.approvals[approval].is_pending:
            return
        del self._open[request_id]
        self._approvals.close(approval, Outcome.SUPERSEDED, "Codex took the question back")

    def _close_lost(self, approval: ApprovalId) -> None:
        decided = self._hub.state.approvals[approval].choice
        cause = "the worker process ended" if decided is None else f"decided {decided}, delivery unknown"
        self._approvals.close(approval, Outcome.EXPIRED if decided is None else Outcome.WORKER_LOST, cause)

    async def _finish_pending(self) -> None:
        if self._pending:
            await asyncio.wait(self._pending)

    def _tell(self, event: ev.OfTask) -> None:
        self._hub.apply(event)


def _died(signal: sg.StreamEnded) -> Fault:
    code = "no exit code" if signal.exit_code is None else f"exit {signal.exit_code}"
    tail = f": {words}" if (words := _last_words(signal)) else ""
    return Fault(
        kind=FaultKind.WORKER_DIED,
        message=f"the worker process ended in mid-turn ({code}){tail}",
        next_step="the worktree is kept: continue the thread (c)",
    )


def _last_words(signal: sg.StreamEnded) -> str:
    """The end of what the worker wrote to stderr: the reason stands last, and stderr.log has the rest."""
    lines = [line for line in signal.stderr_tail.split("\n") if line.strip()]
    return "\n".join(line[:LAST_WORDS_CHARS] for line in lines[-LAST_WORDS_LINES:])
