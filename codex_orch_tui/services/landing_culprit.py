"""With which task a check became red when its run was to land."""

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.run_landing import LandingCheck, LandingTask, RunLandingPreview
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.services.integration import Integration, IntegrationError


async def culprit_of(
    integration: Integration, preview: RunLandingPreview, worktree: Worktree, check: LandingCheck
) -> TaskRef | None:
    """The task with which the check became red: green without it, or the first that wants the check.

    Args:
        integration: Runs the check on the commits before.
        preview: What was to land.
        worktree: The integration worktree; it holds another commit afterwards.
        check: Is red on what was to land.

    Returns:
        None when it cannot be told: the check belongs to a group, is red on the base branch itself, or the worktree
        cannot show the commits before.

    Raises:
        GitRepoError, StoreError: as running a check does.
    """
    stages = preview.tasks
    wants = [number for number, task in enumerate(stages) if task.ref in check.wanted_by]
    if not wants and not check.is_of_runs:
        return None
    await integration.back_up(preview.run, worktree)

    async def is_green(commit: CommitId | None) -> bool:
        assert commit is not None, "there is a base where something lands"
        if (refusal := await integration.show(worktree, commit)) is not None:
            raise IntegrationError(refusal)
        result = await integration.run_check(preview.run, worktree, check, commit)
        return result.outcome is CheckOutcome.PASSED

    try:
        if not wants and not await is_green(preview.old):
            return None
        first = wants[0] if wants else 0
        green, red = first - 1, len(stages) - 1
        while red - green > 1:
            # The first that wants it comes first: its own work may not fit its check.
            middle = first if wants and green < first else (green + red) // 2
            if await is_green(stages[middle].commit):
                green = middle
            else:
                red = middle
    except IntegrationError:
        return None
    return _with_commits(stages, red)


def _with_commits(stages: tuple[LandingTask, ...], number: int) -> TaskRef:
    """The task that made the commit of a stage: one without commits changed nothing, and lies behind it."""
    while number and stages[number].commit == stages[number - 1].commit and not stages[number].commits:
        number -= 1
    return stages[number].ref
