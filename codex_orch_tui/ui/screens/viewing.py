"""Looking on: who holds the repository is on screen, and when nobody does any more this program can take it over."""

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from codex_orch_tui.ui.bindings import key_label, keys_of

if TYPE_CHECKING:
    from codex_orch_tui.services.session import Session, Viewing

TAKE_OVER = -1
"""What the app ends with when the repository is to be opened again, as its holder."""


class ViewingActions(Screen[None]):
    """Tells when the holder has gone, and takes over."""

    orchestrator: "Session"
    _viewing: "Viewing | None" = None

    def look_at_holder(self) -> None:
        """Tell what has changed."""
        before, self._viewing = self._viewing, self.orchestrator.viewing
        if before is None or self._viewing is None or before == self._viewing:
            return
        if self._viewing.holder:
            told = f"{self._viewing.holder} runs this repository now; you look on."
        else:
            key = key_label(keys_of("program.take_over", self.orchestrator.config.keymap)[0])
            told = f"{before.holder} has ended; nothing is done here until somebody takes over: {key} does."
        self.notify(told, severity="information", markup=False, timeout=8)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Taking over is offered when nobody holds the repository."""
        if action == "take_over":
            viewing = self.orchestrator.viewing
            return viewing is not None and not viewing.holder
        return super().check_action(action, parameters)

    def action_take_over(self) -> None:
        """Opens the repository again, as its holder."""
        app: Any = self.app
        app.exit(TAKE_OVER)
