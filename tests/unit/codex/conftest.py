"""A stand-in for codex, for what the real one cannot be made to do."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codex_orch_tui.codex.launch import Launch
from codex_orch_tui.codex.transport import Sinks

# It answers initialize, thread/start and turn/start; {body} says what else it does with each message.
STAND_IN = """#!{python}
import json, os, sys, time
out = sys.stdout.buffer
def raw(data): out.write(data); out.flush()
def send(**message): raw(json.dumps(message).encode() + b"\\n")
def reply(message, result): send(id=message["id"], result=result)
def on(message):
{body}
for line in sys.stdin.buffer:
    message = json.loads(line)
    method = message.get("method")
    if on(message): pass
    elif method == "initialize": reply(message, {{"userAgent": "stand-in"}})
    elif method == "thread/start": reply(message, {{"thread": {{"id": "t1"}}, "approvalsReviewer": "user"}})
    elif method == "turn/start": reply(message, {{"turn": {{"id": "u1", "status": "inProgress"}}}})
"""

StandIn = Callable[..., Launch]


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    """Makes a stand-in whose `on(message)` has the given body; it returns True for what it has dealt with."""

    def make(body: str = "return False", *, max_line_bytes: int = 64 * 1024 * 1024) -> Launch:
        codex = tmp_path / "codex"
        indented = "".join(f"    {line}\n" for line in body.strip().splitlines())
        codex.write_text(STAND_IN.format(python=sys.executable, body=indented), encoding="utf-8")
        codex.chmod(0o700)
        for name in ("worktree", "tmp"):
            (tmp_path / name).mkdir(exist_ok=True)
        events = (tmp_path / "events.jsonl").open("ab", buffering=0)
        stderr = (tmp_path / "stderr.log").open("ab", buffering=0)
        opened.extend((events, stderr))
        return Launch(
            codex=codex,
            cwd=tmp_path / "worktree",
            env={"PATH": os.environ["PATH"]},
            tmpdir=tmp_path / "tmp",
            sinks=Sinks(
                events=lambda data: void(events.write(data)),
                stderr=lambda data: void(stderr.write(data)),
                long_lines=tmp_path / "long",
            ),
            max_line_bytes=max_line_bytes,
        )

    def void(_: object) -> None:
        return None

    opened: list = []
    yield make
    for file in opened:
        file.close()
