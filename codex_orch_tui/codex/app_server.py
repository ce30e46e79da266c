"""One worker's `codex app-server`: threads, turns, answers, and everything that it reports as signals.

Three silent ways round the person are shut here, and nowhere else has to think of them:

* `sandbox` is never sent with thread/start, as Codex would then mark the repository as trusted in the user's
  config.toml. The sandbox policy goes with every turn instead, with a private folder for temporary files.
* `approvalsReviewer` is "user" on every start, resume and turn, and Codex's answer is checked for it.
* An approval policy goes with every turn, and no answer of ours ever changes Codex's own rules.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Self

from codex_orch_tui import __version__
from codex_orch_tui.codex.child import Ending
from codex_orch_tui.codex.decode import Decoder, rate_limits
from codex_orch_tui.codex.faults import next_step
from codex_orch_tui.codex.framing import Spilled
from codex_orch_tui.codex.launch import AppServerError, Launch, command_line, sandbox_policy, start_fault
from codex_orch_tui.codex.params import RequestId
from codex_orch_tui.codex.results import (
    AccountResult,
    CommandResult,
    InitializeResult,
    Model,
    ModelsResult,
    NothingResult,
    RateLimitsResult,
    ThreadResult,
    TurnResult,
)
from codex_orch_tui.codex.transport import (
    METHOD_NOT_FOUND,
    STDERR_TAIL_BYTES,
    CallTimedOut,
    Listener,
    RpcError,
    Transport,
    TransportError,
    WorkerGone,
)
from codex_orch_tui.codex.wire import Unreadable
from codex_orch_tui.domain.ids import ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.secret_stream import ending
from codex_orch_tui.domain.signals import (
    Asked,
    RateLimitsChanged,
    RequestResolved,
    Signal,
    StreamEnded,
    UnknownAsked,
    Warned,
)
from codex_orch_tui.domain.terminal_text import clean_line, clean_text

INITIALIZE_TIMEOUT_S = 20.0
MAX_PAGES = 20
MAX_LAST_WORDS_CHARS = 500
_SPILLED_REQUEST = re.compile(rb'\{"method":\s*"[A-Za-z0-9_/]+",\s*"id":\s*(\d+),')
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


class AppServer:
    """A running app-server. Made by `open`; `signals` has to be read by one reader; ended by `stop`."""

    def __init__(self, launch: Launch) -> None:
        """Starts the process; use `open`, which waits until it speaks.

        Raises:
            OSError: It could not be started.
        """
        self._launch = launch
        self.model = ""
        """The model of the last thread, as Codex says."""
        self._signals: asyncio.Queue[Signal] = asyncio.Queue()
        self._decoder = Decoder(cwd=str(launch.cwd), codex=launch.codex)
        self._asked: dict[str, RequestId] = {}
        self._transport = Transport(
            command_line(launch),
            cwd=launch.cwd,
            env=launch.env,
            sinks=launch.sinks,
            listener=Listener(
                line=self._take_line, spilled=self._take_spilled, unwritten=self._take_unwritten, ended=self._take_end
            ),
            max_line_bytes=launch.max_line_bytes,
        )

    @classmethod
    async def open(cls, launch: Launch, *, timeout_s: float = INITIALIZE_TIMEOUT_S) -> Self:
        """Starts an app-server and waits until it answered.

        Raises:
            AppServerError: It could not be started, ended at once, or did not answer within `timeout_s` seconds.
        """
        try:
            server = cls(launch)
        except OSError as error:
            raise AppServerError(start_fault(launch, error)) from error
        try:
            await server._initialize(timeout_s)
        except BaseException as error:
            await server._transport.stop(close_s=0.2, term_s=1.0)
            if isinstance(error, TransportError | Unreadable):
                raise AppServerError(server.fault_of(error)) from error
            raise
        return server

    @property
    def pid(self) -> int:
        """Process id, also the id of its group and session."""
        return self._transport.pid

    @property
    def is_stopping(self) -> bool:
        """`stop` was called: nobody may start a successor before it returned."""
        return self._transport.is_stopping

    @property
    def has_ended(self) -> bool:
        """The process is gone; StreamEnded was sent."""
        return self._transport.has_ended

    async def signals(self) -> AsyncIterator[Signal]:
        """Everything that the worker reports, in order; the last one is StreamEnded."""
        while True:
            signal = await self._signals.get()
            yield signal
            if isinstance(signal, StreamEnded):
                return

    async def start_thread(
        self, *, approval_policy: ApprovalPolicy, model: str | None = None, developer_instructions: str | None = None
    ) -> ThreadId:
        """Begins a thread in the worker's folder.

        Raises:
            AppServerError: Codex would not ask the person.
            TransportError, Unreadable: See `fault_of`.
        """
        params = self._thread_params(approval_policy, model) | {"developerInstructions": developer_instructions}
        return self._checked(await self._transport.call("thread/start", _sent(params), ThreadResult))

    async def resume_thread(
        self, thread: ThreadId, *, approval_policy: ApprovalPolicy, model: str | None = None
    ) -> ThreadId:
        """Takes a thread of a former process up again, without its past turns. It is idle until a turn is started.

        Raises:
            AppServerError: Codex would not ask the person.
            TransportError, Unreadable: See `fault_of`; an RpcError when the thread is unknown or held by another.
        """
        params = self._thread_params(approval_policy, model) | {"threadId": thread, "excludeTurns": True}
        return self._checked(await self._transport.call("thread/resume", _sent(params), ThreadResult))

    async def start_turn(
        self,
        thread: ThreadId,
        text: str,
        *,
        sandbox: SandboxMode,
        approval_policy: ApprovalPolicy,
        model: str | None = None,
        effort: str | None = None,
        output_schema: Mapping[str, Any] | None = None,
    ) -> TurnId:
        """Gives the thread something to do.

        Raises:
            TransportError, Unreadable: See `fault_of`.
        """
        params = {
            "threadId": thread,
            "input": [{"type": "text", "text": text}],
            "approvalPolicy": approval_policy.value,
            "approvalsReviewer": "user",
            "sandboxPolicy": sandbox_policy(sandbox, self._launch.tmpdir),
            "model": model,
            "effort": effort,
            "outputSchema": output_schema,
        }
        self._decoder.begin_turn(is_checked=output_schema is not None)
        result = await self._transport.call("turn/start", _sent(params), TurnResult)
        return TurnId(clean_line(result.turn.id))

    async def steer(self, thread: ThreadId, turn: TurnId, text: str) -> None:
        """Sends a message into the running turn.

        Raises:
            TransportError: See `fault_of`; an RpcError when the turn is no longer the running one.
        """
        params = {"threadId": thread, "expectedTurnId": turn, "input": [{"type": "text", "text": text}]}
        await self._transport.call("turn/steer", params, NothingResult)

    async def interrupt(self, thread: ThreadId, turn: TurnId, *, timeout_s: float = 5.0) -> None:
        """Interrupts the running turn; TurnEnded follows as a signal.

        Raises:
            TransportError: See `fault_of`; an RpcError when the turn is no longer the running one.
        """
        params = {"threadId": thread, "turnId": turn}
        await self._transport.call("turn/interrupt", params, NothingResult, timeout_s=timeout_s)

    async def models(self) -> tuple[Model, ...]:
        """The models that can be chosen.

        Raises:
            TransportError, Unreadable: See `fault_of`.
        """
        models: list[Model] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = await self._transport.call("model/list", _sent({"cursor": cursor}), ModelsResult)
            models += [model for model in page.data if not model.hidden]
            cursor = page.next_cursor
            if cursor is None:
                break
        return tuple(models)

    async def login_fault(self) -> Fault | None:
        """Why no turn could succeed: nobody is logged in. None when somebody is, or no login is needed.

        Raises:
            TransportError, Unreadable: See `fault_of`.
        """
        account = await self._transport.call("account/read", {}, AccountResult)
        if account.account is not None or not account.requires_openai_auth:
            return None
        return Fault(
            kind=FaultKind.NOT_LOGGED_IN,
            message="Codex is not logged in",
            next_step=next_step(FaultKind.NOT_LOGGED_IN, self._launch.codex),
        )

    async def rate_limits(self) -> RateLimitsChanged | None:
        """The account's fullest limit; None when there is none, as with an API key.

        Raises:
            CallTimedOut, WorkerGone, Unreadable: See `fault_of`.
        """
        try:
            result = await self._transport.call("account/rateLimits/read", None, RateLimitsResult)
        except RpcError:  # Codex refuses where there is no account to have limits
            return None
        changed = rate_limits(result)
        return next((signal for signal in changed if isinstance(signal, RateLimitsChanged)), None)

    async def run_command(self, argv: Sequence[str], *, timeout_s: float) -> CommandResult:
        """Runs a program of ours as Codex runs those of a worker: its environment, its sandbox, nothing to write.

        Raises:
            CallTimedOut, RpcError, WorkerGone, Unreadable: See `fault_of`.
        """
        params = {
            "command": list(argv),
            "sandboxPolicy": sandbox_policy(SandboxMode.READ_ONLY, self._launch.tmpdir),
            "timeoutMs": round(timeout_s * 1000),
        }
        return await self._transport.call("command/exec", params, CommandResult, timeout_s=timeout_s + 1.0)

    def warn(self, message: str) -> None:
        """Tells the reader of `signals` something about this worker that Codex did not say; `message` is clean."""
        self._signals.put_nowait(Warned(message=message, is_logged=False))

    def answer(self, request_id: str, result: Mapping[str, Any]) -> bool:
        """Answers a question; see `answers.result_for`.

        Returns:
            Whether the answer was sent: False when the question is gone or the worker has ended.
        """
        wire_id = self._asked.pop(request_id, None)
        if wire_id is None:
            return False
        try:
            self._transport.respond(wire_id, result)
        except WorkerGone:
            return False
        return True

    async def stop(self, *, close_s: float = 3.0, term_s: float = 3.0, kill_s: float = 3.0) -> Ending:
        """Ends the process: stdin closed, SIGTERM, SIGKILL, each with its bound in seconds. Interrupt the turn first.

        Returns:
            What it took; every caller gets the same answer.
        """
        return await self._transport.stop(close_s=close_s, term_s=term_s, kill_s=kill_s)

    def fault_of(self, error: TransportError | Unreadable) -> Fault:
        """A failed call in words for the person."""
        where = clean_line(str(self._launch.codex))
        match error:
            case CallTimedOut():
                kind, message = FaultKind.CODEX_SILENT, f"{error} ({where})"
            case WorkerGone():
                kind, message = FaultKind.WORKER_DIED, f"{error} ({where}). {self._last_words()}"
            case RpcError():
                kind, message = FaultKind.OTHER, f"Codex refused: {error}"
            case _:
                kind, message = FaultKind.OTHER, f"Codex answered something unexpected: {error} ({where})"
        return Fault(kind=kind, message=clean_line(message.strip()), next_step=_STEPS.get(kind, ""))

    async def _initialize(self, timeout_s: float) -> None:
        params = {
            "clientInfo": {"name": "codex-orch-tui", "title": "codex-orch-tui", "version": __version__},
            "capabilities": {"experimentalApi": False},
        }
        await self._transport.call("initialize", params, InitializeResult, timeout_s=timeout_s)
        self._transport.notify("initialized")

    def _thread_params(self, approval_policy: ApprovalPolicy, model: str | None) -> dict[str, Any]:
        return {
            "cwd": str(self._launch.cwd),
            "approvalPolicy": approval_policy.value,
            "approvalsReviewer": "user",
            "model": model,
        }

    def _checked(self, result: ThreadResult) -> ThreadId:
        if result.approvals_reviewer not in {"", "user"}:
            reviewer = clean_line(result.approvals_reviewer)
            raise AppServerError(
                Fault(
                    kind=FaultKind.OTHER,
                    message=f"Codex would let “{reviewer}” answer its questions instead of you",
                    next_step="remove approvals_reviewer from Codex's config.toml or requirements",
                )
            )
        self.model = clean_line(result.model)
        return ThreadId(clean_line(result.thread.id))

    def _take_line(self, line: bytes) -> None:
        decoded = self._decoder.decode(line)
        for signal in decoded.signals:
            match signal:
                case Asked(request=request):
                    if decoded.request_id is not None:
                        self._asked[request.request_id] = decoded.request_id
                case UnknownAsked(method=method):
                    if decoded.request_id is not None:
                        self._refuse(decoded.request_id, method)
                case RequestResolved(request_id=request_id):
                    self._asked.pop(request_id, None)
                case _:
                    pass
            self._signals.put_nowait(signal)

    def _refuse(self, request_id: RequestId, method: str) -> None:
        try:
            self._transport.refuse(request_id, METHOD_NOT_FOUND, f"this client does not know {method}")
        except WorkerGone:
            return  # its end is reported by itself

    def _take_spilled(self, spilled: Spilled) -> None:
        request = _SPILLED_REQUEST.match(spilled.head)
        if request is not None:  # without an answer its turn would wait for ever
            self._refuse(int(request[1]), "a request of that length")
        for signal in self._decoder.spilled(spilled):
            self._signals.put_nowait(signal)

    def _take_unwritten(self, error: OSError) -> None:
        reason = clean_line(error.strerror or str(error))
        self._signals.put_nowait(Warned(message=f"The worker's log could not be written: {reason}", is_logged=False))

    def _take_end(self, exit_code: int | None) -> None:
        self._asked.clear()
        tail = clean_text(self._stderr_tail()).strip()
        self._signals.put_nowait(StreamEnded(exit_code=exit_code, stderr_tail=tail))

    def _last_words(self) -> str:
        last = self._stderr_tail().strip().rpartition("\n")[2]
        return ending(last[-MAX_LAST_WORDS_CHARS:]) if len(last) > MAX_LAST_WORDS_CHARS else last

    def _stderr_tail(self) -> str:
        tail = self._transport.stderr_tail
        text = _COLOUR.sub(b"", tail).decode("utf-8", "replace")
        return ending(text) if len(tail) >= STDERR_TAIL_BYTES else text


_STEPS = {
    FaultKind.CODEX_SILENT: "codex-orch-tui doctor",
    FaultKind.WORKER_DIED: "continue the task to start Codex again",
}


def _sent(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
