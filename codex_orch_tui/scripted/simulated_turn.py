"""One turn of the stand-in: the steps of a script as Codex's notifications, and done for real in the worktree."""

import asyncio
import contextlib
import itertools
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codex_orch_tui.domain.ids import ThreadId, TurnId
from codex_orch_tui.scripted.patch import PatchError, changes_of, write
from codex_orch_tui.scripted.script import (
    MAX_SLEEP_S,
    Hang,
    Patch,
    Say,
    Script,
    Shell,
    Step,
    Think,
    UpdatePlan,
    chosen,
)

SHELL = "/bin/sh"
Emit = Callable[..., None]
"""`emit(method, params, request_id=None)`"""

_PLAYABLE = (Hang, Patch, Say, Shell, Think, UpdatePlan)
_STATUSES = {"in_progress": "inProgress"}
_UNSCRIPTED = Script("", (Say(text="Nothing is scripted for this."),))
_request_ids = itertools.count()


def check_playable(script: Script) -> None:
    """Refuses a script with a step that only Codex can play.

    Raises:
        ValueError: Names the step.
    """
    for step in script.steps:
        if not isinstance(step, _PLAYABLE):
            raise ValueError(f"{type(step).__name__} cannot be played without Codex")


class Gates:
    """Where scripts are held, by name."""

    def __init__(self) -> None:
        self._gates: dict[str, asyncio.Event] = {}

    def release(self, name: str) -> None:
        """Lets go whoever waits or will wait."""
        self._gates.setdefault(name, asyncio.Event()).set()

    async def wait(self, name: str) -> None:
        """Returns when the gate is released."""
        await self._gates.setdefault(name, asyncio.Event()).wait()


class _CancelledByPersonError(Exception):
    """A question was answered with: cancel the turn."""


