"""An app-server that costs nothing: it speaks the least of the protocol and replays lines that it made before.

The text of a turn is its order: `{"lines": 75000, "per_s": 7500}` streams so many lines of command output at that pace,
`{"lines": 0}` ends at once, `{"hold": true}` keeps the turn open in silence. `"asks": 5, "within_s": 10, "go": FILE`
asks so many questions at random moments of the ten seconds after that file is there, with `"together": true` at moments
that are the same for all workers. What was sent is told on stderr as JSON.
Stand-alone: it runs as `codex` with nothing but the standard library.
"""

import json
import os
import random
import select
import sys
import time
from typing import Any

TICK_S = 0.01
LINE_BYTES = 290
THREAD = "0199a213-81c0-7800-8aa1-bbab2a035a53"
TURN = "0199a213-82f1-7931-a4c2-08b5f6e2b1d0"
COMMAND = "call_stream"
GO_TICK_S = 0.02


def notification(method: str, **params: Any) -> bytes:
    """One notification as Codex writes it."""
    told = {"method": method, "params": {"threadId": THREAD, **params}}
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def delta(number: int) -> bytes:
    """One line of a command's output, `LINE_BYTES` long with its LF."""
    head = f"{number:>6} tests/unit/test_query.py::test_an_empty_query_is_refused PASSED "

    def line(text: str) -> bytes:
        told = {
            "method": "item/commandExecution/outputDelta",
            "params": {"threadId": THREAD, "turnId": TURN, "itemId": COMMAND, "delta": text + "\n"},
            "emittedAtMs": 1763642400000,
        }
        return json.dumps(told, separators=(",", ":")).encode() + b"\n"

    return line(head + "." * (LINE_BYTES - len(line(head))))


class Stream:
    """Lines at an even pace: what is late is sent at once, so that the mean holds."""

    def __init__(self, lines: int, per_s: int) -> None:
        self.left = lines
        self._per_tick = max(1, round(per_s * TICK_S))
        ready = [delta(number) for number in range(10 * self._per_tick)]
        self._blocks = [ready[at : at + self._per_tick] for at in range(0, len(ready), self._per_tick)]
        self._joined = [b"".join(block) for block in self._blocks]
        self._ticks = 0
        self.began_s = time.monotonic()

    @property
    def wait_s(self) -> float:
        """Until the next block is due."""
        return max(0.0, self.began_s + self._ticks * TICK_S - time.monotonic())

    def block(self) -> bytes:
        """The next block."""
        at = self._ticks % len(self._blocks)
        self._ticks += 1
        count = min(self.left, self._per_tick)
        self.left -= count
        return self._joined[at] if count == self._per_tick else b"".join(self._blocks[at][:count])


class Questions:
    """Questions at random moments after a start that is the same for all workers."""

    def __init__(self, count: int, within_s: float, go: str, *, together: bool) -> None:
        moments = random.Random(0 if together else os.getpid())
        self._delays_s = sorted(moments.uniform(0, within_s) for _ in range(count))
        self._go = go
        self._began_s = 0.0
        self._asked = 0

    @property
    def wait_s(self) -> float | None:
        """Until the next one is due, or until the start is to be looked for; None after the last."""
        if self._asked == len(self._delays_s):
            return None
        if not self._began_s:
            return GO_TICK_S
        return max(0.0, self._began_s + self._delays_s[self._asked] - time.monotonic())

    def take_due(self) -> bytes:
        """The next one, when its moment has come."""
        if not self._began_s:
            if not os.path.exists(self._go):  # noqa: PTH110 - nothing but the least is imported here
                return b""
            # The file's own time, which all workers read: each of them finds it at another moment.
            self._began_s = time.monotonic() - max(0.0, time.time() - os.stat(self._go).st_mtime) + GO_TICK_S  # noqa: PTH116
        if self.wait_s != 0:
            return b""
        self._asked += 1
        params = {
            "threadId": THREAD,
            "turnId": TURN,
            "itemId": f"ask-{self._asked}",
            "kind": "command",
            "command": f"printf {os.getpid()}-{self._asked}",
            "cwd": "/",
            "reason": "the next step needs it",
        }
        method = "item/commandExecution/requestApproval"
        return json.dumps({"id": 1000 + self._asked, "method": method, "params": params}).encode() + b"\n"


