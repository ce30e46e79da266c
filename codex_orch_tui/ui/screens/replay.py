"""The main screen on a recorded run: the same panes, a line that tells the moment, and keys that move it."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from codex_orch_tui.domain.state import State
from codex_orch_tui.services.replay_refusals import REFUSAL
from codex_orch_tui.ui.bindings import BY_ID, Action, Where, bindings, keys_of
from codex_orch_tui.ui.errands import Errands
from codex_orch_tui.ui.key_names import key_label
from codex_orch_tui.ui.presentation.available import is_command, is_of_now
from codex_orch_tui.ui.presentation.empty_panes import EmptyPanes, of_a_recording
from codex_orch_tui.ui.presentation.replay_line import ReplayPlace, replay_line
from codex_orch_tui.ui.screens.main import MainScreen
from codex_orch_tui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from codex_orch_tui.services.replay import Replay

_MANY = 100
"""How many events a long step goes."""
_OF_NOW = "This is a replay of what happened: it knows nothing of now."
_KEYS = frozenset(action.name for action in BY_ID.values() if action.where is Where.REPLAY)


class ReplayScreen(MainScreen):
    """Shows a replay and moves it.

    Args:
        replay: What is shown.
        errands: Runs what takes a while.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.REPLAY)
    is_recorded = True

    def __init__(self, replay: "Replay", errands: Errands) -> None:
        super().__init__(replay, errands, simulated=False)
        self._replay = replay
        self._jumps = replay.jumps
        self._line = StatusBar(id="replay")

    def compose(self) -> ComposeResult:
        """The panes of the main screen below the line of the replay."""
        for widget in super().compose():
            yield widget
            if widget is self.status_bar:
                yield self._line

    def now_s(self) -> float:
        """The recorded time: ages count from it."""
        return self._replay.moment_s

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of the replay act everywhere but in a line that is typed in."""
        if action in _KEYS and self.focused is not None and self.focused.check_consume_key("n", "n"):
            return False
        return super().check_action(action, parameters)

    def _draw_state(self, state: State, now_s: float) -> None:
        if self._replay.jumps != self._jumps:
            self._jumps = self._replay.jumps
            self.read_log_again()
        super()._draw_state(state, now_s)

    def _draw_status(self, state: State, now_s: float) -> None:
        super()._draw_status(state, now_s)
        replay = self._replay
        place = ReplayPlace(
            position=replay.position,
            total=replay.total,
            moment_s=replay.moment_s,
            speed=replay.speed,
            is_playing=replay.is_playing,
            is_at_end=replay.is_at_end,
            is_late=replay.is_late,
            shortened_s=replay.shortened_s,
            going=replay.going_to,
        )
        self._line.show(replay_line(place, ascii_only=replay.config.ascii_glyphs))

    def empty_panes(self) -> EmptyPanes:
        """What the panes say where nothing had happened yet."""
        step = key_label(keys_of("replay.step", self.orchestrator.config.keymap)[0])
        return of_a_recording(step, is_at_end=self._replay.is_at_end)

    def why_refused(self, action: Action) -> str:
        """Nothing is started, answered or changed in a replay."""
        return REFUSAL if is_command(action) else _OF_NOW if is_of_now(action) else ""

    # -- the clock ----------------------------------------------------------------------------------------------

    def action_play(self) -> None:
        """Pauses, or goes on."""
        self._replay.play_or_pause()

    def action_step(self) -> None:
        """One event on."""
        self._replay.step()

    def action_step_back(self) -> None:
        """One event back."""
        self._replay.step(-1)

    def action_steps(self) -> None:
        """Many events on."""
        self._replay.step(_MANY)

    def action_steps_back(self) -> None:
        """Many events back."""
        self._replay.step(-_MANY)

    def action_faster(self) -> None:
        """The next higher speed."""
        self._replay.faster()

    def action_slower(self) -> None:
        """The next lower speed."""
        self._replay.slower()

    def action_to_start(self) -> None:
        """To the run's creation."""
        self._replay.to_start()

    def action_to_end(self) -> None:
        """To the last event."""
        self._replay.to_end()
