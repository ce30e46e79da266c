"""The whole program above a stand-in for Codex, or above any other codex, for one test of a fault."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from codex_orch_tui.config import Config
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.ui.app import OrchApp
from tests.fakes import standin_app_server
from tests.scenarios.stage import Stage, make_repository
from tests.scenarios.tui.user import User

Steps = Sequence[Mapping[str, Any]]
STANDIN = Path(standin_app_server.__file__)
README = {"README.md": "hello\n"}


def script(path: Path, text: str) -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def standin(root: Path, plays: Mapping[str, Steps] | None = None, **process: Any) -> Path:
    """A codex that plays these steps; see tests/fakes/standin_app_server.py."""
    play = root / "play.json"
    play.write_text(json.dumps({"plays": plays or {}, **process}), encoding="utf-8")
    python = f"exec '{sys.executable}' -S -E '{STANDIN}' --play '{play}'"
    return script(root / "bin" / "codex", f'#!/bin/sh\n{python} "$@"\n')


def received(root: Path) -> list[dict[str, Any]]:
    """What the stand-in was sent so far."""
    return [json.loads(line) for line in (root / "play.json.received").read_text().splitlines()]


def environment(root: Path) -> dict[str, str]:
    """An environment with homes of its own."""
    for name in ("home", "codex-home"):
        (root / name).mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(root / "home"),
        "CODEX_HOME": str(root / "codex-home"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def item(item_id: str, kind: str, **fields: Any) -> dict[str, Any]:
    """A step: an item has ended."""
    params = {"item": {"type": kind, "id": item_id, **fields}, "threadId": "$THREAD", "turnId": "$TURN"}
    return {"send": {"method": "item/completed", "params": params}}


def both(item_id: str, kind: str, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two steps: an item begins and ends."""
    ended = item(item_id, kind, **fields)
    return {"send": {**ended["send"], "method": "item/started"}}, ended


def says(text: str, item_id: str = "said") -> dict[str, Any]:
    """A step: the worker's message."""
    return item(item_id, "agentMessage", text=text)


def asks(command: str, **fields: Any) -> dict[str, Any]:
    """A step: the worker asks for a command."""
    params = {
        "threadId": "$THREAD",
        "turnId": "$TURN",
        "itemId": "cmd",
        "kind": "command",
        "command": command,
        **fields,
    }
    return {"ask": {"method": "item/commandExecution/requestApproval", "params": params}}


@asynccontextmanager
async def opened(
    root: Path,
    codex: Path | None,
    *,
    repository: Path | None = None,
    connector: CodexConnector | None = None,
    **config: Any,
) -> AsyncIterator[Stage]:
    """The program without a screen."""
    repository = repository or make_repository(root, README)
    connector = connector or CodexConnector(codex_path=codex, environment=environment(root))
    async with ModelServer([], roots=[str(root)]) as model:
        settings = Config(**({"approval_guard_ms": 0} | config))
        orchestrator = await Orchestrator.open(repository, settings, connector, environ=environment(root))
        on = Stage(root, repository, model, orchestrator)
        async with asyncio.TaskGroup() as group:
            group.create_task(orchestrator.run())
            try:
                yield on
            finally:
                orchestrator.close()


@asynccontextmanager
async def shown(on: Stage, size: tuple[int, int] = (160, 45)) -> AsyncIterator[User]:
    """The screen of an open program, and a person at it."""
    app = OrchApp(on.orchestrator)
    async with app.run_test(size=size, notifications=True) as pilot:
        yield User(on, app, pilot)