class StandIn:
    """One app-server on stdin and stdout."""

    def __init__(self) -> None:
        self._lines = 0
        self._bytes = 0
        self._stream: Stream | None = None
        self._questions: Questions | None = None
        self._input = b""

    def run(self) -> None:
        """Serve until stdin ends."""
        while True:
            stream, questions = self._stream, self._questions
            due = [each.wait_s for each in (stream, questions) if each is not None]
            if select.select([0], [], [], min((wait_s for wait_s in due if wait_s is not None), default=None))[0]:
                block = os.read(0, 65536)
                if not block:
                    return
                self._take(block)
                continue
            if questions is not None and (question := questions.take_due()):
                os.write(2, json.dumps({"asked_s": time.perf_counter()}).encode() + b"\n")
                self._send(question)
            if stream is not None and not stream.wait_s:
                self._send(stream.block())
                if not stream.left:
                    self._end_turn(stream)

    def _take(self, block: bytes) -> None:
        *lines, self._input = (self._input + block).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "id" in message and "method" in message:
                self._answer(message)

    def _answer(self, message: dict[str, Any]) -> None:
        method = message["method"]
        results: dict[str, Any] = {
            "initialize": {"userAgent": "codex-cli/0.163.0", "codexHome": ""},
            "account/read": {"account": {"type": "apiKey"}, "requiresOpenaiAuth": True},
            "thread/start": {"thread": {"id": THREAD}, "model": "stand-in", "approvalsReviewer": "user"},
            "turn/start": {"turn": {"id": TURN, "status": "inProgress"}},
        }
        self._send(json.dumps({"id": message["id"], "result": results.get(method, {})}).encode() + b"\n")
        if method == "turn/start":
            self._begin_turn(json.loads(message["params"]["input"][0]["text"]))
        elif method == "turn/interrupt":
            self._stream = self._questions = None
            self._tell_turn("completed", "interrupted")

    def _begin_turn(self, order: dict[str, Any]) -> None:
        self._tell_turn("started", "inProgress")
        if order.get("asks"):
            self._questions = Questions(order["asks"], order["within_s"], order["go"], together=order["together"])
        if order.get("hold"):
            return
        if order["lines"]:
            self._send(notification("item/started", turnId=TURN, item=self._command("inProgress")))
            self._stream = Stream(order["lines"], order["per_s"])
        else:
            self._tell_turn("completed", "completed")

    def _end_turn(self, stream: Stream) -> None:
        self._stream = None
        took_s = time.monotonic() - stream.began_s
        self._send(notification("item/completed", turnId=TURN, item=self._command("completed")))
        # Before the end of the turn: who has seen that finds the report.
        report = {"lines": self._lines + 1, "took_s": round(took_s, 3)}
        os.write(2, json.dumps(report).encode() + b"\n")
        self._tell_turn("completed", "completed")

    def _tell_turn(self, verb: str, status: str) -> None:
        self._send(notification(f"turn/{verb}", turn={"id": TURN, "status": status}))

    def _command(self, status: str) -> dict[str, Any]:
        item = {"type": "commandExecution", "id": COMMAND, "command": "pytest -v", "cwd": ".", "status": status}
        return item if status == "inProgress" else {**item, "exitCode": 0}

    def _send(self, data: bytes) -> None:
        self._lines += data.count(b"\n")
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]


if __name__ == "__main__":
    if "--version" in sys.argv:
        print("codex-cli 0.163.0")
    else:
        StandIn().run()
