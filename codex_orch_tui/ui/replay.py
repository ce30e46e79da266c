"""The app of a replay: the program's own with another main screen, and nothing to ask before it ends."""

import asyncio
import gc
from typing import TYPE_CHECKING

from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.run import ending_signals
from codex_orch_tui.ui.screens.main import MainScreen
from codex_orch_tui.ui.screens.replay import ReplayScreen

if TYPE_CHECKING:
    from codex_orch_tui.services.replay import Replay


class ReplayApp(OrchApp):
    """Shows a replay.

    Args:
        replay: what is shown.
    """

    def __init__(self, replay: "Replay") -> None:
        self._replay = replay
        super().__init__(replay)

    def make_main(self) -> MainScreen:
        """The main screen of a replay."""
        return ReplayScreen(self._replay, self.errands)

    async def action_quit(self) -> None:
        """Leaves: nothing is at work, whatever the recording shows."""
        self.exit(0)


async def run_replay(replay: "Replay") -> int:
    """Show a replay until the person leaves.

    Returns:
        The exit code: 0, 1 after a crash of the screen, 128 + n after signal n.
    """
    gc.disable()
    app = ReplayApp(replay)
    code: int | None = None
    async with asyncio.TaskGroup() as group:
        group.create_task(replay.run(), name="replay")
        with ending_signals(app):
            try:
                code = await app.run_async()
            finally:
                replay.close()
    if app.ended_by is not None:
        return 128 + app.ended_by
    return code if code is not None else app.return_code or 0
