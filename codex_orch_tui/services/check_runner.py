"""Runs one check, a command or the stages of a pipeline, in a worktree that the caller has looked at."""

from collections.abc import Callable
from dataclasses import dataclass

from codex_orch_tui.config import Config
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess, words_of
from codex_orch_tui.domain.pipeline import Step
from codex_orch_tui.services.check_result import Check, CheckPlace, CheckResult, CheckTeller, StageResult, result_of
from codex_orch_tui.services.guarded_command import GuardedCommand, GuardedCommands
from codex_orch_tui.services.process_identity import started_at_s
from codex_orch_tui.services.stages import run_stages, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRunner:
    """Runs checks.

    Args:
        config: the settings in force now.
        commands: runs commands.
    """

    config: Callable[[], Config]
    commands: GuardedCommands

    async def run(self, check: Check, at: CheckPlace, teller: CheckTeller) -> CheckResult:
        """Run it, and tell each start and each end."""
        limit_s = self.config().check_time_limit_s
        if check.why_not:
            result = CheckResult(check=check, outcome=CheckOutcome.NOT_RUN, reason=check.why_not)
        elif check.steps:

            async def run(step: Step, step_limit_s: float) -> StageResult:
                ended = await self._command(check, step, at, step_limit_s, teller)
                teller.ended(check, step, ended)
                return ended

            done = await run_stages(check.steps, run, limit_s)
            result = _of(check, whole(done), done[-1][0])
        else:
            result = _of(check, await self._command(check, None, at, limit_s, teller))
        teller.ended(check, None, result)
        return result

    async def _command(
        self, check: Check, step: Step | None, at: CheckPlace, limit_s: float, teller: CheckTeller
    ) -> StageResult:
        command = GuardedCommand(
            ref=at.ref,
            what=f"check {check.name}" if step is None else f"check {check.name}, stage {step.path}",
            words=check.words if step is None else words_of(step.line),
            worktree=at.worktree,
            tmpdir=at.tmpdir,
            log=at.log,
            time_limit_s=limit_s,
            commit=at.commit,
            allowed=check.allowed,
            passed=() if step is None else step.passed,
            values=() if step is None else step.values,
        )

        def begun(pid: int) -> None:
            teller.started(check, step, CheckProcess(pid=pid, started_s=started_at_s(pid)))

        return result_of(await self.commands.run(command, begun))


def _of(check: Check, ended: StageResult, step: Step | None = None) -> CheckResult:
    return CheckResult(
        check=check,
        step=step,
        outcome=ended.outcome,
        exit_code=ended.exit_code,
        duration_ms=ended.duration_ms,
        output_tail=ended.output_tail,
        reason=ended.reason,
        trace=ended.trace,
    )
