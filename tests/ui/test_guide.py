"""A newcomer is led: the same line in front of every screen, with the keys as they are."""

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.widgets.guide_line import Guide
from tests.fakes.orchestrator import FakeOrchestrator
from tests.keyboard import press


def painted(app: OrchApp) -> str:
    """The screen as text."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Wait for what the screen shows."""
    async with asyncio.timeout(10):
        while not holds():
            await pilot.pause(0.01)


async def test_the_line_is_on_every_screen_follows_and_names_the_keys_of_the_person() -> None:
    watchers: list[Callable[[], None]] = []
    told = ["Press {task.new_task}, then {plan.start}; {nothing.known} is literal."]

    def watch(watcher: Callable[[], None]) -> Callable[[], None]:
        watchers.append(watcher)
        return lambda: watchers.remove(watcher)

    guide = Guide(text=lambda: told[-1], watch=watch, keymap={"task.new_task": "f7"}, sentence="Let it [/] be planned")
    fake = FakeOrchestrator()
    app = OrchApp(fake, guide=guide)  # type: ignore[arg-type] # a fake
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "New task" in painted(app))
        assert "Let it [/] be planned" in painted(app)
        assert "let it be planned" in painted(app), "it is to be planned first"
        assert "Press f7, then ctrl+s; nothing.known is literal." in painted(app)
        told.append("Something else [b].")
        for watcher in tuple(watchers):
            watcher()
        await until(pilot, lambda: "Something else [b]." in painted(app))
        await press(pilot, "escape")
        await until(pilot, lambda: app.screen is app.main_screen)
        await until(pilot, lambda: len(watchers) == 1)
        assert "Something else [b]." in painted(app)


async def test_without_a_guide_nothing_is_in_front() -> None:
    app = OrchApp(FakeOrchestrator())  # type: ignore[arg-type] # a fake
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert not app.screen.query("#guide")
        assert "codex-orch-tui" in painted(app).splitlines()[0]
