"""The part of the facade that takes away what is left of runs."""

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING

from codex_orch_tui.domain.cleaning import Cleaned, CleanHow
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.services.evidence.writer import EvidenceWriter
from codex_orch_tui.services.run_journals import RunJournals
from codex_orch_tui.services.run_landing_commands import RunLandingCommands

if TYPE_CHECKING:
    from codex_orch_tui.services.cleaning import Cleaning


class CleaningCommands(RunLandingCommands):
    """What the command line asks of runs that are over; `Orchestrator` is one."""

    _evidence: EvidenceWriter
    _run_journals: RunJournals

    async def clean_run(self, run: RunId, how: CleanHow) -> Cleaned:
        """Remove worktrees, branches and private folders of what is over, and in a prune the run's folder.

        Never what is at work, dirty, neither merged nor backed up, not where it was, or another's.

        Args:
            run: The run.
            how: How much goes.

        Returns:
            What went, and what stays with its reason.

        Raises:
            NotPossibleError: it is landing now, or git does not tell.
            JournalError: it could not be kept.
        """
        self._refuse_landing(run)
        async with self._task_locks.of_run(run):
            await self._settle_landing(run)
            return await self._cleaning.clean(run, how)

    # -- inside -------------------------------------------------------------------------------------------------

    @cached_property
    def _cleaning(self) -> "Cleaning":
        from codex_orch_tui.services.cleaning import Cleaning  # noqa: PLC0415 - not for the first paint

        return Cleaning(
            hub=self._hub,
            repository=self._opened.repository,
            layout=self._opened.layout,
            workspace=self._workspace,
            landing=self._landing,
            locks=self._task_locks,
            left=self._left,
        )

    async def _left(self, run: RunId) -> None:
        """Return when nobody writes into the run's folder any more."""
        await self._evidence.leave()
        await asyncio.to_thread(self._run_journals.leave, run)
