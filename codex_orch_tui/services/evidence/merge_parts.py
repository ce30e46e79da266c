"""How the base branch moved for a run: for a task alone, or once for several, and on what grounds."""

from collections.abc import Sequence

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.run_landing import RunLanding
from codex_orch_tui.domain.task import Task
from codex_orch_tui.services.evidence.parts import CheckPart, EarlierReceipt, LandingPart, MergePart, Receipt
from codex_orch_tui.services.evidence.task_parts import check_part


def merge_parts(run: Run, tasks: Sequence[Task]) -> list[MergePart]:
    """What each merged task had in it, and each move for the whole run."""
    merged = [_merge(run, task, task.merged_as) for task in tasks if task.merged_as is not None]
    return merged + [_landed(landing) for landing in run.landed]


def landing_checks(run: Run) -> list[CheckPart]:
    """The checks of its last landing."""
    return [check_part(check, None) for check in run.landing.checks] if run.landing is not None else []


def landing_part(landing: RunLanding) -> LandingPart:
    """A landing, whatever became of it."""
    return LandingPart(
        base_branch=landing.base_branch,
        old=landing.old,
        new=landing.new,
        tasks=[one.ref.task for one in landing.tasks],
        began_at_s=landing.began_at_s,
        ended_at_s=landing.ended_at_s,
        outcome=None if landing.outcome is None else landing.outcome.value,
        reason=landing.reason or None,
        culprit=None if landing.culprit is None else landing.culprit.task,
        paths=list(landing.paths),
    )


def _merge(run: Run, task: Task, new: CommitId) -> MergePart:
    with_run = run.came_with_it(task.ref, new)
    passed = [check for check in task.checks if check.outcome is CheckOutcome.PASSED]
    return MergePart(
        task=task.ref.task,
        with_run=with_run,
        base_branch=task.base_branch,
        old=None if with_run else task.merged_from,
        new=new,
        at_s=task.ended_at_s,
        reviewed_tip=None if task.reviewed is None or task.reviewed.waived else task.reviewed.tip,
        receipts=[
            Receipt(check=check.name, command=check.command, duration_ms=check.duration_ms)
            for check in passed
            if check.commit == new
        ],
        earlier_receipts=[
            EarlierReceipt(check=check.name, command=check.command, duration_ms=check.duration_ms, commit=check.commit)
            for check in passed
            if check.commit is not None and check.commit == task.tip != new
        ],
    )


def _landed(landing: RunLanding) -> MergePart:
    return MergePart(
        task=None,
        tasks=[one.ref.task for one in landing.tasks],
        base_branch=landing.base_branch,
        old=landing.old,
        new=landing.new,
        at_s=landing.ended_at_s,
        reviewed_tip=None,
        receipts=[
            Receipt(check=check.name, command=check.command, duration_ms=check.duration_ms)
            for check in landing.receipts
        ],
    )
