"""The real Codex, driven by the scripted model, one app-server for each test."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from codex_orch_tui.codex.answers import result_for
from codex_orch_tui.codex.app_server import AppServer
from codex_orch_tui.codex.binary import find_codex
from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.codex.launch import Launch
from codex_orch_tui.codex.transport import Sinks
from codex_orch_tui.domain.approval import ApprovalRequest, Decision
from codex_orch_tui.domain.ids import ThreadId
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.signals import Asked, Signal, StreamEnded, TurnEnded
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Script

FEATURES = ("default_mode_request_user_input", "request_permissions_tool")
PATIENCE_S = 10.0
MCP_SERVER = Path(__file__).parents[2] / "fakes" / "mcp_server.py"

SignalT = TypeVar("SignalT")


@dataclass
class Rig:
    """A worker at a scripted model, and all that it said."""

    root: Path
    model: ModelServer
    worker: AppServer
    seen: list[Signal] = field(default_factory=list)
    thread: ThreadId | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _read: int = 0

    @property
    def worktree(self) -> Path:
        return self.root / "worktree"

    @property
    def outside(self) -> Path:
        return self.root / "outside"

    @property
    def log(self) -> list[bytes]:
        return (self.root / "events.jsonl").read_bytes().splitlines()

    async def follow(self) -> None:
        async for signal in self.worker.signals():
            async with self._news:
                self.seen.append(signal)
                self._news.notify_all()

    async def until(self, kind: type[SignalT], when: Callable[[SignalT], bool] = lambda _: True) -> SignalT:
        """The next signal of that kind, after the one that the last call returned."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            while True:
                while self._read < len(self.seen):
                    signal = self.seen[self._read]
                    self._read += 1
                    if isinstance(signal, kind) and when(signal):
                        return signal
                    assert not isinstance(signal, StreamEnded), f"ended while waiting for {kind.__name__}: {signal}"
                await self._news.wait()

    async def start(
        self,
        text: str,
        *,
        sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE,
        policy: ApprovalPolicy = ApprovalPolicy.ON_REQUEST,
        schema: dict[str, Any] | None = None,
    ) -> str:
        if self.thread is None:
            self.thread = await self.worker.start_thread(approval_policy=policy)
        return await self.worker.start_turn(
            self.thread, text, sandbox=sandbox, approval_policy=policy, output_schema=schema
        )

    async def asked(self) -> ApprovalRequest:
        return (await self.until(Asked)).request

    async def decide(self, request: ApprovalRequest, decision: Decision) -> None:
        assert self.worker.answer(request.request_id, result_for(request, decision))

    async def turn_end(self) -> TurnEnded:
        return await self.until(TurnEnded)

    def tool_outputs(self) -> list[str]:
        """What Codex told the model about its tool calls, as of the last request."""
        items = self.model.requests[-1].input
        return [str(item["output"]) for item in items if str(item.get("type", "")).endswith("_output")]


MakeRig = Callable[..., contextlib.AbstractAsyncContextManager[Rig]]


def launch(root: Path, home: Path, *, overrides: tuple[str, ...] = ()) -> Launch:
    for name in ("worktree", "outside", "tmp", "home"):
        (root / name).mkdir(exist_ok=True)
    source = {**os.environ, "HOME": str(root / "home"), "CODEX_HOME": str(home)}
    events = root / "events.jsonl"
    events.touch()

    def log(data: bytes) -> None:
        with events.open("ab") as file:
            file.write(data)

    return Launch(
        codex=find_codex(None, os.environ).path,
        cwd=root / "worktree",
        env=worker_environment(source, tmpdir=root / "tmp"),
        tmpdir=root / "tmp",
        sinks=Sinks(events=log, stderr=lambda _: None, long_lines=root / "long"),
        overrides=overrides,
    )


@asynccontextmanager
async def _rig(
    root: Path, scripts: Iterable[Script], *, mcp: bool = False, roots: tuple[Path, ...] = ()
) -> AsyncIterator[Rig]:
    async with ModelServer(scripts, roots=[str(root), *map(str, roots)]) as model:
        servers = {"asker": [sys.executable, str(MCP_SERVER)]} if mcp else {}
        home = write_codex_home(root / "codex-home", model.base_url, mcp_servers=servers, features=FEATURES)
        rig = Rig(root, model, await AppServer.open(launch(root, home)))
        follower = asyncio.create_task(rig.follow())
        try:
            yield rig
        finally:
            await rig.worker.stop()
            await asyncio.wait_for(follower, PATIENCE_S)


@pytest.fixture
def make_rig(scratch: Path) -> MakeRig:
    """`async with make_rig(scripts) as rig`; `mcp` adds an MCP server `asker`, `roots` where it may write."""
    return lambda scripts, **options: _rig(scratch, scripts, **options)


@pytest.fixture
def open_again(scratch: Path) -> Callable[[], Awaitable[AppServer]]:
    """Opens a second app-server in the same places, for a thread that is taken up again."""
    return lambda: AppServer.open(launch(scratch, scratch / "codex-home"))


@pytest.fixture
def launch_with(scratch: Path) -> Callable[[Path], Launch]:
    """How a worker is launched with a given CODEX_HOME."""
    return lambda home: launch(scratch, home)
