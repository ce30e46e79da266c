"""The part of the facade that lands whole runs."""

import asyncio
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.schedule_commands import ScheduleCommands

if TYPE_CHECKING:
    from codex_orch_tui.domain.merge import Merged
    from codex_orch_tui.domain.run_landing import RunLandingPreview
    from codex_orch_tui.services.landing_preview import LandingPreviews
    from codex_orch_tui.services.run_landing import RunLandings
    from codex_orch_tui.services.task_locks import TaskLocks


class RunLandingCommands(ScheduleCommands):
    """What the screens ask of a run's landing; `Orchestrator` is one."""

    _closing: asyncio.Event

    async def preview_run_landing(self, run: RunId, without: Collection[TaskRef] = ()) -> "RunLandingPreview":
        """What `land_run` would do now, to the very commit; its `refusal` says why it would do nothing.

        What a person left in a task's worktree is committed first, which asks for another review of that task.

        Args:
            run: The run.
            without: Tasks that are to stay out, with all that started from them.

        Raises:
            NotPossibleError: it is landing now, or git does not tell.
        """
        self._refuse_landing(run)
        async with self._task_locks.of_run(run):
            await self._settle_landing(run)
            return await self._landing_previews.of(run, frozenset(without))

    async def land_run(self, run: RunId, preview: "RunLandingPreview") -> "Merged":
        """Try the previewed commit in the run's integration worktree and fast-forward the base branch to it.

        Raises:
            NotPossibleError: a check is red, something has changed, or git refuses; nothing moved. Its text is for the
                person; the run's `landing` has the rest.
        """
        if preview.run != run:
            raise NotPossibleError("this was worked out for another run")
        self._refuse_landing(run)
        async with self._task_locks.of_run(run):
            await self._settle_landing(run)
            return await self._run_landings.land(preview)

    def stop_landing(self, run: RunId) -> None:
        """End the checks of a landing that is under way; nothing moves.

        Raises:
            NotPossibleError: none is, or its base branch is moving already.
        """
        self._run_landings.stop(run)

    # -- inside -------------------------------------------------------------------------------------------------

    async def _settle_landings(self) -> None:
        """Say how landings ended that were under way when the program did."""
        for run in tuple(self._hub.state.runs):
            await self._settle_landing(run)

    async def _settle_landing(self, run: RunId) -> None:
        """Say how a landing ended that nobody works on any more. Called with the run's lock held, or before any is."""
        landing = self._hub.state.runs[run].landing
        if landing is not None and not (landing.worktree_removed or landing.kept_because):
            await self._run_landings.settle(run)

    def _refuse_landing(self, run: RunId) -> None:
        landing = self._hub.state.runs[run].landing
        if landing is not None and landing.outcome is None and self._task_locks.of_run(run).locked():
            raise NotPossibleError(f"{self._hub.state.runs[run].title} is landing now")

    @cached_property
    def _task_locks(self) -> "TaskLocks":
        from codex_orch_tui.services.task_locks import TaskLocks  # noqa: PLC0415 - not for the first paint

        return TaskLocks(locks=self._commands, supervisor=self._supervisor)

    @cached_property
    def _landing_previews(self) -> "LandingPreviews":
        from codex_orch_tui.services.landing_preview import LandingPreviews  # noqa: PLC0415 - not for the first paint

        return LandingPreviews(
            hub=self._hub,
            repository=self._opened.repository,
            landing=self._landing,
            workspace=self._workspace,
            checks=self._checks,
            guardrails=self._guardrails,
            locks=self._task_locks,
        )

    @cached_property
    def _run_landings(self) -> "RunLandings":
        from codex_orch_tui.services.integration import Integration  # noqa: PLC0415 - not for the first paint
        from codex_orch_tui.services.run_landing import RunLandings  # noqa: PLC0415 - not for the first paint

        integration = Integration(
            hub=self._hub,
            repository=self._opened.repository,
            layout=self._opened.layout,
            config=lambda: self._config,
            trust=self._policy.trusted,
            workspace=self._workspace,
            checks=self._checks,
            environ=self._environ,
        )
        return RunLandings(
            hub=self._hub,
            repository=self._opened.repository,
            layout=self._opened.layout,
            workspace=self._workspace,
            integration=integration,
            guardrails=self._guardrails,
            checks_of=self._landing_previews.checks_of,
            locks=self._task_locks,
            closing=self._closing,
        )
