"""A run as `status` tells it to programs: plain values that every JSON parser takes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.check import CheckRun
from codex_orch_tui.domain.checking import has_passed_checks
from codex_orch_tui.domain.key_marks import off_screen
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.run_landing import RunLanding
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState

if TYPE_CHECKING:
    from codex_orch_tui.domain.ids import TaskRef


def run_status(state: State, run: Run, *, is_held: bool) -> dict[str, Any]:
    """A run with its tasks, as plain values.

    Args:
        state: what is known, at least of this run.
        run: the run.
        is_held: a program has the repository open, so what is at work is not cut off.
    """
    asked: dict[TaskRef, list[Approval]] = {}
    for approval in state.approvals.values():
        asked.setdefault(approval.ref, []).append(approval)
    return {
        "id": run.id,
        "title": run.title,
        "base_branch": run.base_branch,
        "created_at_s": run.created_at_s,
        "landing": None if run.landing is None else _landing(run.landing, is_held=is_held),
        "tasks": [_task(state.tasks[ref], asked.get(ref, ()), is_held=is_held) for ref in run.tasks],
    }


def _landing(landing: RunLanding, *, is_held: bool) -> dict[str, Any]:
    return {
        "state": landing.stage.value,
        "cut_off": landing.outcome is None and not is_held,
        "base_branch": landing.base_branch,
        "old": landing.old,
        "new": landing.new,
        "tasks": [task.ref.task for task in landing.tasks],
        "began_at_s": landing.began_at_s,
        "ended_at_s": landing.ended_at_s,
        "checks": [_check(run) for run in landing.checks],
        "receipts": [run.name for run in landing.receipts],
        "stopped_at": None if landing.culprit is None else landing.culprit.task,
        "reason": landing.reason or None,
        "paths": list(landing.paths),
        "worktree": None if landing.worktree_removed else landing.worktree.path,
    }


def _task(task: Task, approvals: Sequence[Approval], *, is_held: bool) -> dict[str, Any]:
    totals = sel.edit_totals(task)
    return {
        "id": task.ref.task,
        "title": task.spec.title,
        "prompt": task.spec.prompt,
        "role": str(task.spec.role),
        "model": task.spec.model,
        "sandbox": task.spec.sandbox.value,
        "approval_policy": task.spec.approval_policy.value,
        "state": task.state.value,
        "since_s": task.since_s,
        "cut_off": not is_held and (task.state in ACTIVE or task.state is TaskState.QUEUED),
        "created_at_s": task.created_at_s,
        "started_at_s": task.started_at_s,
        "ended_at_s": task.ended_at_s,
        "fault": None
        if task.fault is None
        else {
            "kind": task.fault.kind.value,
            "message": task.fault.message,
            "next_step": off_screen(task.fault.next_step),
        },
        **_place(task),
        "diff": {"files": totals.files, "insertions": totals.insertions, "deletions": totals.deletions},
        "checks": [_check(run) for run in task.checks],
        "checks_passed": has_passed_checks(task),
        "reviewed": task.is_reviewed,
        "conflicts": list(task.conflicts),
        "merged_as": task.merged_as,
        "backup_ref": task.backup_ref or None,
        "thread": task.thread,
        "turns": len(task.turns),
        "tokens": task.usage.total_tokens,
        "answer": task.answer or None,
        "approvals": [_approval(approval) for approval in approvals],
    }


def _place(task: Task) -> dict[str, Any]:
    worktree = task.worktree
    return {
        "branch": None if worktree is None or task.branch_removed else worktree.branch,
        "worktree": None if worktree is None or task.worktree_removed else worktree.path,
        "base_branch": task.base_branch,
        "base_commit": None if worktree is None else worktree.base_commit,
        "tip": task.tip,
        "commits": [
            {
                "id": commit.id,
                "subject": commit.subject,
                "files": commit.files,
                "insertions": commit.insertions,
                "deletions": commit.deletions,
            }
            for commit in task.commits
        ],
    }


def _check(run: CheckRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "command": run.command,
        "commit": run.commit,
        "outcome": "running" if run.outcome is None else run.outcome.value,
        "exit_code": run.exit_code,
        "duration_ms": run.duration_ms,
        "reason": run.reason or None,
    }


def _approval(approval: Approval) -> dict[str, Any]:
    request = approval.request
    return {
        "id": approval.id,
        "kind": request.kind.value,
        "command": request.command or None,
        "cwd": request.cwd or None,
        "reason": request.reason or None,
        "files": [edit.path for edit in request.files],
        "asked_at_s": approval.asked_at_s,
        "outcome": approval.outcome.value,
        "choice": None if approval.choice is None else approval.choice.value,
        "decided_at_s": approval.decided_at_s,
        "cause": approval.cause or None,
    }


def rate_limit(limits: RateLimits | None) -> dict[str, Any] | None:
    """The rate limits as `status` tells them."""
    return None if limits is None else {"used_percent": limits.used_percent, "resets_at_s": limits.resets_at_s}
