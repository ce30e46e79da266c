"""The scripted model: a Responses API server on loopback that plays scripts to a real Codex.

It speaks the least of the API that Codex needs: `POST …/responses` answered with server-sent events. What is asked
is recorded, so that a test can tell that the real Codex was there.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from codex_orch_tui.scripted.script import Fail, Hang, Say, Script, Step, check_script, chosen, schema_title
from codex_orch_tui.scripted.stream import created_event, events_of, failure_body

MAX_BODY_BYTES = 64 * 1024 * 1024
_UNSCRIPTED = Script("", (Say(text="Nothing is scripted for this request."),))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """One request for an answer. `thread` is Codex's thread id, `marker` the script's, `step` its tool outputs.

    `output_schema` is what the answer has to fit, None for free text; `effort` is how hard the model shall think.
    """

    user_agent: str
    thread: str
    model: str
    marker: str
    step: int
    input: Sequence[dict[str, Any]]
    output_schema: Mapping[str, Any] | None = None
    effort: str | None = None


class ModelServer:
    """Plays scripts on `http://127.0.0.1:<port>/v1`. Use it as an async context manager."""

    def __init__(self, scripts: Iterable[Script], *, roots: Sequence[str]) -> None:
        """Takes the scripts after checking each.

        Args:
            scripts: A request is answered by the one whose marker the newest marked user message holds; of
                several markers in one message the longest wins, of equal ones the one for the request's schema.
            roots: Absolute folders that the scripts' absolute paths must lie in.

        Raises:
            UnsafeScriptError: A script could do harm.
        """
        self.requests: list[RecordedRequest] = []
        self._scripts = tuple(scripts)
        for script in self._scripts:
            check_script(script, roots=roots)
        self._server: asyncio.Server | None = None
        self._gates: dict[str, asyncio.Event] = {}
        self._waiting: dict[str, asyncio.Event] = {}
        self._failed: Counter[tuple[str, str, int]] = Counter()
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=1024 * 1024)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def base_url(self) -> str:
        """What goes into Codex's `base_url`."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def release(self, name: str) -> None:
        """Lets every answer go on that is or will be held at `Hang(name)`."""
        self._gate(name).set()

    async def hanging(self, name: str) -> None:
        """Returns when an answer is held at `Hang(name)`."""
        await self._waiting.setdefault(name, asyncio.Event()).wait()

    def _gate(self, name: str) -> asyncio.Event:
        return self._gates.setdefault(name, asyncio.Event())

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client went away or does not speak HTTP: nobody is left to be told
        except asyncio.CancelledError:
            pass  # the server closes: ending quietly keeps asyncio from reporting the task as failed
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        size = int(headers.get("content-length", "0"))
        if size > MAX_BODY_BYTES:
            raise ValueError("body too long")
        body = await reader.readexactly(size)
        method, path, _ = head[0].split(" ", 2)
        if method != "POST" or not path.split("?")[0].endswith("/responses"):
            await _respond(writer, 404, {"error": {"message": "not scripted"}})
            return
        request = json.loads(body)
        thread = headers.get("thread-id") or headers.get("session-id") or str(request.get("prompt_cache_key", ""))
        schema = ((request.get("text") or {}).get("format") or {}).get("schema")
        script, step = self._choose(request.get("input", ()), schema_title(schema))
        self.requests.append(
            RecordedRequest(
                user_agent=headers.get("user-agent", ""),
                thread=thread,
                model=str(request.get("model", "")),
                marker=script.marker,
                step=step,
                input=request.get("input", ()),
                output_schema=schema,
                effort=(request.get("reasoning") or {}).get("effort"),
            )
        )
        await self._play(writer, self.requests[-1], script.answer(step))

    def _choose(self, items: Sequence[dict[str, Any]], title: str) -> tuple[Script, int]:
        outputs = 0
        for item in reversed(items):
            if str(item.get("type", "")).endswith("_output"):
                outputs += 1
            elif item.get("role") == "user":
                text = json.dumps(item.get("content"), ensure_ascii=False)
                if script := chosen(self._scripts, text, title):
                    return script, outputs
        return _UNSCRIPTED, 0

    async def _play(self, writer: asyncio.StreamWriter, request: RecordedRequest, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Fail):
                key = (request.thread, request.marker, request.step)
                if step.times is None or self._failed[key] < step.times:
                    self._failed[key] += 1
                    await _respond(writer, step.status, failure_body(step))
                    return
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
            b"connection: close\r\n\r\n"
        )
        answer = f"resp_{len(self.requests)}"
        writer.write(created_event(answer))
        await writer.drain()
        async for chunk in self._chunks(answer, request, steps):
            writer.write(chunk)
            await writer.drain()

    async def _chunks(self, answer: str, request: RecordedRequest, steps: tuple[Step, ...]) -> AsyncIterator[bytes]:
        played = []
        for step in steps:
            if isinstance(step, Hang):
                self._waiting.setdefault(step.name, asyncio.Event()).set()
                await self._gate(step.name).wait()
            elif not isinstance(step, Fail):
                played.append(step)
        for delay_s, chunk in events_of(answer, played, request.input):
            if delay_s:
                await asyncio.sleep(delay_s)
            yield chunk


async def _respond(writer: asyncio.StreamWriter, status: int, body: object) -> None:
    data = json.dumps(body).encode()
    writer.write(
        f"HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\n"
        f"content-length: {len(data)}\r\nconnection: close\r\n\r\n".encode()
        + data
    )
    await writer.drain()
