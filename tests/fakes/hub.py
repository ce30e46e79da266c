"""A hub without a disk, and a story that is told through it."""

from typing import TYPE_CHECKING, cast

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.hub import Hub
from tests.fakes.states import Story

if TYPE_CHECKING:
    from codex_orch_tui.store.journal import Journal


class _NoJournal:
    """Keeps nothing."""

    def append(self, _record: bytes) -> None:
        """Gone."""

    async def flush(self) -> None:
        """At once."""


class HubStory(Story):
    """Every event goes through a real hub.

    Args:
        state: what is known before.
    """

    def __init__(self, state: State | None = None) -> None:
        super().__init__()
        self.hub = Hub(cast("Journal", _NoJournal()), state or State(), clock=lambda: self.now_s)
        self.state = self.hub.state

    def tell(self, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
        """One event, `after_s` seconds after the one before."""
        self.now_s += after_s
        self.hub.apply(event)
        self.state = self.hub.state
        return ev.Recorded(seq=self.state.seq, at_s=self.now_s, event=event)
