"""What commands and programs need of a repository: a session, and what happens in it, event by event."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from codex_orch_tui.domain.cleaning import Cleaned, CleanHow
from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.services.session import Session

if TYPE_CHECKING:
    from codex_orch_tui.domain.review import ReviewSummary
    from codex_orch_tui.store.layout import Layout


class Facade(Session, Protocol):
    """See `Orchestrator` for what each does and raises."""

    @property
    def layout(self) -> "Layout": ...
    def watch_events(self, watcher: Callable[[Recorded], None]) -> Callable[[], None]: ...
    async def clean_run(self, run: RunId, how: CleanHow) -> Cleaned: ...
    async def waive_review(self, ref: TaskRef, summary: "ReviewSummary") -> None: ...
