"""What a task may use, and what it has used: turns, minutes of work, tokens.

Each attempt has the plan's limits. When the person lets a task go on that its limits had stopped, it may use as much
again.
"""

from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.task import Task, TaskState

_MOST = 1e6
NEXT_STEP = "let it go on and use as much again (c)"


def worked_s(task: Task, now_s: float) -> float:
    """Seconds of turns in this attempt, without the time in which the person was asked."""
    return task.worked_s + (max(0.0, now_s - task.since_s) if task.state is TaskState.RUNNING else 0.0)


def reached_limit(task: Task, now_s: float) -> Fault | None:
    """Why its turn is to be stopped, when a limit is reached."""
    limits, allowances = task.spec.limits, task.allowances
    if limits.tokens is not None and task.usage.total_tokens >= limits.tokens * allowances:
        return _fault(f"{task.usage.total_tokens:,} tokens are used; its limit is {limits.tokens * allowances:,}")
    if limits.minutes is not None and worked_s(task, now_s) >= limits.minutes * 60 * allowances:
        return _fault(f"it has worked for {limits.minutes * allowances:g} minutes, which is its limit")
    return None


def no_further_turn(task: Task, now_s: float) -> Fault | None:
    """Why it cannot begin another turn, when a limit is reached."""
    limits, allowances = task.spec.limits, task.allowances
    turns = len(task.turns) - task.earlier_turns
    if limits.turns is not None and turns >= limits.turns * allowances:
        return _fault(f"it has had {turns} turns, which is its limit")
    return reached_limit(task, now_s)


def with_room(task: Task, now_s: float) -> Task:
    """The task when the person lets it have another turn: where a limit is reached, it may use as much again."""
    limits, turns = task.spec.limits, len(task.turns) - task.earlier_turns
    used = (
        (limits.turns, turns),
        (limits.tokens, task.usage.total_tokens),
        (None if limits.minutes is None else limits.minutes * 60, worked_s(task, now_s)),
    )
    shares = [min(spent / limit, _MOST) for limit, spent in used if limit is not None and limit > 0]
    allowances = max([task.allowances, *(int(share) + 1 for share in shares)])
    return task if allowances == task.allowances else replace(task, allowances=allowances)


def left_s(task: Task, now_s: float) -> float | None:
    """Seconds until its turn, when it goes on, reaches the limit of minutes; None without such a limit or turn."""
    if task.spec.limits.minutes is None or task.state is not TaskState.RUNNING:
        return None
    return max(0.0, task.spec.limits.minutes * 60 * task.allowances - worked_s(task, now_s))


def _fault(message: str) -> Fault:
    return Fault(kind=FaultKind.LIMIT, message=f"stopped: {message}", next_step=NEXT_STEP)
