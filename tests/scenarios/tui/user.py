"""A person at the real screen: presses keys, reads what is painted."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.scripted.script import Script
from codex_orch_tui.ui.app import OrchApp
from tests.keyboard import press, type_text
from tests.scenarios.stage import Stage, stage

PATIENCE_S = 15.0
LOOK_AGAIN_S = 0.02


@dataclass
class User:
    """Drives one app on one stage."""

    on: Stage
    app: OrchApp
    pilot: Pilot[int]

    @property
    def painted(self) -> str:
        """The screen as text, line by line."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def refs(self) -> tuple[TaskRef, ...]:
        """All tasks, in the order of their creation."""
        return tuple(self.on.orchestrator.state.tasks)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await press(self.pilot, *keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        await type_text(self.pilot, text)
        await self.pilot.pause()

    async def see(self, *texts: str) -> None:
        """Wait until all of these are on the screen; blanks and line breaks do not count."""
        wanted = [re.sub(r"\s+", "", text) for text in texts]
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.pilot.pause()
                    painted = re.sub(r"[\s│]+", "", self.painted)
                    if all(text in painted for text in wanted):
                        return
                    await asyncio.sleep(LOOK_AGAIN_S)
        except TimeoutError:
            raise AssertionError(f"not on the screen: {texts}\n{self.painted}") from None

    async def new_task(self, prompt: str) -> TaskRef:
        """Press n, type a prompt, submit."""
        before = set(self.refs)
        await self.press("n")
        await self.see("New task")
        await self.type(prompt)
        await self.press("ctrl+s")
        await self.on.until(lambda: bool(set(self.refs) - before))
        return next(ref for ref in self.refs if ref not in before)

    async def select(self, ref: TaskRef) -> None:
        """Make a task the current one, with the cursor keys of the tree."""
        main = self.app.main_screen
        main.task_tree.focus()
        await self.pilot.pause()
        await self.press("home")
        for _ in range(200):
            if main.current == ref:
                return
            await self.press("down")
            await self.pilot.pause()
        raise AssertionError(f"{ref} is not in the tree\n{self.painted}")

    async def done(self, ref: TaskRef) -> Task:
        """Wait until the task waits for its review."""
        return await self.on.until_state(ref, TaskState.DONE)


@asynccontextmanager
async def user(
    root: Path,
    scripts: Iterable[Script],
    *,
    size: tuple[int, int] = (160, 45),
    files: Mapping[str, str] | None = None,
    mcp: bool = False,
    **settings: Any,
) -> AsyncIterator[User]:
    """The whole program with its screen. The guard of approvals is off unless a test asks for it."""
    async with stage(root, scripts, files=files, mcp=mcp, **({"approval_guard_ms": 0} | settings)) as on:
        app = OrchApp(on.orchestrator)
        async with app.run_test(size=size) as pilot:
            yield User(on, app, pilot)