@dataclass(slots=True, kw_only=True)
class SimulatedTurn:
    """Plays the script that a text chooses; a steer begins another one in the same turn."""

    emit: Emit
    thread: ThreadId
    id: TurnId
    cwd: Path
    environment: Mapping[str, str]
    gates: Gates
    scripts: Sequence[Script]
    schema_title: str = ""
    _steps: list[Step] = field(default_factory=list)
    _steered: list[str] = field(default_factory=list)
    _questions: dict[str, asyncio.Future[str]] = field(default_factory=dict)
    _items: int = 0
    _started_s: float = 0.0

    async def play(self, text: str) -> None:
        """Plays to the end and tells how it ended, also when it is cancelled."""
        self._started_s = time.monotonic()
        status = "interrupted"
        self.emit("turn/started", {"threadId": self.thread, "turn": {"id": self.id, "status": "inProgress"}})
        try:
            self._take_up(text)
            while self._steps:
                await self._step(self._steps.pop(0))
                while self._steered:
                    self._take_up(self._steered.pop(0))
            status = "completed"
        except _CancelledByPersonError:
            pass
        finally:
            duration_ms = round((time.monotonic() - self._started_s) * 1000)
            turn = {"id": self.id, "status": status, "durationMs": duration_ms}
            self.emit("turn/completed", {"threadId": self.thread, "turn": turn})

    def steer(self, text: str) -> None:
        """Takes another text into account before the next step."""
        self._steered.append(text)

    def answer(self, request_id: str, word: str) -> bool:
        """Hands over an answer; False when nobody waits for it."""
        question = self._questions.get(request_id)
        if question is None or question.done():
            return False
        question.set_result(word)
        self.emit("serverRequest/resolved", {"threadId": self.thread, "requestId": int(request_id)})
        return True

    def _take_up(self, text: str) -> None:
        item = {"type": "userMessage", "id": self._new_id(), "content": [{"type": "text", "text": text}]}
        self._began(item)
        self._ended(item)
        script = chosen(self.scripts, text, self.schema_title) or _UNSCRIPTED
        self._steps = list(script.steps)

    async def _step(self, step: Step) -> None:
        match step:
            case Hang(name=name):
                await self.gates.wait(name)
            case Say():
                await self._say(step)
            case Think(text=text):
                self._think(text)
            case UpdatePlan(steps=steps):
                plan = [{"step": text, "status": _STATUSES.get(status, status)} for text, status in steps]
                self._notify("turn/plan/updated", plan=plan)
            case Patch(text=text):
                await self._patch(text)
            case Shell():
                await self._shell(step)
            case _:
                raise AssertionError("check_playable lets no other step in")

    async def _say(self, step: Say) -> None:
        item = {"type": "agentMessage", "id": self._new_id(), "text": ""}
        self._began(item)
        size = -(-len(step.text) // max(1, step.chunks)) or 1
        for start in range(0, len(step.text), size):
            await asyncio.sleep(step.delay_s)
            self._notify("item/agentMessage/delta", itemId=item["id"], delta=step.text[start : start + size])
        self._ended({**item, "text": step.text})

    def _think(self, text: str) -> None:
        item: dict[str, object] = {"type": "reasoning", "id": self._new_id(), "summary": []}
        self._began(item)
        self._notify("item/reasoning/summaryTextDelta", itemId=item["id"], delta=text, summaryIndex=0)
        self._ended({**item, "summary": [text]})

    async def _patch(self, text: str) -> None:
        try:
            changes = await asyncio.to_thread(changes_of, self.cwd, text)
        except PatchError as error:
            await self._say(Say(text=f"The patch did not apply: {error}."))
            return
        told = [{"path": str(each.path), "kind": {"type": each.kind}, "diff": each.diff} for each in changes]
        item = {"type": "fileChange", "id": self._new_id(), "changes": told}
        self._began({**item, "status": "inProgress"})
        await asyncio.to_thread(write, changes)
        self._ended({**item, "status": "completed"})

    async def _shell(self, step: Shell) -> None:
        item: dict[str, object] = {
            "type": "commandExecution",
            "id": self._new_id(),
            "command": f"{SHELL} -c {shlex.quote(step.cmd)}",
            "cwd": str(self.cwd),
        }
        self._began({**item, "status": "inProgress"})
        word = await self._ask(step, item) if step.escalate else "accept"
        if word not in {"accept", "acceptForSession"}:
            self._ended({**item, "status": "declined"})
            if word == "cancel":
                raise _CancelledByPersonError
            return
        started_s = time.monotonic()
        output, code = await _run(step.cmd, self.cwd, self.environment)
        duration_ms = round((time.monotonic() - started_s) * 1000)
        status = "completed" if code == 0 else "failed"
        self._ended({**item, "status": status, "aggregatedOutput": output, "exitCode": code, "durationMs": duration_ms})

    async def _ask(self, step: Shell, item: Mapping[str, object]) -> str:
        request_id = next(_request_ids)
        question: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._questions[str(request_id)] = question
        params = {
            "kind": "command",
            "threadId": self.thread,
            "turnId": self.id,
            "itemId": item["id"],
            "startedAtMs": time.time_ns() // 1_000_000,
            "reason": step.justification,
            "command": item["command"],
            "cwd": item["cwd"],
            "availableDecisions": ["accept", "cancel"],
        }
        self.emit("item/commandExecution/requestApproval", params, request_id)
        try:
            return await question
        finally:
            del self._questions[str(request_id)]

    def _new_id(self) -> str:
        self._items += 1
        return f"{self.id}-{self._items}"

    def _began(self, item: Mapping[str, object]) -> None:
        self._notify("item/started", item=item, startedAtMs=time.time_ns() // 1_000_000)

    def _ended(self, item: Mapping[str, object]) -> None:
        self._notify("item/completed", item=item, completedAtMs=time.time_ns() // 1_000_000)

    def _notify(self, method: str, **params: object) -> None:
        self.emit(method, {**params, "threadId": self.thread, "turnId": self.id})


async def _run(command: str, cwd: Path, environment: Mapping[str, str]) -> tuple[str, int]:
    """Output and exit code of a command that `check_command` let in."""
    process = await asyncio.create_subprocess_exec(
        SHELL,
        "-c",
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(MAX_SLEEP_S + 5):
            output, _ = await process.communicate()
    except TimeoutError:
        output = b"time limit reached\n"
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return output.decode("utf-8", "replace"), process.returncode if process.returncode is not None else -1
