"""How soon after a frame the next one may be painted: what a key changes waits for it."""

import pytest
import textual.screen

from codex_orch_tui.ui.app import OrchApp
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import at_rest


@pytest.mark.parametrize(("wish", "per_second"), [(None, 240), ("30", 60)])
async def test_a_key_waits_for_milliseconds_unless_the_person_wants_fewer_frames(
    wish: str | None, per_second: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textual.screen, "UPDATE_PERIOD", 1 / 60)
    monkeypatch.delenv("TEXTUAL_FPS", raising=False)
    if wish is not None:
        monkeypatch.setenv("TEXTUAL_FPS", wish)
    app = OrchApp(FakeOrchestrator(at_rest(1)))  # type: ignore[arg-type]
    async with app.run_test(size=(160, 45)):
        assert app.main_screen._update_timer._interval == pytest.approx(1 / per_second)
