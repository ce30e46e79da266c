"""report.md of a run: what came of it first, then tasks, questions, changes, checks, cost, and what is left."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from codex_orch_tui.domain.guardrail import GuardrailOutcome, Severity
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.services.evidence.models import Measures, RunManifest, TaskEntry
from codex_orch_tui.services.evidence.paper import (
    block,
    code,
    cost_words,
    counted,
    first_line,
    moment,
    money,
    short,
    size,
    span,
    state_word,
    table,
    words,
)
from codex_orch_tui.services.evidence.parts import FileStat, GuardrailPart, MergePart, Receipt
from codex_orch_tui.services.evidence.run_evidence import RunEvidence
from codex_orch_tui.services.evidence.task_evidence import approvals_table, checks_table, files_table

_TASK_ROWS = 500
_FILE_TABLES = 20
"""So many tasks have their files listed here; the reports of the tasks list them all."""


def run_report(evidence: RunEvidence, files: Mapping[TaskRef, Sequence[FileStat]]) -> str:
    """The report, in Markdown.

    Args:
        evidence: the documents of the run.
        files: what the tasks change, as far as git was asked.
    """
    manifest = evidence.manifest
    lines = [f"# {words(manifest.title)}", "", *_summary(evidence), "", *_facts(manifest)]
    for section in _sections(evidence, files):
        lines += ["", *section]
    when = moment(manifest.written_at_s)
    lines += ["", f"Written {when} by codex-orch-tui {manifest.program_version}; manifest.json has it for programs."]
    return "\n".join(lines) + "\n"


def _summary(evidence: RunEvidence) -> list[str]:
    manifest, total, context = evidence.manifest, evidence.metrics.total, evidence.context
    told = [f"{context.summary}."]
    if total.lines.files:
        told.append(f"{counted(total.lines.files, 'file')} {size(total.lines.insertions, total.lines.deletions)}.")
    if total.elapsed_s is not None:
        until = "now" if manifest.heartbeat.at_work else "the last end"
        told.append(f"{span(total.elapsed_s)} from the first start to {until}.")
    told.append(f"{total.tokens.total:,} tokens, {cost_words(total.cost_usd)}.")
    lines = [words(" ".join(told)), ""]
    if context.next_steps:
        return [*lines, f"Left: {words(context.next_steps[0])}{_others(len(context.next_steps) - 1)}."]
    return [*lines, "Nothing is left to do."]


def _others(number: int) -> str:
    return f", and {counted(number, 'thing')} more (below)" if number > 0 else ""


def _facts(manifest: RunManifest) -> list[str]:
    versions = manifest.versions
    used = [f"codex-orch-tui {versions.program}", *(f"Codex {version}" for version in versions.codex)]
    used += [f"git {versions.git}"] if versions.git else []
    used.append(f"Python {versions.python}")
    facts = [
        ("run", code(manifest.run)),
        ("repository", code(manifest.repository, max_chars=120)),
        ("base branch", f"{code(manifest.base_branch)} at {code(short(manifest.base_tip))}"),
        ("begun", moment(manifest.created_at_s)),
        ("used", words(", ".join(used))),
    ]
    if manifest.paused:
        facts.append(("paused", words(manifest.pause_cause or "yes")))
    return table(("", ""), facts)


def _sections(evidence: RunEvidence, files: Mapping[TaskRef, Sequence[FileStat]]) -> Iterator[list[str]]:
    manifest, context = evidence.manifest, evidence.context
    yield ["## Tasks", "", *_tasks(manifest)]
    if manifest.approvals:
        total = _questions(evidence.metrics.total)
        yield ["## Questions", "", total, "", *approvals_table(manifest.approvals, manifest.approvals_omitted)]
    yield ["## Changes", "", *_changes(manifest, files)]
    if manifest.checks:
        yield ["## Checks", "", *checks_table(manifest.checks)]
    if manifest.guardrails:
        yield ["## Guardrails", "", *_guardrails(manifest)]
    if manifest.merges or manifest.landing is not None:
        yield ["## Merges", "", *_merges(manifest)]
    yield ["## Cost", "", *_cost(evidence)]
    if context.decisions:
        yield ["## Decisions", "", *(f"- {words(decision)}" for decision in context.decisions)]
    if manifest.plan.spec:
        yield ["## Specification", "", *block(manifest.plan.spec)]
    yield ["## What is left", "", *([f"- {words(step)}" for step in context.next_steps] or ["Nothing."])]


def _tasks(manifest: RunManifest) -> list[str]:
    rows = [
        (
            words(task.title, max_chars=60),
            state_word(task.state),
            str(len(task.turns)),
            span(_took(task)),
            f"{task.tokens.total:,}",
            size(task.diff.insertions, task.diff.deletions) if task.diff.files else "–",
            "yes" if task.reviewed else "waived" if task.review_waived else "–",
            _end(task),
        )
        for task in manifest.tasks
        if not task.is_group
    ]
    heads = ("task", "state", "turns", "time", "tokens", "lines", "reviewed", "commit, or what is wrong")
    more = [] if len(rows) <= _TASK_ROWS else ["", f"… {len(rows) - _TASK_ROWS:,} more in manifest.json"]
    return [*table(heads, rows[:_TASK_ROWS], right=frozenset({2, 3, 4, 5})), *more]


def _end(task: TaskEntry) -> str:
    if task.fault is not None:
        return words(first_line(task.fault.message, 80))
    return code(short(task.merged_as or task.tip)) if task.commits else "–"


def _took(task: TaskEntry) -> float | None:
    return None if task.started_at_s is None or task.ended_at_s is None else task.ended_at_s - task.started_at_s


def _questions(total: Measures) -> str:
    asked = total.approvals
    parts = [
        f"{asked.accepted} accepted",
        f"{asked.declined} declined",
        f"{asked.unanswered} not answered",
        f"{asked.open} open",
    ]
    by_rule = f", {asked.by_rule} of all by rule" if asked.by_rule else ""
    by_caller = f", {asked.by_caller} of all by your program" if asked.by_caller else ""
    waited = f"; {span(asked.waited_ms / 1000)} waited for answers" if asked.waited_ms else ""
    shown = ", ".join(part for part in parts if not part.startswith("0 "))
    return f"{counted(asked.asked, 'question')}: {shown}{by_rule}{by_caller}{waited}."


def _changes(manifest: RunManifest, files: Mapping[TaskRef, Sequence[FileStat]]) -> list[str]:
    changed = [task for task in manifest.tasks if task.diff.files]
    if not changed:
        return ["No task has changed a file."]
    rows = [
        (
            words(task.title, max_chars=60),
            code(task.branch or "", max_chars=90),
            str(len(task.commits)),
            str(task.diff.files),
            size(task.diff.insertions, task.diff.deletions),
        )
        for task in changed[:_TASK_ROWS]
    ]
    lines = table(("task", "branch", "commits", "files", "lines"), rows, right=frozenset({2, 3, 4}))
    for task in changed[:_FILE_TABLES]:
        if found := files.get(TaskRef(RunId(manifest.run), TaskId(task.id))):
            lines += ["", f"### {words(task.title)}", "", *files_table(found, max(0, task.diff.files - len(found)))]
    return lines


def _guardrails(manifest: RunManifest) -> list[str]:
    rows = [
        (
            words(one.name),
            code(one.task),
            words(one.condition, max_chars=60),
            words(one.outcome.value.replace("_", " ") + (", and stops the merge" if _stops(one) else "")),
            words(one.detail or "", max_chars=80),
            code(short(one.commit)),
        )
        for one in manifest.guardrails
    ]
    return table(("guardrail", "task", "condition", "outcome", "", "on"), rows)


def _stops(one: GuardrailPart) -> bool:
    return one.severity is Severity.STOP and one.outcome in {GuardrailOutcome.FAILED, GuardrailOutcome.UNKNOWN}


def _merges(manifest: RunManifest) -> list[str]:
    asked = {task.id for task in manifest.plan.tasks if task.checks}
    changed = {task.id for task in manifest.tasks if task.tip != task.base_commit}
    with_run = {merge.task: merge for merge in manifest.merges if merge.with_run}
    lines = []
    for merge in manifest.merges:
        if merge.with_run:
            continue
        lines.append(f"- {_move(merge, asked)}")
        brought = [with_run.pop(name) for name in merge.tasks if name in with_run]
        lines += [f"  - {_brought(one, merge.receipts, asked, changed)}" for one in brought]
    # What is left here came with a landing whose end is not told yet.
    lines += [f"- {_brought(one, (), asked, changed)}" for one in with_run.values()]
    landing = manifest.landing
    if landing is not None and landing.outcome != "landed":
        told = "is under way" if landing.outcome is None else f"did not land: {landing.reason or 'no reason was told'}"
        lines.append(f"- the run as a whole {words(told)}")
    return lines


def _move(merge: MergePart, asked: AbstractSet[str]) -> str:
    """A move of the base branch; `asked` are the tasks that have checks."""
    what = code(merge.task) if merge.task else "the run as a whole"
    moved = f"{code(short(merge.old))} → {code(short(merge.new))}"
    grounds = _passed(merge) or _no_pass(asked.isdisjoint({merge.task, *merge.tasks}))
    return f"{what}: {code(merge.base_branch)} {moved}, {moment(merge.at_s)}; {grounds}"


def _brought(merge: MergePart, of_run: Sequence[Receipt], asked: AbstractSet[str], changed: AbstractSet[str]) -> str:
    """What a task had in the move of the whole run, for which the checks `of_run` have passed."""
    what = code(merge.task or "")
    if merge.task not in changed:
        return f"{what} changed nothing"
    grounds = _passed(merge)
    if of_run:
        grounds = f"{grounds}, and with the whole run" if grounds else "checked with the whole run"
    return f"{what} as {code(short(merge.new))}; {grounds or _no_pass(merge.task not in asked)}"


def _passed(merge: MergePart) -> str:
    """The checks that passed on it alone; empty when none did."""
    told = []
    if merge.receipts:
        told.append(f"passed on exactly this commit: {_names(merge.receipts)}")
    if merge.earlier_receipts:
        tip = code(short(merge.earlier_receipts[0].commit))
        told.append(f"passed before it moved, on {tip}: {_names(merge.earlier_receipts)}")
    return ", ".join(told)


def _no_pass(is_unasked: bool) -> str:
    return "no check was asked for" if is_unasked else "no pass of its checks is known"


def _names(receipts: Sequence[Receipt]) -> str:
    return ", ".join(code(receipt.check) for receipt in receipts)


def _cost(evidence: RunEvidence) -> list[str]:
    rows = [
        (
            words(one.task, max_chars=40),
            words(one.model or "Codex's own default"),
            f"{one.measures.tokens.input:,}",
            f"{one.measures.tokens.cached:,}",
            f"{one.measures.tokens.output:,}",
            money(one.measures.cost_usd),
            span(one.worked_s),
        )
        for one in evidence.metrics.tasks[:_TASK_ROWS]
    ]
    total = evidence.metrics.total
    worked_s = sum(one.worked_s for one in evidence.metrics.tasks)
    used = total.tokens
    sums = (f"{used.input:,}", f"{used.cached:,}", f"{used.output:,}", money(total.cost_usd), span(worked_s))
    rows.append(("**all**", "", *sums))
    heads = ("task", "model", "input", "of it cached", "output", "cost", "worked")
    lines = table(heads, rows, right=frozenset({2, 3, 4, 5, 6}))
    if total.cost_usd is None:
        lines += ["", "A model is not on the rate card (setting `rate_card`): its cost is not known."]
    return lines
