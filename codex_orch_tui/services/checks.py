"""A task's checks: run in its worktree when its turn is over and committed, before the task counts as done.

What failed goes back to the task's worker as its next turn, with the output, so many times and no more. A check that
cannot be run, or must not be, is for the person: no worker can mend that.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckLineError, CheckOutcome, CheckProcess, words_of
from codex_orch_tui.domain.checking import told
from codex_orch_tui.domain.ids import CommitId, TaskId, TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.command_log import CommandLog
from codex_orch_tui.services.errors import WorkspaceError
from codex_orch_tui.services.guarded_command import CommandEnd, CommandResult, GuardedCommand, GuardedCommands
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.process_identity import started_at_s
from codex_orch_tui.services.trust import Trust
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.layout import Layout

if TYPE_CHECKING:
    from codex_orch_tui.services.workspace import Workspace

MAX_PROMPT_TAIL_CHARS = 6_000
"""Of each failed check's output in the worker's next prompt: the end, where test runners put what counts."""
_MAX_LEFT_NAMES = 8
_RETRY = (
    "Your work is committed, and then these checks failed in your worktree. Find the cause and mend it; do not weaken"
    " or remove a check or a test to make it pass, because the checks decide whether the work is accepted. If a check"
    " itself is wrong, say so and why."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check of a plan, found in the settings or read as a command. `why_not`: why it cannot be run.

    `allowed` are the programs that the place where it stands allows beside the person's own settings.
    """

    name: str
    command: str
    words: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPlace:
    """Where a check runs: a worktree that holds exactly `commit`, and the file that its output is added to.

    `tmpdir` exists, lies outside /tmp and is the check's alone.
    """

    ref: TaskRef
    worktree: Path
    commit: CommitId | None
    log: Path
    tmpdir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one run of a check ended; the fields of `domain.check.CheckRun`."""

    check: Check
    outcome: CheckOutcome
    exit_code: int | None = None
    duration_ms: int | None = None
    output_tail: str = ""
    reason: str = ""
    trace: str = field(default="", compare=False)


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
        self._commands = GuardedCommands(config, CommandLog(layout), environ)

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
            raise WorkspaceError(_cannot(unrun[0]))
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
        """The checks that a plan names: those of the settings, then what can be read as a command."""
        brought = await asyncio.to_thread(self._trust.checks)
        own = self._config().checks
        found = []
        for name in dict.fromkeys(names):
            if name in own:
                found.append(_read(name, own[name]))
            elif name in brought.checks:
                found.append(_read(name, brought.checks[name], brought.allowed_programs))
            elif name in brought.held:
                found.append(Check(name=name, command="", why_not=brought.why_not))
            else:
                found.append(_read(name, name, brought.allowed_programs))
        return tuple(found)

    async def run(
        self, check: Check, at: CheckPlace, on_begun: Callable[[CheckProcess], None] = lambda _process: None
    ) -> CheckResult:
        """Run one check in a worktree that was verified just now. It tells no event.

        Args:
            check: From `find`.
            at: Where.
            on_begun: Told the process as soon as it runs.
        """
        if check.why_not:
            return CheckResult(check=check, outcome=CheckOutcome.NOT_RUN, reason=check.why_not)
        command = GuardedCommand(
            ref=at.ref,
            what=f"check {check.name}",
            words=check.words,
            worktree=at.worktree,
            tmpdir=at.tmpdir,
            log=at.log,
            time_limit_s=self._config().check_time_limit_s,
            commit=at.commit,
            allowed=check.allowed,
        )
        return _result(
            check,
            await self._commands.run(command, lambda pid: on_begun(CheckProcess(pid=pid, started_s=started_at_s(pid)))),
        )

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
            try:
                unrunnable = [check for check in checks if check.why_not]
                return [await self._told(check, at) for check in unrunnable or checks]
            finally:
                await asyncio.to_thread(self._layout.remove_private_tmp, ref.run, tmp_name)
        except StoreError as error:
            fault = Fault(kind=FaultKind.STORAGE, message=clean_line(str(error)), next_step=error.next_step)
            raise WorkspaceError(fault) from error

    async def _told(self, check: Check, at: CheckPlace) -> CheckResult:
        """One check with its events."""

        def begun(process: CheckProcess) -> None:
            self._hub.apply(
                ev.CheckStarted(ref=at.ref, check=check.name, command=check.command, commit=at.commit, process=process)
            )

        result = await self.run(check, at, begun)
        self._hub.apply(
            ev.CheckFinished(
                ref=at.ref,
                check=check.name,
                command=check.command,
                commit=at.commit,
                outcome=result.outcome,
                exit_code=result.exit_code,
                duration_ms=result.duration_ms,
                output_tail="" if result.outcome is CheckOutcome.PASSED else result.output_tail,
                reason=result.reason,
                trace=result.trace,
            )
        )
        return result

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
        logs = self._layout.task(*task.ref).logs
        return Fault(
            kind=FaultKind.CHECK_FAILED,
            message=clean_line(f"the check {first.check.name}{others} {_how(first)}{tries}"),
            next_step=f"s tells the worker what to do, c runs the checks again; whole output: {clean_line(str(logs))}",
        )


def retry_prompt(failed: Sequence[CheckResult]) -> str:
    """What the worker is told after checks failed: what ran, how it ended, and the end of what it said."""
    parts = [_RETRY]
    for result in failed:
        tail = result.output_tail[-MAX_PROMPT_TAIL_CHARS:]
        if len(tail) < len(result.output_tail):
            tail = "…" + tail.partition("\n")[2]
        parts.append(clean_line(f"Check `{told(result.check.name, result.check.command)}` {_how(result)}."))
        # Indented, and not between fences: output may hold a fence of its own.
        parts.append("\n".join(f"    {line}" for line in (tail or "(it printed nothing)").split("\n")))
    return "\n\n".join(parts)


def _read(name: str, line: str, allowed: tuple[str, ...] = ()) -> Check:
    shown = clean_line(line)
    try:
        return Check(name=name, command=shown, words=words_of(line), allowed=allowed)
    except CheckLineError as error:
        return Check(name=name, command=shown, why_not=str(error))


def _result(check: Check, got: CommandResult) -> CheckResult:
    outcome = {
        CommandEnd.ENDED: CheckOutcome.PASSED if got.exit_code == 0 else CheckOutcome.FAILED,
        CommandEnd.TIMED_OUT: CheckOutcome.TIMED_OUT,
        CommandEnd.REFUSED: CheckOutcome.NOT_RUN,
        CommandEnd.SKIPPED: CheckOutcome.SKIPPED,
    }[got.end]
    return CheckResult(
        check=check,
        outcome=outcome,
        exit_code=got.exit_code,
        duration_ms=got.duration_ms,
        output_tail=got.output_tail,
        reason=got.reason,
        trace=got.trace,
    )


def _how(result: CheckResult) -> str:
    if result.outcome is CheckOutcome.TIMED_OUT:
        return f"was still running after {(result.duration_ms or 0) / 1000:.0f} s and was ended"
    return "failed" if result.exit_code is None else f"failed with exit code {result.exit_code}"


def _cannot(result: CheckResult) -> Fault:
    message = clean_line(f"the check {result.check.name} was not run: {result.reason}")
    head, arrow, step = message.partition(" → ")
    return Fault(
        kind=FaultKind.CHECK_FAILED,
        message=head,
        next_step=f"{step}; then c runs the checks"
        if arrow
        else "mend that in the plan or the settings; c runs the checks",
    )
