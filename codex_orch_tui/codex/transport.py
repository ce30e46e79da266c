"""JSON-RPC with one `codex app-server` over its stdio: calls with time-outs, and every line in its order.

Each block of stdout goes to the raw log before anything looks at it. Lines that only stream text are dropped here
without being decoded; responses wake their callers; every other line goes to `on_line`.
"""

import asyncio
import contextlib
import json
import random
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from codex_orch_tui.codex.child import Child, Ending
from codex_orch_tui.codex.framing import MAX_LINE_BYTES, Framed, LineFramer, Spilled
from codex_orch_tui.codex.params import RequestId, Wire
from codex_orch_tui.codex.wire import QUIET, Reply, Unreadable, is_reply, read_message, read_result

CALL_TIMEOUT_S = 30.0
OVERLOADED = -32001
METHOD_NOT_FOUND = -32601
STDERR_TAIL_BYTES = 16 * 1024
STDERR_LOG_BYTES = 16 * 1024 * 1024
_RETRIES = 5
_FIRST_BACKOFF_S = 0.2
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLY_ID = re.compile(rb'\{"id":\s*(\d+),')

ResultT = TypeVar("ResultT", bound=Wire)


class TransportError(Exception):
    """A call has no result. Subclasses: CallTimedOut, WorkerGone, RpcError."""


class CallTimedOut(TransportError):  # noqa: N818
    """Codex did not answer in time."""


class WorkerGone(TransportError):  # noqa: N818
    """The process ended, or its stdin is closed."""


