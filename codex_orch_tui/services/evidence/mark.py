"""A mark of what the evidence of a run tells: when it is another one than that of the state, the files are behind."""

from collections.abc import Iterable
from hashlib import blake2s

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.check import CheckRun
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task, Turn

_FORM = 2
"""Counts the forms of the files: after a change of what is in them, all of them are behind."""


def run_mark(state: State, run: RunId) -> str:
    """The mark of a run with all its tasks."""
    found = state.runs[run]
    landing = found.landing
    facts: list[object] = [_FORM, found.title, found.paused, found.pause_cause, state.base_tips.get(found.base_branch)]
    if landing is not None:
        facts += [landing.began_at_s, landing.moving, landing.outcome, landing.worktree_removed, _runs(landing.checks)]
    approvals = approvals_by_task(state, run)
    for ref in found.tasks:
        facts.append(_facts(state.tasks[ref], approvals.get(ref, ())))
    return _digest(facts)


def task_mark(task: Task, approvals: Iterable[Approval]) -> str:
    """The mark of one task."""
    return _digest([_FORM, _facts(task, approvals)])


def approvals_by_task(state: State, run: RunId) -> dict[object, tuple[Approval, ...]]:
    """The questions of a run, by task, in the order in which they were asked."""
    found: dict[object, list[Approval]] = {}
    for approval in state.approvals.values():
        if approval.ref.run == run:
            found.setdefault(approval.ref, []).append(approval)
    return {ref: tuple(approvals) for ref, approvals in found.items()}


def _facts(task: Task, approvals: Iterable[Approval]) -> tuple[object, ...]:
    """Whatever happens to a task moves one of these."""
    turn = task.turn
    last = turn.items[-1] if turn is not None and turn.items else None
    return (
        task.ref.task,
        task.spec.title,
        task.spec.priority,
        task.state.value,
        task.since_s,
        task.attempt,
        task.held,
        len(task.turns),
        _turn_facts(turn) if turn is not None else None,
        (last.id, last.status.value) if last is not None else None,
        task.thread,
        task.model,
        task.codex_version,
        len(task.notes),
        len(task.commits),
        task.tip,
        task.worktree.base_commit if task.worktree is not None else None,
        task.worktree_removed,
        (task.reviewed.tip, task.reviewed.base, task.reviewed.waived) if task.reviewed is not None else None,
        task.merged_as,
        task.backup_ref,
        task.conflicts,
        _runs(task.checks),
        (task.guarded.commit, task.guarded.at_s) if task.guarded is not None else None,
        task.usage.total_tokens + task.earlier_usage.total_tokens,
        (task.fault.kind.value, task.fault.message) if task.fault is not None else None,
        len(task.answer),
        len(task.accepted),
        task.answer_problems,
        tuple((approval.id, approval.outcome.value, approval.times_asked, approval.sent) for approval in approvals),
    )


def _runs(checks: Iterable[CheckRun]) -> tuple[object, ...]:
    """Whatever happens to checks, or to the stages of one, moves one of these."""
    return tuple(
        (run.name, run.commit, run.started_at_s, run.outcome, len(run.stages), run.process is None) for run in checks
    )


def _turn_facts(turn: Turn) -> tuple[object, ...]:
    steps = tuple((step.text, step.status.value) for step in turn.steps)
    return turn.status.value, len(turn.items), len(turn.began_at_s), len(turn.own_rules), steps


def _digest(facts: object) -> str:
    return blake2s(repr(facts).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
