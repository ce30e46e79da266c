"""A stand-in for Codex: plays scripts without it, and tells what it does in Codex's own lines.

It is started only where the person asks for it by name, and every screen says so. There is no sandbox; what scripts may
hold (script.py) is what keeps it harmless.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from codex_orch_tui.codex.answers import result_for
from codex_orch_tui.codex.decode import Decoder
from codex_orch_tui.domain.approval import ApprovalRequest, Decision
from codex_orch_tui.domain.ids import ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind, OwnRule
from codex_orch_tui.domain.signals import Signal, StreamEnded, Warned
from codex_orch_tui.scripted.script import Script, check_script, schema_title
from codex_orch_tui.scripted.simulated_turn import Gates, SimulatedTurn, check_playable
from codex_orch_tui.services.ports import ConnectionFailedError, Launch
from codex_orch_tui.store.errors import RawLogError
from codex_orch_tui.store.raw_log import RawLog

VERSION = "simulated"
NO_PROCESS = 0
"""The pid of a worker that is none: nothing that ends leftover processes may ever find one by it."""


class SimulatedConnector:
    """Starts stand-ins, as a `ports.Connector`."""

    def __init__(self, scripts: Iterable[Script], *, roots: Sequence[str], environment: Mapping[str, str]) -> None:
        """Takes the scripts after checking each.

        Args:
            scripts: A text is answered by the script with the longest marker that it holds.
            roots: Absolute folders that the scripts' absolute paths must lie in.
            environment: What the scripts' commands see.

        Raises:
            UnsafeScriptError: A script could do harm.
            ValueError: A script holds a step that needs Codex.
        """
        self._scripts = tuple(scripts)
        for script in self._scripts:
            check_script(script, roots=roots)
            check_playable(script)
        self._environment = dict(environment)
        self._gates = Gates()

    def release(self, name: str) -> None:
        """Lets every script go on that is or will be held at `Hang(name)`."""
        self._gates.release(name)

    async def connect(self, launch: Launch) -> "SimulatedConnection":
        """See `ports.Connector`."""
        try:
            return SimulatedConnection(launch, self._scripts, self._environment, self._gates)
        except RawLogError as error:
            raise ConnectionFailedError(Fault(kind=FaultKind.STORAGE, message=str(error))) from error


class SimulatedConnection:
    """One stand-in, as a `ports.Connection`."""

    def __init__(self, launch: Launch, scripts: Sequence[Script], environment: Mapping[str, str], gates: Gates) -> None:
        self._launch = launch
        self._scripts = scripts
        self._environment = {**environment, "TMPDIR": str(launch.settings.private_tmp)}
        self._gates = gates
        self._log = RawLog(launch.events_path)
        self._decoder = Decoder(cwd=str(launch.settings.cwd), codex="codex")
        self._signals: asyncio.Queue[Signal] = asyncio.Queue()
        self._turn: SimulatedTurn | None = None
        self._playing: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """See `ports.Connection`; there is no process."""
        return NO_PROCESS

    @property
    def version(self) -> str:
        """See `ports.Connection`."""
        return VERSION

    @property
    def model(self) -> str:
        """See `ports.Connection`; there is no model."""
        return ""

    async def start_thread(self) -> ThreadId:
        """See `ports.Connection`."""
        thread = ThreadId(f"simulated-{uuid4().hex[:12]}")
        self._emit("thread/started", {"thread": {"id": thread}})
        return thread

    async def resume_thread(self, thread: ThreadId) -> None:
        """See `ports.Connection`; a script knows nothing of earlier turns."""

    async def start_turn(
        self,
        thread: ThreadId,
        text: str,
        output_schema: Mapping[str, Any] | None = None,
    ) -> TurnId:
        """See `ports.Connection`; the schema chooses between scripts, what they say is not held against it."""
        if self._turn is not None:
            raise _refused("a turn is running")
        self._decoder.begin_turn(is_checked=output_schema is not None)
        turn = SimulatedTurn(
            emit=self._emit,
            thread=thread,
            id=TurnId(f"simulated-{uuid4().hex[:12]}"),
            cwd=self._launch.settings.cwd,
            environment=self._environment,
            gates=self._gates,
            scripts=self._scripts,
            schema_title=schema_title(output_schema),
        )
        self._turn = turn
        self._playing = asyncio.create_task(self._play(turn, text), name="simulated turn")
        return turn.id

    async def steer(self, thread: ThreadId, turn: TurnId, text: str) -> None:  # noqa: ARG002 - of the port
        """See `ports.Connection`."""
        self._running(turn).steer(text)

    async def interrupt(self, thread: ThreadId, turn: TurnId) -> None:  # noqa: ARG002 - of the port
        """See `ports.Connection`."""
        self._running(turn)
        await self._end_playing()

    async def answer(self, request: ApprovalRequest, decision: Decision) -> None:
        """See `ports.Connection`."""
        word = str(result_for(request, decision)["decision"])
        if self._turn is None or not self._turn.answer(request.request_id, word):
            raise _refused("the question was gone before the answer was sent")

    async def own_rule(self, command: str) -> OwnRule:  # noqa: ARG002 - of the port
        """See `ports.Connection`."""
        return OwnRule(problem="this is simulated, no Codex and no sandbox take part")

    async def signals(self) -> AsyncIterator[Signal]:
        """See `ports.Connection`."""
        while True:
            signal = await self._signals.get()
            yield signal
            if isinstance(signal, StreamEnded):
                return

    async def stop(self) -> str:
        """See `ports.Connection`."""
        await self._end_playing()
        self._signals.put_nowait(StreamEnded(exit_code=0))
        self._log.close()
        return "was simulated"

    async def _play(self, turn: SimulatedTurn, text: str) -> None:
        try:
            await turn.play(text)
        finally:
            self._turn = None

    async def _end_playing(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._playing
            self._playing = None

    def _running(self, turn: TurnId) -> SimulatedTurn:
        if self._turn is None or self._turn.id != turn:
            raise _refused("no turn is running")
        return self._turn

    def _emit(self, method: str, params: Mapping[str, object], request_id: int | None = None) -> None:
        """Writes a line as Codex would, and takes in what it says."""
        request = {} if request_id is None else {"id": request_id}
        message = {"method": method, **request, "params": params, "emittedAtMs": time.time_ns() // 1_000_000}
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            self._log.append(line + b"\n")
        except RawLogError as error:
            self._signals.put_nowait(Warned(message=str(error)))
        self._launch.on_growth()
        for signal in self._decoder.decode(line).signals:
            self._signals.put_nowait(signal)


def _refused(message: str) -> ConnectionFailedError:
    return ConnectionFailedError(Fault(kind=FaultKind.OTHER, message=message))