class RpcError(TransportError):
    """Codex answered with an error; its own words are the message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Sinks:
    """Where raw bytes go. `events` takes whole lines, each with its LF; both may raise OSError."""

    events: Callable[[bytes], None]
    stderr: Callable[[bytes], None]
    long_lines: Path
    """Folder for lines above the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told. All are called on the loop; `ended` last and once, with the exit code."""

    line: Callable[[bytes], None]
    spilled: Callable[[Spilled], None]
    unwritten: Callable[[OSError], None]
    """The raw log could not take a block. Told at the first block and again after it had worked in between."""
    ended: Callable[[int | None], None]


class Transport:
    """One app-server process and the calls that are under way."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        sinks: Sinks,
        listener: Listener,
        max_line_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        """Starts the process.

        Raises:
            OSError: It could not be started.
        """
        self._sinks = sinks
        self._listener = listener
        self._framer = LineFramer(spill_folder=sinks.long_lines, max_line_bytes=max_line_bytes)
        self._calls: dict[int, asyncio.Future[bytes]] = {}
        self._next_id = 1
        self._is_unwritten = False
        self._stderr_tail: deque[bytes] = deque()
        self._stderr_bytes = 0
        self._child = Child(
            argv,
            cwd=cwd,
            env=env,
            on_stdout=self._take_stdout,
            on_stderr=self._take_stderr,
            on_ended=self._take_end,
        )

    @property
    def pid(self) -> int:
        """Process id, also the id of its group and session."""
        return self._child.pid

    @property
    def is_stopping(self) -> bool:
        """`stop` was called."""
        return self._child.is_stopping

    @property
    def has_ended(self) -> bool:
        """The listener was told that it ended."""
        return self._child.has_ended

    @property
    def stderr_tail(self) -> bytes:
        """The last that it wrote to stderr."""
        return b"".join(self._stderr_tail)[-STDERR_TAIL_BYTES:]

    async def call(
        self, method: str, params: object, result: type[ResultT], *, timeout_s: float = CALL_TIMEOUT_S
    ) -> ResultT:
        """Asks Codex and waits for the answer. An overloaded Codex is asked again a few times.

        Raises:
            CallTimedOut: No answer within `timeout_s` seconds, retries included.
            RpcError: Codex refused.
            WorkerGone: The process ended.
            Unreadable: The answer has another shape than expected.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return read_result(await self._call_patiently(method, params), result)
        except TimeoutError as error:
            raise CallTimedOut(f"Codex did not answer {method} within {timeout_s:g} s") from error

    def notify(self, method: str, params: object | None = None) -> None:
        """Tells Codex something.

        Raises:
            WorkerGone: The process ended.
        """
        self._send({"method": method} if params is None else {"method": method, "params": params})

    def respond(self, request_id: RequestId, result: object) -> None:
        """Answers a request of Codex.

        Raises:
            WorkerGone: The process ended.
        """
        self._send({"id": request_id, "result": result})

    def refuse(self, request_id: RequestId, code: int, message: str) -> None:
        """Answers a request of Codex with an error.

        Raises:
            WorkerGone: The process ended.
        """
        self._send({"id": request_id, "error": {"code": code, "message": message}})

    async def stop(self, *, close_s: float = 3.0, term_s: float = 3.0, kill_s: float = 3.0) -> Ending:
        """Ends the process; see `Child.stop`."""
        return await self._child.stop(close_s=close_s, term_s=term_s, kill_s=kill_s)

    async def _call_patiently(self, method: str, params: object) -> bytes:
        backoff_s = _FIRST_BACKOFF_S
        for _ in range(_RETRIES):
            try:
                return await self._call_once(method, params)
            except RpcError as error:
                if error.code != OVERLOADED:
                    raise
            await asyncio.sleep(backoff_s * random.uniform(0.5, 1.0))  # noqa: S311
            backoff_s *= 2
        return await self._call_once(method, params)

    async def _call_once(self, method: str, params: object) -> bytes:
        call_id = self._next_id
        self._next_id += 1
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._calls[call_id] = future
        try:
            self._send({"id": call_id, "method": method, "params": params})
            return await future
        finally:
            self._calls.pop(call_id, None)

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._child.write(encode(message))
        except BrokenPipeError as error:
            raise WorkerGone(str(error)) from error

    def _take_stdout(self, block: bytes) -> None:
        self._take_framed(self._framer.feed(block))

    def _take_framed(self, framed: Framed) -> None:
        if framed.spilled is not None:
            self._log(spilled_line(framed.spilled))
            self._take_spilled(framed.spilled)
        if not framed.whole:
            return
        self._log(framed.whole)
        lines = framed.whole.split(b"\n")
        lines.pop()
        for line in lines:
            if not line.startswith(QUIET):
                self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        if is_reply(line) and self._take_reply(line):
            return
        if line and not line.isspace():
            self._listener.line(line)

    def _take_reply(self, line: bytes) -> bool:
        try:
            reply = read_message(line)
        except Unreadable:
            return False
        if not isinstance(reply, Reply):
            return False
        future = self._calls.get(reply.id) if isinstance(reply.id, int) else None
        if future is not None and not future.done():
            if reply.error is None:
                future.set_result(line)
            else:
                future.set_exception(RpcError(reply.error.code or 0, reply.error.message))
        return True

    def _take_spilled(self, spilled: Spilled) -> None:
        found = _REPLY_ID.match(spilled.head)
        future = self._calls.get(int(found[1])) if found else None
        if future is not None and not future.done():
            future.set_exception(TransportError(f"the answer has {spilled.size_bytes} bytes, too long to read"))
        self._listener.spilled(spilled)

    def _log(self, data: bytes) -> None:
        try:
            self._sinks.events(data)
        except OSError as error:
            if not self._is_unwritten:
                self._is_unwritten = True
                self._listener.unwritten(error)
        else:
            self._is_unwritten = False

    def _take_stderr(self, block: bytes) -> None:
        self._stderr_tail.append(block[-STDERR_TAIL_BYTES:])
        while len(self._stderr_tail) > 1 and sum(map(len, self._stderr_tail)) > 4 * STDERR_TAIL_BYTES:
            self._stderr_tail.popleft()
        room = STDERR_LOG_BYTES - self._stderr_bytes
        self._stderr_bytes += len(block)
        if room > 0:
            # A log that cannot be written costs the log only; the tail is still there.
            with contextlib.suppress(OSError):
                self._sinks.stderr(block[:room])

    def _take_end(self, exit_code: int | None) -> None:
        self._take_framed(self._framer.finish())
        for future in self._calls.values():
            if not future.done():
                future.set_exception(WorkerGone("Codex ended before it answered"))
        self._listener.ended(exit_code)


def encode(message: object) -> bytes:
    """One object as one line. Lone surrogates become U+FFFD: Codex never answers a line that holds one."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _LONE_SURROGATE.sub("\ufffd", text).encode() + b"\n"


def spilled_line(spilled: Spilled) -> bytes:
    """What stands in the raw log for a line that was too long: one line of our own, which names the file."""
    return encode(
        {
            "method": "orchestrator/lineTooLong",
            "params": {
                "bytes": spilled.size_bytes,
                "file": None if spilled.path is None else spilled.path.name,
                "head": spilled.head[:200].decode("utf-8", "replace"),
            },
        }
    )
