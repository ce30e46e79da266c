"""The parts of the evidence that are about one task, made from the state."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codex_orch_tui.domain.approval import Approval, Choice, Decider, Outcome
from codex_orch_tui.domain.check import CheckOutcome, CheckRun
from codex_orch_tui.domain.checking import has_passed_checks
from codex_orch_tui.domain.cost import RateCard, cost_usd
from codex_orch_tui.domain.history import HistoryEntries, HistoryEntry, ran_commands
from codex_orch_tui.domain.item import Fault, ItemKind, ItemStatus, Usage
from codex_orch_tui.domain.key_marks import off_screen
from codex_orch_tui.domain.plan import TaskSpec
from codex_orch_tui.domain.selectors import edit_totals
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import DiffTotals, Task, TaskState, Turn
from codex_orch_tui.services.evidence.models import (
    ApprovalCounts,
    CheckCounts,
    CommandCounts,
    Measures,
    TaskEntry,
    TaskMeasures,
    TaskSettings,
)
from codex_orch_tui.services.evidence.parts import (
    ApprovalPart,
    CheckPart,
    CommandPart,
    CommitPart,
    FaultPart,
    GuardrailPart,
    Lines,
    StagePart,
    Tokens,
    TurnPart,
)

MAX_COMMITS = 100
_UNANSWERED = frozenset({Outcome.EXPIRED, Outcome.SUPERSEDED, Outcome.WORKER_LOST})
_NO_ANSWER = frozenset({Choice.DECLINE, Choice.CANCEL})


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskParts:
    """What is told of a task in all documents; `commands` are those of its worker, oldest first."""

    settings: TaskSettings
    entry: TaskEntry
    approvals: tuple[ApprovalPart, ...]
    commands: tuple[CommandPart, ...]
    checks: tuple[CheckPart, ...]


def task_parts(task: Task, approvals: Sequence[Approval], card: RateCard) -> TaskParts:
    """Everything that the state knows of a task."""
    return TaskParts(
        settings=task_settings(task.spec),
        entry=_entry(task, card),
        approvals=tuple(map(_approval, approvals)),
        commands=_commands(task, approvals),
        checks=tuple(check_part(run, task.ref.task) for run in task.checks),
    )


def task_settings(spec: TaskSpec) -> TaskSettings:
    """A task as its plan has it."""
    return TaskSettings(
        id=spec.id,
        title=spec.title,
        prompt=spec.prompt,
        role=str(spec.role),
        model=spec.model,
        effort=spec.effort,
        sandbox=spec.sandbox,
        approval_policy=spec.approval_policy,
        level=spec.level,
        parent=spec.parent,
        depends_on=list(spec.depends_on),
        paths=list(spec.paths),
        checks=list(spec.checks),
        priority=spec.priority,
    )


def check_part(run: CheckRun, task: str | None) -> CheckPart:
    """The last run of a check; `task` None: of the whole run."""
    return CheckPart(
        task=task,
        name=run.name,
        command=run.command,
        commit=run.commit,
        outcome=run.outcome,
        exit_code=run.exit_code,
        duration_ms=run.duration_ms,
        started_at_s=run.started_at_s,
        reason=run.reason or None,
        stages=[
            StagePart(
                name=stage.name,
                command=stage.command,
                outcome=stage.outcome,
                exit_code=stage.exit_code,
                duration_ms=stage.duration_ms,
                started_at_s=stage.started_at_s,
                output_tail=stage.output_tail or None,
                reason=stage.reason or None,
            )
            for stage in run.stages
        ],
    )


def guardrail_parts(task: Task) -> list[GuardrailPart]:
    """How its guardrails came out."""
    guarded = task.guarded
    if guarded is None:
        return []
    return [
        GuardrailPart(
            name=result.name,
            task=task.ref.task,
            condition=result.condition,
            severity=result.severity,
            outcome=result.outcome,
            detail=result.detail or None,
            paths=list(result.paths),
            base=guarded.base,
            commit=guarded.commit,
            at_s=guarded.at_s,
        )
        for result in guarded.results
    ]


def fault_part(fault: Fault) -> FaultPart:
    """What went wrong."""
    return FaultPart(kind=fault.kind, message=fault.message, next_step=off_screen(fault.next_step) or None)


def tokens_part(usages: Iterable[Usage]) -> Tokens:
    """Tokens, added up."""
    found = tuple(usages)
    return Tokens(
        input=sum(usage.input_tokens for usage in found),
        cached=sum(usage.cached_input_tokens for usage in found),
        output=sum(usage.output_tokens for usage in found),
        reasoning=sum(usage.reasoning_tokens for usage in found),
        total=sum(usage.total_tokens for usage in found),
    )


def lines_part(totals: DiffTotals) -> Lines:
    """The size of a difference."""
    return Lines(files=totals.files, insertions=totals.insertions, deletions=totals.deletions)


def task_measures(task: Task, parts: TaskParts, now_s: float) -> TaskMeasures:
    """What a task used and did until `now_s`, seconds since the epoch."""
    running_s = max(0.0, now_s - task.since_s) if task.state is TaskState.RUNNING else 0.0
    return TaskMeasures(
        task=task.ref.task,
        role=str(task.spec.role),
        model=parts.entry.model,
        state=task.state,
        attempt=task.attempt,
        queued_s=None if task.started_at_s is None else _seconds(task.started_at_s - task.created_at_s),
        worked_s=_seconds(task.worked_s + running_s),
        measures=Measures(
            elapsed_s=elapsed_s((task,), now_s),
            turns=len(task.turns),
            tokens=parts.entry.tokens,
            cost_usd=parts.entry.cost_usd,
            approvals=approval_counts(parts.approvals),
            checks=check_counts(parts.checks),
            commands=command_counts(parts.commands),
            commits=len(task.commits),
            lines=parts.entry.diff,
        ),
    )


def elapsed_s(tasks: Iterable[Task], now_s: float) -> float | None:
    """Seconds from the first start to the last end, or to now where one has not ended; None before a start."""
    begun = [task for task in tasks if task.started_at_s is not None]
    if not begun:
        return None
    first_s = min(task.started_at_s for task in begun if task.started_at_s is not None)
    return _seconds(max(task.ended_at_s if task.ended_at_s is not None else now_s for task in begun) - first_s)


def approval_counts(approvals: Iterable[ApprovalPart]) -> ApprovalCounts:
    """How questions ended."""
    found = tuple(approvals)
    ends = Counter(_end(approval) for approval in found)
    return ApprovalCounts(
        asked=len(found),
        by_rule=sum(approval.by is Decider.RULE for approval in found),
        by_caller=sum(approval.by is Decider.CALLER for approval in found),
        accepted=ends["accepted"],
        declined=ends["declined"],
        unanswered=ends["unanswered"],
        open=ends["open"],
        waited_ms=sum(approval.waited_ms or 0 for approval in found),
    )


def check_counts(checks: Iterable[CheckPart]) -> CheckCounts:
    """How checks ended."""
    found = tuple(checks)
    passed = sum(check.outcome is CheckOutcome.PASSED for check in found)
    failed = sum(check.outcome in {CheckOutcome.FAILED, CheckOutcome.TIMED_OUT} for check in found)
    return CheckCounts(
        passed=passed,
        failed=failed,
        not_run=len(found) - passed - failed,
        duration_ms=sum(check.duration_ms or 0 for check in found),
    )


def command_counts(commands: Iterable[CommandPart]) -> CommandCounts:
    """How commands ended."""
    found = tuple(commands)
    return CommandCounts(
        run=len(found),
        failed=sum(command.status is ItemStatus.FAILED for command in found),
        duration_ms=sum(command.duration_ms or 0 for command in found),
    )


# -- inside -----------------------------------------------------------------------------------------------------------


def _entry(task: Task, card: RateCard) -> TaskEntry:
    worktree = task.worktree
    is_waived = task.reviewed is not None and task.reviewed.waived
    return TaskEntry(
        id=task.ref.task,
        title=task.spec.title,
        is_group=task.spec.is_group,
        state=task.state,
        since_s=task.since_s,
        created_at_s=task.created_at_s,
        started_at_s=task.started_at_s,
        ended_at_s=task.ended_at_s,
        attempt=task.attempt,
        turns=[_turn(turn, is_earlier=index < task.earlier_turns) for index, turn in enumerate(task.turns)],
        fault=None if task.fault is None else fault_part(task.fault),
        branch=None if worktree is None else worktree.branch,
        base_branch=task.base_branch,
        base_commit=None if worktree is None else worktree.base_commit,
        joins=[ref.task for ref in task.joins],
        base_tip=task.base_tip,
        tip=task.tip,
        commits=[
            CommitPart(
                id=commit.id,
                subject=commit.subject,
                files=commit.files,
                insertions=commit.insertions,
                deletions=commit.deletions,
            )
            for commit in task.commits[-MAX_COMMITS:]
        ],
        diff=lines_part(edit_totals(task)),
        reviewed=task.is_reviewed,
        review_waived=task.is_cleared and is_waived,
        checks_passed=has_passed_checks(task),
        conflicts=list(task.conflicts),
        merged_as=task.merged_as,
        backup_ref=task.backup_ref or None,
        thread=task.thread,
        model=task.model or task.spec.model,
        codex_version=task.codex_version or None,
        tokens=tokens_part((task.usage, task.earlier_usage)),
        cost_usd=_cost(task, card),
    )


def _cost(task: Task, card: RateCard) -> float | None:
    found = cost_usd(task, card)
    return None if found is None else round(found, 6)


def _turn(turn: Turn, *, is_earlier: bool) -> TurnPart:
    return TurnPart(
        number=turn.number,
        id=turn.id,
        earlier_attempt=is_earlier,
        status=turn.status,
        started_at_s=turn.started_at_s,
        ended_at_s=turn.ended_at_s,
        commands=sum(item.kind is ItemKind.COMMAND for item in turn.items),
        edits=sum(item.kind is ItemKind.FILE_CHANGE for item in turn.items),
    )


def _approval(approval: Approval) -> ApprovalPart:
    request = approval.request
    waited_ms = None
    if approval.decided_at_s is not None:
        waited_ms = max(0, round((approval.decided_at_s - approval.asked_at_s) * 1000))
    return ApprovalPart(
        id=approval.id,
        task=approval.ref.task,
        kind=request.kind,
        subject=_subject(approval),
        reason=request.reason or None,
        risk=approval.assessment.risk,
        asked_at_s=approval.asked_at_s,
        outcome=approval.outcome,
        choice=approval.choice,
        by=approval.by,
        rule=None if approval.rule is None else f"{approval.rule.id} in {approval.rule.file}",
        message=approval.message or None,
        cause=approval.cause or None,
        waited_ms=waited_ms,
    )


def _subject(approval: Approval) -> str:
    request = approval.request
    told = (
        request.command
        or (f"reach {request.host}" if request.host else "")
        or ", ".join(edit.path for edit in request.files)
        or ", ".join(f"{entry.access} {entry.target}" for entry in request.permissions)
        or " / ".join(question.text or question.header for question in request.questions)
        or request.grant_root
        or request.server
    )
    return told or request.kind.value.replace("_", " ")


def _commands(task: Task, approvals: Sequence[Approval]) -> tuple[CommandPart, ...]:
    state = State(tasks={task.ref: task}, approvals={approval.id: approval for approval in approvals})
    entries = reversed(HistoryEntries().newest_first(state))
    ran = sorted(ran_commands(entries), key=_begun_s)
    return tuple(_command(entry) for entry in ran)


def _begun_s(entry: HistoryEntry) -> float:
    turn, item = entry.turn, entry.item
    return turn.began_at_s.get(item.id, entry.at_s) if turn is not None and item is not None else entry.at_s


def _command(entry: HistoryEntry) -> CommandPart:
    item, allowed = entry.item, entry.allowance
    assert item is not None, "ran_commands gives those with an item"
    return CommandPart(
        task=entry.ref.task,
        by="worker",
        command=item.title,
        at_s=_begun_s(entry),
        duration_ms=item.duration_ms,
        exit_code=item.exit_code,
        status=item.status,
        allowed_by=None if allowed is None else allowed.kind,
        allowed_text=None if allowed is None else allowed.text,
        outcome=None,
        commit=None,
    )


def _end(approval: ApprovalPart) -> str:
    if approval.outcome in _UNANSWERED:
        return "unanswered"
    if approval.outcome is Outcome.PENDING and approval.choice is None:
        return "open"
    return "declined" if approval.choice in _NO_ANSWER else "accepted"


def _seconds(value: float) -> float:
    return round(max(0.0, value), 3)
