"""A task's checks: run in its worktree when its turn is over and committed, before the task counts as done.

What failed goes back to the task's worker as its next turn, with the output, so many times and no more. A check that
cannot be run, or must not be, is for the person: no worker can mend that.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.check_finding import find_check
from codex_orch_tui.services.check_result import (
    Check,
    CheckPlace,
    CheckResult,
    CheckTeller,
    how,
    name_of,
    not_run,
    retry_prompt,
)
from codex_orch_tui.services.check_runner import CheckRunner
from codex_orch_tui.services.check_tellers import task_teller
from codex_orch_tui.services.command_log import CommandLog
from codex_orch_tui.services.errors import WorkspaceError
from codex_orch_tui.services.guarded_command import GuardedCommands
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.trust import RepositoryChecks, Trust
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.layout import Layout

if TYPE_CHECKING:
    from codex_orch_tui.services.workspace import Workspace

_MAX_LEFT_NAMES = 8


class Checks:
    """Finds checks and runs them.

    Args:
        hub: where events go.
        layout: where logs and temporary folders are.
        config: the settings in force now.
        trust: what of the repository's own settings counts.
        workspace: looks after worktrees; called when the first check runs.
        environ: our own environment.
    """

    def __init__(
        self,
        hub: Hub,
        layout: Layout,
        config: Callable[[], Config],
        *,
        trust: Trust,
        workspace: "Callable[[], Workspace]",
        environ: Mapping[str, str],
    ) -> None:
        self._hub = hub
        self._layout = layout
        self._config = config
        self._trust = trust
        self._workspace = workspace
        commands = GuardedCommands(config, CommandLog(layout), environ)
        self._runner = CheckRunner(config=config, commands=commands)

    async def after_turn(self, ref: TaskRef) -> str:
        """Run the checks of a task whose turn is over and committed.

        Returns:
            The prompt of the worker's next turn when some failed and it may try again; empty when none did.

        Raises:
            WorkspaceError: they failed for good, or one could not be run; the fault says what to do.
        """
        task = self._hub.state.tasks[ref]
        if not task.spec.checks:
            return ""
        await self._workspace().verify(task)
        results = await self._all_of(task, await self.find(task.spec.checks))
        await self._tell_what_they_left(task)
        if unrun := [result for result in results if result.outcome is CheckOutcome.NOT_RUN]:
            raise WorkspaceError(not_run(unrun[0]))
        failed = [each for each in results if each.outcome in {CheckOutcome.FAILED, CheckOutcome.TIMED_OUT}]
        if not failed:
            return ""
        most = self._config().check_retries
        if task.check_retries >= most:
            raise WorkspaceError(self._for_good(task, failed))
        names = tuple(result.check.name for result in failed)
        self._hub.apply(ev.ChecksReturned(ref=ref, checks=names, retry=task.check_retries + 1, of=most))
        return retry_prompt(failed)

    async def find(self, names: Sequence[str]) -> tuple[Check, ...]:
        """The checks that a plan names: those and the pipelines of the settings, then what can be read as a command."""
        brought = await asyncio.to_thread(self._trust.checks)
        return tuple(self._found(name, brought) for name in dict.fromkeys(names))

    async def of_runs(self) -> tuple[Check, ...]:
        """The checks of every run that lands: those of the person's own settings, then those of the repository's."""
        brought = await asyncio.to_thread(self._trust.checks)
        own = self._config().run_checks
        found = [self._found(name, brought) for name in dict.fromkeys(own)]
        for name in brought.of_runs:
            if name not in own:
                held = Check(name=clean_line(name), command="", why_not=brought.why_not)
                found.append(held if brought.why_not else self._found(name, brought))
        return tuple(found)

    def _found(self, name: str, brought: RepositoryChecks) -> Check:
        return find_check(name, self._config(), brought)

    async def run(self, check: Check, at: CheckPlace, teller: CheckTeller) -> CheckResult:
        """Run one check in a worktree that was verified just now.

        Args:
            check: From `find`.
            at: Where.
            teller: Told each start and each end.
        """
        return await self._runner.run(check, at, teller)

    # -- inside -------------------------------------------------------------------------------------------------

    async def _all_of(self, task: Task, checks: Sequence[Check]) -> list[CheckResult]:
        """All of them, so that a worker hears of everything at once; none when one cannot be run at all."""
        assert task.worktree is not None, "checks run in a worktree"
        ref = task.ref
        tmp_name = TaskId(f"{ref.task}.checks")
        try:
            files = self._layout.make_task(ref.run, ref.task)
            tmpdir = self._layout.make_private_tmp(ref.run, tmp_name)
            at = CheckPlace(ref=ref, worktree=Path(task.worktree.path), commit=task.tip, log=files.logs, tmpdir=tmpdir)
            teller = task_teller(self._hub, ref, task.tip)
            try:
                unrunnable = [check for check in checks if check.why_not]
                return [await self.run(check, at, teller) for check in unrunnable or checks]
            finally:
                await asyncio.to_thread(self._layout.remove_private_tmp, ref.run, tmp_name)
        except StoreError as error:
            fault = Fault(kind=FaultKind.STORAGE, message=clean_line(str(error)), next_step=error.next_step)
            raise WorkspaceError(fault) from error

    async def _tell_what_they_left(self, task: Task) -> None:
        """The worktree was committed before: what differs now was written by a check, and would be committed next."""
        assert task.worktree is not None, "checks run in a worktree"
        edits = await self._workspace().edits(task)
        names = (*edits.edited, *edits.untracked)
        if not names:
            return
        more = edits.edited_count + edits.untracked_count - len(names[:_MAX_LEFT_NAMES])
        listed = ", ".join(names[:_MAX_LEFT_NAMES]) + (f" and {more} more" if more > 0 else "")
        text = f"the checks changed files, which the next commit will hold unless .gitignore names them: {listed}"
        self._hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.WARNING, text=text))

    def _for_good(self, task: Task, failed: Sequence[CheckResult]) -> Fault:
        first = failed[0]
        others = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        tries = f", also after {task.check_retries} more turns" if task.check_retries > 1 else ""
        if task.check_retries == 1:
            tries = ", also after one more turn"
        logs = clean_line(str(self._layout.task(*task.ref).logs))
        return Fault(
            kind=FaultKind.CHECK_FAILED,
            message=clean_line(f"the check {name_of(first)}{others} {how(first)}{tries}"),
            next_step=f"tell the worker what to do (s) or run the checks again (c); whole output: {logs}",
        )
