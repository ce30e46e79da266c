"""The JSON document of `status`: schema 1. Fields may be added; a change of meaning needs a new version."""

from typing import Any

from codex_orch_tui import __version__
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.check import CheckRun
from codex_orch_tui.domain.checking import has_passed_checks
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.task import Task

SCHEMA_VERSION = 1


def status_document(seen: SeenState) -> dict[str, Any]:
    """The whole document: plain values that every JSON parser takes."""
    state, holder = seen.state, seen.holder
    counted = sel.counts(state)
    limits = state.rate_limits
    return {
        "schema_version": SCHEMA_VERSION,
        "program_version": __version__,
        "repository": str(seen.root),
        "open_in": None
        if holder is None
        else {"pid": holder.pid or None, "host": holder.host, "since_s": holder.started_at_s or None},
        "notes": list(seen.notes),
        "counts": {
            "working": counted.working,
            "needs_you": counted.needs_you,
            "to_review": counted.to_review,
            "queued": counted.queued,
            "stopped": counted.stopped,
            "merged": counted.merged,
        },
        "tokens": sel.total_tokens(state),
        "rate_limit": None
        if limits is None
        else {"used_percent": limits.used_percent, "resets_at_s": limits.resets_at_s},
        "runs": [_run(seen, run) for run in state.runs.values()],
    }


def _run(seen: SeenState, run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "title": run.title,
        "base_branch": run.base_branch,
        "created_at_s": run.created_at_s,
        "tasks": [_task(seen, seen.state.tasks[ref]) for ref in run.tasks],
    }


def _task(seen: SeenState, task: Task) -> dict[str, Any]:
    totals = sel.edit_totals(task)
    approvals = tuple(sel.approvals_of(seen.state, task.ref))
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
        "cut_off": seen.is_cut_off(task),
        "created_at_s": task.created_at_s,
        "started_at_s": task.started_at_s,
        "ended_at_s": task.ended_at_s,
        "fault": None
        if task.fault is None
        else {"kind": task.fault.kind.value, "message": task.fault.message, "next_step": task.fault.next_step},
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
        "branch": None if worktree is None else worktree.branch,
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
