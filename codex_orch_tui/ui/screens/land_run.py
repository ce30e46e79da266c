"""The question whether a run shall land, and a landing that is under way."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.run_landing import RunLandingPreview
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.presentation.land_run import (
    LandAnswer,
    answers,
    land_lines,
    land_title,
    progress_lines,
    progress_title,
)
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.screens.offer import OfferScreen
from codex_orch_tui.ui.widgets.hints import Hint

_HINTS = {
    LandAnswer.LAND: Hint("enter", "land it"),
    LandAnswer.REVIEW: Hint("d", "read the next diff"),
    LandAnswer.WITHOUT: Hint("o", "leave the one in the way out"),
    LandAnswer.TELL: Hint("s", "send its worker what does not hold"),
    LandAnswer.STOP: Hint("x", "stop"),
}


class LandRunScreen(OfferScreen[LandAnswer]):
    """Shows what landing a run would do, or why it cannot be. The result is what the person wants, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer('land')", "Land it", id="land_run.land"),
        Binding("d", "answer('review')", "Read the next diff", id="land_run.review"),
        Binding("o", "answer('without')", "Leave the one in the way out", id="land_run.without"),
        Binding("s", "answer('tell')", "Send the workers what does not hold", id="land_run.tell"),
        Binding("escape", "close", "Leave everything as it is", id="land_run.close"),
    ]

    def __init__(self, state: State, preview: RunLandingPreview) -> None:
        """Makes the question.

        Args:
            state: What is known of the run and its tasks.
            preview: What would move; the landing is bound to its commits.
        """
        hints = {answer: _HINTS[answer] for answer in answers(state, preview)}
        super().__init__(land_title(state.runs[preview.run], preview), land_lines(state, preview), hints)


class LandingScreen(FramedScreen[LandAnswer | None]):
    """Shows how far a landing is, and goes when it has ended. The result is STOP, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "stop", "Stop it", id="landing.stop"),
        Binding("escape", "close", "Back; it goes on", id="landing.close"),
    ]

    def __init__(
        self, state: Callable[[], State], run: RunId, watch: Callable[[Callable[[], None]], Callable[[], None]]
    ) -> None:
        """Makes the view.

        Args:
            state: Gives what is known now.
            run: The run that is landing.
            watch: Calls back after each change; gives the function that ends it.
        """
        super().__init__(progress_title(state().runs[run]), [_HINTS[LandAnswer.STOP], Hint("esc", "back, it goes on")])
        self._state = state
        self._run = run
        self._watch = watch
        self._unwatch: Callable[[], None] | None = None
        self._reading = Reading(())

    def content(self) -> Sequence[Widget]:
        """How far it is."""
        return (self._reading,)

    def on_mount(self) -> None:
        """Shows what is there and watches for more."""
        super().on_mount()
        self._unwatch = self._watch(self._changed)
        self._show()

    def on_unmount(self) -> None:
        """Watches no more."""
        if self._unwatch is not None:
            self._unwatch()

    def _changed(self) -> None:
        self.call_later(self._show)

    def _show(self) -> None:
        landing = self._state().runs[self._run].landing
        if landing is None or landing.outcome is not None:
            self.dismiss(None)
        else:
            self._reading.view.show(progress_lines(landing))

    def action_stop(self) -> None:
        """Its checks end and nothing moves."""
        if self.is_painted:
            self.dismiss(LandAnswer.STOP)

    def action_close(self) -> None:
        """It goes on."""
        self.dismiss(None)
