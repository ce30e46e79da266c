"""Landing a run: its tasks together in an integration worktree, their checks there, then one fast-forward of the base.

The commit that was shown in the preview is the one that is checked, and the one that becomes the tip. Until the base
branch moves nothing else does; a conflict, a red check or a change in between leaves everything as it was. Every
effect has its intent in the journal before it and its outcome after it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.merge import Merged, MergePreview, Refusal, RefusalReason
from codex_orch_tui.domain.run_landing import LandingCheck, RunLanding, RunLandingPreview
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.backup import back_up_branch
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.merge import Merges
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.check_result import CheckResult, name_of
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.guardrails import Guardrails
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.integration import INTEGRATION, Integration, IntegrationError
from codex_orch_tui.services.landing import sentence, told
from codex_orch_tui.services.landing_culprit import culprit_of
from codex_orch_tui.services.own_branches import why_it_stays
from codex_orch_tui.services.recovery import end_leftover
from codex_orch_tui.services.task_locks import TaskLocks
from codex_orch_tui.services.workspace import Workspace
from codex_orch_tui.store.errors import JournalError, StoreError
from codex_orch_tui.store.layout import Layout

_TOLD_LINES = 20


class _StopError(Exception):
    """The landing ends here and nothing has moved."""

    def __init__(self, refusal: Refusal, culprit: TaskRef | None = None) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.culprit = culprit


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLandings:
    """Lands runs.

    Args:
        hub: where events go.
        repository: the person's repository.
        layout: where the output of checks is.
        workspace: looks after worktrees.
        integration: where the tasks come together.
        guardrails: look again at what lands, and keep how they came out.
        checks_of: the checks that would be wanted of a landing now.
        locks: of tasks and runs.
        closing: set when the program is to end.
    """

    hub: Hub
    repository: Repository
    layout: Layout
    workspace: Workspace
    integration: Integration
    guardrails: Guardrails
    checks_of: Callable[[RunLandingPreview], Awaitable[tuple[LandingCheck, ...]]]
    locks: TaskLocks
    closing: asyncio.Event
    _stops: dict[RunId, asyncio.Event] = field(default_factory=dict)

    async def land(self, preview: RunLandingPreview) -> Merged:
        """See `Orchestrator.land_run`."""
        if preview.refusal is not None or preview.old is None or preview.new is None:
            raise NotPossibleError(told(preview.refusal))
        if self.closing.is_set():
            raise NotPossibleError("the program is closing; nothing more is begun")
        try:
            await self._require_unchanged(preview)
            worktree = await self.integration.place(self.hub.state.runs[preview.run], preview.new)
            await self.hub.record(
                ev.RunLandingStarted(
                    run=preview.run,
                    base_branch=preview.base_branch,
                    old=preview.old,
                    new=preview.new,
                    tasks=preview.tasks,
                    worktree=worktree,
                )
            )
        except (_StopError, IntegrationError) as error:
            raise NotPossibleError(told(error.refusal)) from error
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error
        except JournalError as error:
            reason = f"nothing was landed, the intent could not be written to disk: {error}"
            self.hub.apply(ev.RunNotLanded(run=preview.run, reason=reason))
            raise NotPossibleError(reason) from error
        self.guardrails.keep(preview.guarded)
        return await self._begun(preview, worktree)

    def stop(self, run: RunId) -> None:
        """See `Orchestrator.stop_landing`."""
        stop = self._stops.get(run)
        if stop is None:
            raise NotPossibleError("its checks do not run now")
        stop.set()

    async def settle(self, run: RunId) -> None:
        """Say how a landing ended that was under way when the program did, and tidy up after it."""
        landing = self.hub.state.runs[run].landing
        if landing is None:
            return
        if landing.outcome is None:
            for check in landing.checks:
                if check.process is not None:
                    await end_leftover(check.process.pid, check.process.started_s)
            await self._settle_open(run, "the program ended before it landed; nothing moved")
        elif not landing.worktree_removed and not landing.kept_because:
            await self._tidy(run, landing.worktree)

    async def _settle_open(self, run: RunId, reason: str) -> None:
        """Say how a landing ended that nobody is working on any more."""
        landing = self.hub.state.runs[run].landing
        assert landing is not None, "it was begun"
        try:
            has_moved = await self._has_moved(landing)
        except GitRepoError:
            return  # Git does not tell; it is asked again the next time.
        if has_moved:
            await self._landed(run, landing)
        else:
            self.hub.apply(ev.RunNotLanded(run=run, reason=reason))
        await self._tidy(run, landing.worktree)

    async def _has_moved(self, landing: RunLanding) -> bool:
        """Whether the base branch holds what was to land.

        Raises:
            GitRepoError: git does not tell.
        """
        base = await self.repository.tip(landing.base_branch) if landing.moving else None
        return base is not None and await self.repository.is_merged(landing.new, base)

    # -- on the way ---------------------------------------------------------------------------------------------

    async def _begun(self, preview: RunLandingPreview, worktree: Worktree) -> Merged:
        run = preview.run
        async with AsyncExitStack() as held:
            try:
                await self._until_stopped(run, self._checked(preview, worktree))
                await held.enter_async_context(self.locks.of_all(task.ref for task in preview.tasks))
                merged = await self._moved(preview, worktree)
            except (_StopError, IntegrationError) as error:
                culprit = error.culprit if isinstance(error, _StopError) else None
                raise await self._not_landed(run, worktree, error.refusal, culprit) from error
            except (GitRepoError, StoreError, OSError) as error:
                step = error.next_step if isinstance(error, GitRepoError) else ""
                message = clean_line(str(error))
                refusal = Refusal(reason=RefusalReason.GIT_REFUSED, message=message, next_step=step)
                merged = await self._moved_all_the_same(preview, worktree, refusal)
            except asyncio.CancelledError:
                # Git may have done its part: what it says counts.
                await asyncio.shield(self._settle_open(run, "it was given up; nothing moved"))
                raise
            landing = self.hub.state.runs[run].landing
            assert landing is not None, "it was begun"
            await self._landed(run, landing)
        await self._tidy(run, worktree)
        return merged

    async def _moved_all_the_same(self, preview: RunLandingPreview, worktree: Worktree, refusal: Refusal) -> Merged:
        """What git did before it failed, if it did it.

        Raises:
            NotPossibleError: nothing moved, or it is not known; the refusal says why.
        """
        landing = self.hub.state.runs[preview.run].landing
        assert landing is not None, "it was begun"
        try:
            has_moved = await self._has_moved(landing)
        except GitRepoError as error:
            raise NotPossibleError(f"whether it landed is not known: {told(refusal)}") from error
        if not has_moved:
            raise await self._not_landed(preview.run, worktree, refusal)
        return Merged(base_branch=landing.base_branch, old=landing.old, new=landing.new, checkout=preview.checkout)

    async def _until_stopped(self, run: RunId, work: Coroutine[Any, Any, None]) -> None:
        """Do what may take long, unless the person or the end of the program stops it."""
        stop = self._stops.setdefault(run, asyncio.Event())
        working = asyncio.create_task(work)
        ends = [asyncio.create_task(event.wait()) for event in (stop, self.closing)]
        try:
            await asyncio.wait((working, *ends), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                message = "stopped by you" if stop.is_set() else "the program was closed"
                raise _StopError(Refusal(reason=RefusalReason.STOPPED, message=message))
            working.result()
        finally:
            del self._stops[run]
            for task in (working, *ends):
                task.cancel()
            await asyncio.wait((working,))  # What it raised, if it did, is on its way already.

    async def _checked(self, preview: RunLandingPreview, worktree: Worktree) -> None:
        """Make the worktree, and let every check pass on the very commit that is to become the tip.

        Raises:
            _StopError, IntegrationError: one is red, or could not be run; the first of them.
            GitRepoError, StoreError, OSError: there is no worktree to run them in.
        """
        assert preview.new is not None, "a preview without a refusal has a commit"
        await self.integration.make(preview.run, worktree, ready_for_checks=bool(preview.checks))
        for check in preview.checks:
            result = await self.integration.run_check(preview.run, worktree, check, preview.new)
            if result.outcome in {CheckOutcome.FAILED, CheckOutcome.TIMED_OUT}:
                culprit = await culprit_of(self.integration, preview, worktree, check)
                raise _StopError(self._red(preview, result, culprit), culprit)
            if result.outcome is not CheckOutcome.PASSED:
                why = result.reason or "this is a dry run"
                raise _StopError(
                    Refusal(reason=RefusalReason.CHECK, message=f"the check {check.name} was not run: {why}")
                )

    def _red(self, preview: RunLandingPreview, result: CheckResult, culprit: TaskRef | None) -> Refusal:
        timed_out = result.outcome is CheckOutcome.TIMED_OUT
        how = "reached its time limit" if timed_out else f"failed with exit code {result.exit_code}"
        landing = self.hub.state.runs[preview.run].landing
        failed = landing.failed if landing is not None else ()
        if culprit is not None:
            who, step = f" with {self._title(culprit)}", "tell its worker (s) or leave it out (o)"
        elif any((run.name, run.commit) == (result.check.name, preview.old) for run in failed):
            who = f", and so it does on {preview.base_branch} as it is"
            step = f"mend {preview.base_branch} first, or take the check out of run_checks"
        else:
            who, step = "", "tell the worker of a task what to mend (s)"
        log = clean_line(str(self.layout.task(preview.run, INTEGRATION).logs))
        return Refusal(
            reason=RefusalReason.CHECK,
            message=clean_line(f"the check {name_of(result)} {how}{who}"),
            next_step=f"{step}; whole output: {log}",
        )

    # -- the move -----------------------------------------------------------------------------------------------

    async def _require_unchanged(self, preview: RunLandingPreview) -> None:
        """See that everything is as the person saw it.

        Raises:
            _StopError: something has changed.
        """
        for landing in preview.tasks:
            task = self.hub.state.tasks[landing.ref]
            has_commits = task.worktree is not None and task.tip != task.worktree.base_commit
            same = task.state is TaskState.DONE and task.tip == landing.tip
            if not same or task.worktree is None or (has_commits and not task.is_cleared):
                raise _StopError(_changed(task.spec.title, RefusalReason.BRANCH_MOVED), landing.ref)
            if not task.worktree_removed and await self.repository.tip(task.worktree.branch) not in {
                landing.tip,
                *self._tips_in(preview, task.worktree.branch),
            }:
                raise _StopError(_changed(task.worktree.branch, RefusalReason.BRANCH_MOVED), landing.ref)
        if preview.old is None or await self.repository.tip(preview.base_branch) != preview.old:
            raise _StopError(_changed(preview.base_branch, RefusalReason.BASE_MOVED))
        if await self.guardrails.of_landing(preview.old, preview.tasks) != preview.guarded:
            raise _StopError(_other_settings("the guardrails say something else now", RefusalReason.GUARDRAIL))
        shown, wanted = _checks(preview.checks), _checks(await self.checks_of(preview))
        # One that a task named when it was shown is run all the same; what nobody was shown must not be missing.
        if wanted - shown or any(is_of_runs for *_, is_of_runs in shown - wanted):
            raise _StopError(_other_settings("other checks are wanted now", RefusalReason.CHECK))

    def _tips_in(self, preview: RunLandingPreview, branch: str) -> set[CommitId]:
        """The tips of all tasks on one branch: those of a run may share it."""
        tasks = ((one, self.hub.state.tasks[one.ref]) for one in preview.tasks)
        return {one.tip for one, task in tasks if task.worktree is not None and task.worktree.branch == branch}

    async def _moved(self, preview: RunLandingPreview, worktree: Worktree) -> Merged:
        """Fast-forward the base branch to the commit that was checked.

        Raises:
            _StopError, IntegrationError: something has changed, or git refuses; nothing moved.
            JournalError: the intent could not be kept; nothing moved.
            GitRepoError: git failed.
        """
        assert preview.new is not None, "a preview without a refusal has a commit"
        await self._require_unchanged(preview)
        await self.integration.require(worktree, preview.new)
        landing = self.hub.state.runs[preview.run].landing
        assert landing is not None, "it was begun"
        passed = {run.name for run in landing.receipts}
        assert passed.issuperset(check.name for check in preview.checks), "every check passed on this commit"
        await self.hub.record(ev.RunMergeStarted(run=preview.run))
        done = await Merges(self.repository).merge(
            MergePreview(base_branch=preview.base_branch, branch=worktree.branch, old=preview.old, new=preview.new)
        )
        if isinstance(done, Refusal):
            step = "" if done.reason is not RefusalReason.BASE_MOVED else "put it on the new tip (m on the run)"
            raise _StopError(done if not step else _with_step(done, step))
        return done

    async def _landed(self, run: RunId, landing: RunLanding) -> None:
        """Tell it of each task, in their order, and remove what is no longer needed. Safe to repeat."""
        before = landing.old
        for one in landing.tasks:
            if self.hub.state.tasks[one.ref].state is not TaskState.MERGED:
                self.hub.apply(
                    ev.MergeFinished(ref=one.ref, base_branch=landing.base_branch, old=before, new=one.commit)
                )
            before = one.commit
        await self.hub.flush()
        for one in landing.tasks:
            await self._remove(self.hub.state.tasks[one.ref])
        self.hub.apply(ev.RunLanded(run=run))
        await self.hub.flush()

    async def _remove(self, task: Task) -> None:
        """Remove a task's folder when it holds nothing more; its branch stays, its own commits are under a backup."""
        if task.worktree is None or task.worktree_removed:
            return
        await self.locks.release_worker(task.ref)
        try:
            backup = await back_up_branch(self.repository, task.worktree, task.ref)
            await self.workspace.worktrees.remove(task.worktree)
        except GitRepoError as error:
            self.hub.apply(ev.WorktreeKept(ref=task.ref, reason=sentence(error)))
        else:
            self.hub.apply(ev.WorktreeRemoved(ref=task.ref, backup_ref=backup.ref))

    # -- the end ------------------------------------------------------------------------------------------------

    async def _not_landed(
        self, run: RunId, worktree: Worktree, refusal: Refusal, culprit: TaskRef | None = None
    ) -> NotPossibleError:
        """Tell why nothing moved, and tidy up."""
        text = told(refusal)
        self.hub.apply(ev.RunNotLanded(run=run, reason=text, culprit=culprit, paths=refusal.paths))
        if culprit is not None:
            note = "\n".join(line for line in (f"the run did not land: {text}", self._last_output(run)) if line)
            self.hub.apply(ev.NoteAdded(ref=culprit, kind=LogKind.ERROR, text=note))
        await self._tidy(run, worktree)
        landing = self.hub.state.runs[run].landing
        kept = landing.kept_because if landing is not None else ""
        return NotPossibleError(f"{text}\nthe integration worktree {worktree.path} was kept: {kept}" if kept else text)

    def _last_output(self, run: RunId) -> str:
        landing = self.hub.state.runs[run].landing
        failed = [one for one in landing.checks if one.output_tail] if landing is not None else []
        return "\n".join(failed[-1].output_tail.split("\n")[-_TOLD_LINES:]) if failed else ""

    async def _tidy(self, run: RunId, worktree: Worktree) -> None:
        """Remove the integration worktree; what did not land is kept under a backup ref."""
        backup_ref = ""
        try:
            tip = await self.repository.tip(worktree.branch)
            base = await self.repository.tip(worktree.base_branch)
            why = await why_it_stays(self.repository, self.hub.state, run, worktree)
            if not why and tip is not None and (base is None or not await self.repository.is_merged(tip, base)):
                backup_ref = await self.integration.back_up(run, worktree)
        except GitRepoError as error:
            self.hub.apply(ev.RunWorktreeKept(run=run, reason=sentence(error)))
        else:
            if why:
                self.hub.apply(ev.RunWorktreeKept(run=run, reason=why))
            else:
                await self.integration.remove(run, worktree, backup_ref)
        await self.hub.flush()

    def _title(self, ref: TaskRef) -> str:
        return self.hub.state.tasks[ref].spec.title


def _changed(name: str, reason: RefusalReason) -> Refusal:
    return Refusal(
        reason=reason, message=f"{name} has changed since it was shown", next_step="look at it again (m on the run)"
    )


def _other_settings(what: str, reason: RefusalReason) -> Refusal:
    return Refusal(
        reason=reason,
        message=f"the settings have changed since the preview: {what}",
        next_step="look at it again (m on the run)",
    )


def _checks(checks: Iterable[LandingCheck]) -> set[tuple[str, str, bool]]:
    return {(one.name, one.command, one.is_of_runs) for one in checks}


def _with_step(refusal: Refusal, step: str) -> Refusal:
    return Refusal(reason=refusal.reason, message=refusal.message, paths=refusal.paths, next_step=step)
