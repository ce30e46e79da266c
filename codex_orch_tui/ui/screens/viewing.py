"""Looking on: who holds the repository is on screen, and when nobody does any more this program can take it over."""

from typing import TYPE_CHECKING, Any

from codex_orch_tui.ui.bindings import Action, keys_of
from codex_orch_tui.ui.key_names import key_label
from codex_orch_tui.ui.presentation.available import is_command
from codex_orch_tui.ui.presentation.empty_panes import EmptyPanes, where_nobody_works, where_tasks_can_begin
from codex_orch_tui.ui.screens.task_actions import TaskActions

if TYPE_CHECKING:
    from codex_orch_tui.services.session import Viewing
    from codex_orch_tui.ui.widgets.needs_you import NeedsYou

TAKE_OVER = -1
"""What the app ends with when the repository is to be opened again, as its holder."""


class ViewingActions(TaskActions):
    """Tells when the holder has gone, and takes over."""

    needs_you: "NeedsYou"
    _viewing: "Viewing | None" = None

    def look_at_holder(self) -> None:
        """Tell what has changed."""
        before, self._viewing = self._viewing, self.orchestrator.viewing
        if before is None or self._viewing is None or before == self._viewing:
            return
        if self._viewing.holder:
            told = f"{self._viewing.holder} runs this repository now; you look on."
        else:
            gone = f"{before.holder} has ended; nothing is done here until somebody takes over"
            told = f"{gone}: {self.take_over_key} does."
        self.needs_you.holder_changed()
        self.notify(told, severity="information", markup=False, timeout=8)

    @property
    def is_left_alone(self) -> bool:
        """It looks on, and nobody holds the repository any more."""
        viewing = self.orchestrator.viewing
        return viewing is not None and not viewing.holder

    @property
    def take_over_key(self) -> str:
        """The key that takes the repository over."""
        return key_label(keys_of("program.take_over", self.orchestrator.config.keymap)[0])

    def why_refused(self, action: Action) -> str:
        """Somebody has to hold the repository for what starts, answers or changes something, and for a next thing."""
        if self.is_left_alone and (is_command(action) or action.id == "go.what_next"):
            return f"Nobody runs this repository, so nothing is done: {self.take_over_key} takes over."
        return super().why_refused(action)

    def empty_panes(self) -> EmptyPanes:
        """What the panes say while they have nothing to show."""
        if self.is_left_alone:
            return where_nobody_works(self.take_over_key)
        return where_tasks_can_begin(self.state)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Taking over is offered when nobody holds the repository."""
        if action == "take_over":
            return self.is_left_alone
        return super().check_action(action, parameters)

    def action_take_over(self) -> None:
        """Opens the repository again, as its holder."""
        app: Any = self.app
        app.exit(TAKE_OVER)
