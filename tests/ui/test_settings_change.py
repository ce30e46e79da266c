"""Files of settings that change while the screen is open: the word on it, and what changes at once."""

from codex_orch_tui.services.live_settings import SettingsNews
from codex_orch_tui.ui.app import OrchApp
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import shop

CHANGED = SettingsNews(lines=("the settings were read again", "theme: calm-dark → calm-light, now"))
REFUSED = SettingsNews(lines=("the settings stay as they are: a file has a mistake in it", "[/] x"), is_refused=True)


async def test_a_change_is_told_and_the_theme_is_used_at_once() -> None:
    fake = FakeOrchestrator(shop())
    app = OrchApp(fake)  # type: ignore[arg-type]
    async with app.run_test(size=(150, 42), notifications=True) as pilot:
        await pilot.pause()
        fake.change_settings(CHANGED, theme="calm-light")
        await pilot.pause()
        (note,) = app._notifications
        assert (note.message, note.severity) == ("\n".join(CHANGED.lines), "information")
        assert app.theme == "calm-light"


async def test_a_mistake_is_a_warning_and_a_theme_from_the_palette_stays() -> None:
    fake = FakeOrchestrator(shop())
    app = OrchApp(fake)  # type: ignore[arg-type]
    async with app.run_test(size=(150, 42), notifications=True) as pilot:
        await pilot.pause()
        app.theme = "calm-light"
        fake.change_settings(REFUSED)
        await pilot.pause()
        (note,) = app._notifications
        assert (note.message, note.severity) == ("\n".join(REFUSED.lines), "warning")
        assert app.theme == "calm-light"
