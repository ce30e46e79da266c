"""result.json and report.md of a task."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codex_orch_tui import __version__
from codex_orch_tui.domain.approval import DECIDER_WORDS, Choice, Outcome
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.review import ReviewSummary
from codex_orch_tui.domain.task import Task
from codex_orch_tui.services.evidence.models import TaskEntry, TaskResult
from codex_orch_tui.services.evidence.paper import (
    block,
    code,
    cost_words,
    counted,
    first_line,
    moment,
    short,
    size,
    span,
    state_word,
    table,
    words,
)
from codex_orch_tui.services.evidence.parts import ApprovalPart, CheckPart, CommandPart, FileStat, PatchPart, StagePart
from codex_orch_tui.services.evidence.task_parts import TaskParts

MAX_FILES = 1_000
MAX_LISTED = 500
"""Questions and commands in result.json; all of them are in the run's approvals.jsonl."""
_ROWS = 40
"""Rows of a table in a report."""
NO_PATCH = PatchPart(file=None, size_bytes=0, cut=False, redacted=False, note=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the commits of a task change, as far as it is listed."""

    files: tuple[FileStat, ...] = ()
    omitted: int = 0
    patch: PatchPart = NO_PATCH


def file_stats(summary: ReviewSummary) -> tuple[FileStat, ...]:
    """The first files of a difference."""
    return tuple(
        FileStat(
            path=change.path,
            status=change.status,
            old_path=change.old_path or None,
            insertions=change.insertions,
            deletions=change.deletions,
            binary=change.is_binary,
            watched=change.watched or ("points outside the repository" if change.points_outside else None),
        )
        for change in summary.files[:MAX_FILES]
    )


def task_result(
    task: Task,
    parts: TaskParts,
    changes: Changes,
    ours: Sequence[CommandPart],
    *,
    mark: str,
    now_s: float,
    has_log: bool,
) -> TaskResult:
    """The document of a task.

    Args:
        task: the task.
        parts: what the state tells of it.
        changes: what git tells of it.
        ours: the commands that we ran for it.
        mark: what it tells of, see mark.py.
        now_s: when it is written.
        has_log: logs.txt lies beside it.
    """
    commands = sorted((*parts.commands, *ours), key=lambda command: command.at_s)
    return TaskResult(
        program_version=__version__,
        evidence_of=mark,
        written_at_s=round(now_s, 3),
        run=task.ref.run,
        spec=parts.settings,
        task=parts.entry,
        answer=task.said or None,
        output=_output(task.accepted),
        answer_problems=list(task.answer_problems),
        decisions=list(task.decisions),
        files=list(changes.files),
        files_omitted=changes.omitted,
        patch=changes.patch,
        checks=list(parts.checks),
        approvals=list(parts.approvals[-MAX_LISTED:]),
        approvals_omitted=max(0, len(parts.approvals) - MAX_LISTED),
        commands=commands[-MAX_LISTED:],
        commands_omitted=max(0, len(commands) - MAX_LISTED),
        log="logs.txt" if has_log else None,
    )


def task_report(result: TaskResult) -> str:
    """The document as people read it, in Markdown."""
    task = result.task
    lines = [f"# {words(task.title)}", "", words(_summary(result))]
    if task.fault is not None:
        step = f" → {task.fault.next_step}" if task.fault.next_step else ""
        lines += ["", f"**{words(task.fault.message)}**{words(step)}"]
    lines += ["", *_facts(result)]
    if result.answer:
        lines += ["", "## What the worker says", "", *block(result.answer)]
    lines += [line for section in _sections(result) for line in ("", *section)]
    lines += ["", "## What it was to do", "", *block(result.spec.prompt), "", _foot(result)]
    return "\n".join(lines) + "\n"


def _output(accepted: str) -> object:
    try:
        return json.loads(accepted) if accepted else None
    except (ValueError, RecursionError):
        return None


def _summary(result: TaskResult) -> str:
    task = result.task
    parts = [state_word(task.state).capitalize()]
    if task.started_at_s is not None and task.ended_at_s is not None:
        parts.append(f"after {span(task.ended_at_s - task.started_at_s)}")
    parts.append(f"in {counted(len(task.turns), 'turn')}" if task.turns else "without a turn")
    told = " ".join(parts) + "."
    if task.diff.files:
        told += f" {counted(task.diff.files, 'file')} {size(task.diff.insertions, task.diff.deletions)}"
        told += f" in {counted(len(task.commits), 'commit')}."
    if task.merged_as:
        told += f" Merged into {task.base_branch} as {short(task.merged_as)}."
    return told


def _facts(result: TaskResult) -> list[str]:
    task, spec = result.task, result.spec
    worked = f"{spec.role}, {task.model or 'the default model'}, {spec.sandbox.value}, {spec.approval_policy.value}"
    facts = [("run", code(result.run)), ("task", code(task.id)), ("worker", words(worked))]
    if task.branch:
        facts.append(("branch", f"{code(task.branch)} at {code(short(task.tip))}"))
        facts.append(("stands on", f"{_ground(task)} {code(short(task.base_commit))}"))
    if task.backup_ref:
        facts.append(("kept as", code(task.backup_ref)))
    looked = "yes, exactly this commit" if task.reviewed else "no"
    facts.append(("reviewed", "no: merged without a look" if task.review_waived else looked))
    if task.attempt > 1:
        facts.append(("attempt", str(task.attempt)))
    used = f"{task.tokens.total:,} tokens, {cost_words(task.cost_usd)}"
    facts += [("used", used), ("started", moment(task.started_at_s)), ("ended", moment(task.ended_at_s))]
    return table(("", ""), facts)


def _ground(task: TaskEntry) -> str:
    """What the commit is that it stands on."""
    if task.joins:
        return f"{' and '.join(map(code, task.joins))}{', joined as' if len(task.joins) > 1 else ' at'}"
    return code(task.base_branch) if task.base_tip is None else "what tasks before it committed,"


def _sections(result: TaskResult) -> Iterator[list[str]]:
    if result.files:
        yield ["## What it changed", "", *files_table(result.files, result.files_omitted), *_patch_line(result.patch)]
    if result.checks:
        yield ["## Checks", "", *checks_table(result.checks)]
    if result.approvals:
        yield ["## Questions", "", *approvals_table(result.approvals, result.approvals_omitted)]
    if result.commands:
        yield ["## Commands", "", *_commands_table(result.commands, result.commands_omitted)]
    if result.decisions:
        yield ["## Decisions", "", *(f"- {words(decision)}" for decision in result.decisions)]
    if result.answer_problems:
        yield ["## Why its answer does not fit", "", *(f"- {words(problem)}" for problem in result.answer_problems)]


def files_table(files: Sequence[FileStat], omitted: int = 0) -> list[str]:
    """Files of a difference; what deserves a second look is told."""
    rows = []
    for file in files[:_ROWS]:
        name = f"{file.old_path} → {file.path}" if file.old_path else file.path
        lines = "binary" if file.binary else size(file.insertions, file.deletions)
        rows.append((code(name, max_chars=100), file.status.value.replace("_", " "), lines, words(file.watched or "")))
    return [*table(("file", "", "lines", "look at"), rows, right=frozenset({2})), *_more(len(files) + omitted)]


def checks_table(checks: Sequence[CheckPart]) -> list[str]:
    """The newest checks with their outcome and the commit that they looked at."""
    rows = []
    for check in checks[-_ROWS:]:
        is_one_command = bool(check.stages) or check.name == check.command
        rows.append(
            (
                words(check.task or "the whole run", max_chars=30),
                code(check.name if is_one_command else f"{check.name}: {check.command}"),
                _outcome(check),
                span(None if check.duration_ms is None else check.duration_ms / 1000),
                code(short(check.commit)),
            )
        )
        rows += [
            (
                "",
                f"stage {code(f'{stage.name}: {stage.command}')}",
                _outcome(stage),
                span(None if stage.duration_ms is None else stage.duration_ms / 1000),
                "",
            )
            for stage in check.stages
        ]
    return [*table(("task", "check", "outcome", "took", "commit"), rows, right=frozenset({3})), *_more(len(checks))]


def approvals_table(approvals: Sequence[ApprovalPart], omitted: int = 0) -> list[str]:
    """Questions with what was decided, and by whom; the newest."""
    rows = [
        (
            words(asked.task, max_chars=30),
            code(asked.subject),
            _answer(asked),
            words(asked.rule, max_chars=40) if asked.rule else DECIDER_WORDS[asked.by] if asked.by else "",
            span(None if asked.waited_ms is None else asked.waited_ms / 1000),
        )
        for asked in approvals[-_ROWS:]
    ]
    heads = ("task", "asked for", "outcome", "by", "waited")
    return [*table(heads, rows, right=frozenset({4})), *_more(len(approvals) + omitted)]


def _answer(asked: ApprovalPart) -> str:
    if asked.outcome is Outcome.BY_RULE:
        return "declined" if asked.choice in {Choice.DECLINE, Choice.CANCEL} else "accepted"
    return asked.outcome.value.replace("_", " ")


def _commands_table(commands: Sequence[CommandPart], omitted: int) -> list[str]:
    rows = [
        (
            code(command.command),
            _how(command),
            span(None if command.duration_ms is None else command.duration_ms / 1000),
            words(command.allowed_text or ("ours" if command.by == "us" else ""), max_chars=60),
        )
        for command in commands[-_ROWS:]
    ]
    heads = ("command", "ended", "took", "allowed")
    return [*table(heads, rows, right=frozenset({2})), *_more(len(commands) + omitted)]


def _how(command: CommandPart) -> str:
    if command.exit_code is not None:
        return f"exit {command.exit_code}"
    told = command.status.value if command.status is not None else command.outcome or ""
    return words(told.replace("_", " "))


def _outcome(check: CheckPart | StagePart) -> str:
    if check.outcome is None:
        return "runs"
    told = check.outcome.value.replace("_", " ")
    if check.outcome is CheckOutcome.FAILED and check.exit_code is not None:
        told += f", exit {check.exit_code}"
    return words(f"{told}: {first_line(check.reason, 80)}" if check.reason else told)


def _patch_line(patch: PatchPart) -> list[str]:
    if patch.file is None:
        return ["", words(patch.note)] if patch.note else []
    told = f"The patch is in {patch.file}"
    told += "; only its first files are there" if patch.cut else ""
    told += "; a secret was taken out of it, so it cannot be applied" if patch.redacted else ""
    return ["", f"{told}."]


def _more(total: int) -> list[str]:
    return ["", f"… {total - _ROWS:,} more"] if total > _ROWS else []


def _foot(result: TaskResult) -> str:
    when = moment(result.written_at_s)
    return f"Written {when} by codex-orch-tui {result.program_version}; result.json has it for programs."
