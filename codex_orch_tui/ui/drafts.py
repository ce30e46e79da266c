"""What the person wrote and has not sent, and read and not merged: kept while the program runs, some of it longer."""

import asyncio
from typing import TYPE_CHECKING

from codex_orch_tui.domain.drafts import KeptDrafts, TaskDraft
from codex_orch_tui.domain.ids import TaskRef

if TYPE_CHECKING:
    from codex_orch_tui.services.session import Session
    from codex_orch_tui.ui.presentation.plan_draft import PlanDraft
    from codex_orch_tui.ui.screens.review import ViewedFiles

KEEP_AFTER_S = 1.0
"""Who writes is not followed letter by letter."""


class Drafts:
    """The drafts of one session. A new task and messages are there again when the program is opened the next time."""

    def __init__(self, session: "Session") -> None:
        self.viewed: ViewedFiles = {}
        self.plans: dict[str, PlanDraft] = {}
        self.spec_files: dict[str, str] = {}
        """Texts of specifications that were attached here, with the names of their files."""
        self._session = session
        self._task: TaskDraft | None = None
        self._messages: dict[TaskRef, str] = {}
        self._kept = KeptDrafts()
        self._later: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Take what was kept when the program ended last; what was written since then counts more."""
        self._kept = self._session.kept_drafts()
        self._task = self._task or self._kept.task
        self._messages = {**self._kept.messages, **self._messages}

    @property
    def task(self) -> TaskDraft | None:
        """The task that is being written."""
        return self._task

    @task.setter
    def task(self, draft: TaskDraft | None) -> None:
        if draft != self._task:
            self._task = draft
            self._keep_soon()

    def message(self, ref: TaskRef) -> str | None:
        """The message to a task's worker; None when none was begun."""
        return self._messages.get(ref)

    def write(self, ref: TaskRef, text: str) -> None:
        """A message, as far as it is written."""
        if text != self._messages.get(ref):
            self._messages[ref] = text
            self._keep_soon()

    def sent(self, ref: TaskRef) -> None:
        """A message is on its way."""
        if self._messages.pop(ref, None) is not None:
            self._keep_soon()

    def _keep_soon(self) -> None:
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(KEEP_AFTER_S, self.keep)

    def keep(self) -> None:
        """Keep what differs from what is kept; called when the program ends, too."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        tasks = self._session.state.tasks
        now = KeptDrafts(
            task=self._task if self._task is not None and self._task.text.strip() else None,
            messages={ref: text for ref, text in self._messages.items() if text.strip() and ref in tasks},
        )
        if now != self._kept:
            self._kept = now
            self._session.keep_drafts(now)
