"""A session without a screen, as it ends."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain import secrets
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.headless import headless
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.viewer import Viewer
from tests.scenarios.stage import make_repository


class Slow:
    """An orchestrator whose workers take their time to stop."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()
        self.may_end = asyncio.Event()
        self.has_ended = False

    async def run(self) -> None:
        await self.closing.wait()
        await self.may_end.wait()
        self.has_ended = True

    def close(self) -> None:
        self.closing.set()


async def test_a_cancel_while_workers_are_stopped_does_not_cut_that_short(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()

    async def opened(*_: Any, **__: Any) -> Slow:
        return slow

    monkeypatch.setattr(Orchestrator, "open", opened)

    async def use() -> None:
        async with headless(Path(), Config(), CodexConnector()):
            pass

    using = asyncio.create_task(use())
    await slow.closing.wait()
    using.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not using.done()
    slow.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await using
    assert slow.has_ended


async def test_secrets_of_an_environment_that_was_given_are_hidden_too(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_known", secrets._Known())
    repository = make_repository(scratch, {"a.txt": "a\n"})
    given = "k7Qp-93xZ-vv41-Rt0b"
    await Viewer.open(repository, Config(), environ={"SHOP_API_KEY": given})
    assert given not in secrets.redact(f"the key is {given}")
