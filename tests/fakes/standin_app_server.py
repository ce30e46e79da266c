"""A stand-in for `codex app-server`, for what the real one cannot be made to do: it plays steps from a file.

    python standin_app_server.py --play FILE (--version | app-server …)

FILE is a JSON object. `plays` maps a marker to steps; a turn plays those whose marker its text holds, then says "done"
and ends. `version` is what it calls itself, `refuse` lists methods that it answers with an error. What it was sent is
kept beside FILE as `<FILE>.received`, one line each.

Steps, each an object with one key (see `_step`): send, ask, await, hold, raw, fill, stderr, write, remove, mode, deaf,
die. In what is sent, $THREAD and $TURN stand for the ids of now. Files are written below its working folder only.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

THREAD = "01900000-0000-7000-8000-000000000000"


def _encode(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _out(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def _below(name: str) -> Path:
    """A path of the working folder; latin-1 stands for bytes, so that any name can be written."""
    raw = name.encode("latin-1")
    if raw.startswith(b"/") or b".." in raw.split(b"/"):
        raise SystemExit(f"not below the working folder: {name!r}")
    return Path(os.fsdecode(raw))


class _Player:
    """Answers calls and plays one turn at a time."""

    def __init__(self, play: dict[str, Any], received: Path) -> None:
        self._play = play
        self._received = received
        self._turns = 0
        self._turn = ""
        self._asked = 1000
        self._answered: set[Any] = set()
        self._cut = False
        self._steered = False

    def serve(self) -> None:
        while self._pump():
            pass

    def _pump(self) -> bool:
        """Take one line of stdin; False at its end."""
        line = sys.stdin.buffer.readline()
        if not line:
            return False
        with self._received.open("ab") as file:
            file.write(line)
        message = json.loads(line)
        if "method" not in message:
            self._answered.add(message.get("id"))
        elif "id" in message:
            self._called(message["id"], message["method"], message.get("params") or {})
        return True

    def _called(self, call: Any, method: str, params: dict[str, Any]) -> None:
        if method in self._play.get("refuse", ()):
            _out(_encode({"id": call, "error": {"code": -32600, "message": f"{method} is refused"}}))
            return
        match method:
            case "initialize":
                self._reply(call, {"userAgent": "standin"})
            case "account/read":
                self._reply(call, {"account": None, "requiresOpenaiAuth": False})
            case "thread/start" | "thread/resume":
                self._reply(call, {"thread": {"id": THREAD}, "approvalsReviewer": "user"})
            case "turn/start":
                self._start_turn(call, params)
            case "turn/interrupt":
                self._cut = True
                self._reply(call, {})
            case "turn/steer":
                self._steered = True
                self._reply(call, {})
            case _:
                _out(_encode({"id": call, "error": {"code": -32601, "message": "not in this stand-in"}}))

    def _reply(self, call: Any, result: object) -> None:
        _out(_encode({"id": call, "result": result}))

    def _start_turn(self, call: Any, params: dict[str, Any]) -> None:
        self._turns += 1
        self._turn = f"turn-{self._turns}"
        self._cut = self._steered = False
        self._reply(call, {"turn": {"id": self._turn, "status": "inProgress"}})
        self._send({"method": "turn/started", "params": {"threadId": "$THREAD", "turn": {"id": "$TURN"}}})
        text = " ".join(part.get("text", "") for part in params.get("input", ()))
        for marker, steps in self._play.get("plays", {}).items():
            if marker in text:
                for step in steps:
                    self._step(step)
                    if self._cut:
                        break
        self._end_turn()

    def _end_turn(self) -> None:
        if not self._cut:
            item = {"type": "agentMessage", "id": f"last-{self._turns}", "text": "done"}
            for method in ("item/started", "item/completed"):
                self._send({"method": method, "params": {"item": item, "threadId": "$THREAD", "turnId": "$TURN"}})
        status = "interrupted" if self._cut else "completed"
        turn = {"id": "$TURN", "status": status}
        self._send({"method": "turn/completed", "params": {"threadId": "$THREAD", "turn": turn}})

    def _send(self, message: object) -> None:
        _out(_encode(message).replace(b"$THREAD", THREAD.encode()).replace(b"$TURN", self._turn.encode()))

    def _step(self, step: dict[str, Any]) -> None:
        """Play one step."""
        ((kind, value),) = step.items()
        match kind:
            case "send":  # a notification
                self._send(value)
            case "ask":  # a request of ours; its id is the next number
                self._asked += 1
                self._send({"method": value["method"], "id": self._asked, "params": value["params"]})
            case "await":  # "answer" to the last request, a "steer", or any further "line"
                self._wait_for(value)
            case "hold":  # until the turn is interrupted
                while not self._cut and self._pump():
                    pass
            case "raw":  # bytes as latin-1
                _out(value.encode("latin-1"))
            case "fill":  # head, then so many times a piece, then tail
                head, piece, count, tail = value
                _out(head.encode("latin-1"))
                for _ in range(count // 1024):
                    _out(piece.encode("latin-1") * 1024)
                _out(piece.encode("latin-1") * (count % 1024) + tail.encode("latin-1"))
            case "stderr":
                os.write(2, value.encode("latin-1"))
            case "write":
                path = _below(value[0])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(value[1].encode("latin-1"))
            case "remove":
                _below(value).unlink()
            case "mode":
                _below(value[0]).chmod(value[1])
            case "deaf":  # from now on neither the end of stdin nor SIGTERM ends this process
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                while True:
                    signal.pause()
            case "die":
                os._exit(value)
            case _:
                raise SystemExit(f"no such step: {kind}")

    def _wait_for(self, what: str) -> None:
        if what == "line":
            self._pump()
            return
        while not self._cut and not (self._steered if what == "steer" else self._asked in self._answered):
            if not self._pump():
                raise SystemExit(0)


def main() -> None:
    """The command line."""
    place = Path(sys.argv[sys.argv.index("--play") + 1])
    play = json.loads(place.read_text("utf-8"))
    if "--version" in sys.argv:
        print(f"codex-cli {play.get('version', '0.163.0')}")
        return
    _Player(play, place.with_name(place.name + ".received")).serve()


if __name__ == "__main__":
    main()
