"""manifest.json, metrics.json and context.json of a run, made from the state and what lies beside it."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codex_orch_tui import __version__
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.cost import RateCard
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ENDED, Task, TaskState
from codex_orch_tui.services.evidence.mark import approvals_by_task, run_mark
from codex_orch_tui.services.evidence.merge_parts import landing_checks, landing_part, merge_parts
from codex_orch_tui.services.evidence.models import (
    ContextTask,
    Measures,
    PlanPart,
    RunContext,
    RunManifest,
    RunMetrics,
    TaskMeasures,
)
from codex_orch_tui.services.evidence.next_steps import next_steps
from codex_orch_tui.services.evidence.paper import counted, first_line, state_word
from codex_orch_tui.services.evidence.parts import (
    CommandPart,
    FileStat,
    Heartbeat,
    Lines,
    Tokens,
    Versions,
)
from codex_orch_tui.services.evidence.task_parts import (
    TaskParts,
    approval_counts,
    check_counts,
    command_counts,
    elapsed_s,
    guardrail_parts,
    task_measures,
    task_parts,
)

MAX_LISTED = 2_000
"""Questions and commands in the manifest; all of them are in approvals.jsonl and commands.jsonl."""
_CONTEXT_TASKS = 15
"""Tasks in each list of context.json."""
_CONTEXT_DECISIONS = 20
_GOAL_CHARS = 1_500
_ABOUT_CHARS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What the state does not tell.

    Args:
        repository: the main worktree.
        card: what models cost.
        git_version: of the git that is used; None where it was not asked.
        pid: of the program that has the repository open.
        ours: the commands that we ran for the run, oldest first.
        files: what the tasks change, as far as git was asked.
    """

    repository: str
    card: RateCard
    git_version: str | None = None
    pid: int | None = None
    ours: tuple[CommandPart, ...] = ()
    files: Mapping[TaskRef, Sequence[FileStat]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvidence:
    """The documents of a run."""

    manifest: RunManifest
    metrics: RunMetrics
    context: RunContext


class RunBook:
    """Makes the documents of one run again and again; what is told of a task is made anew only when that changed."""

    def __init__(self, run: RunId) -> None:
        self._run = run
        self._card: RateCard | None = None
        self._known: dict[TaskRef, tuple[Task, tuple[object, ...], TaskParts]] = {}

    def evidence(self, state: State, beside: Beside, now_s: float, *, is_whole: bool = True) -> RunEvidence:
        """The documents as the state has it.

        Args:
            state: what is known.
            beside: what it does not tell.
            now_s: the time, seconds since the epoch.
            is_whole: the files of all tasks tell of this state too.
        """
        run = state.runs[self._run]
        parts = self._parts(state, run, beside.card)
        mark = run_mark(state, run.id) if is_whole else ""
        head = {"program_version": __version__, "evidence_of": mark, "written_at_s": round(now_s, 3), "run": run.id}
        measured = [task_measures(task, parts[task.ref], now_s) for task in sel.work_of(state, run)]
        return RunEvidence(
            manifest=_manifest(state, run, parts, beside, head),
            metrics=_metrics(state, run, measured, parts, head, now_s),
            context=_context(state, run, head),
        )

    def _parts(self, state: State, run: Run, card: RateCard) -> dict[TaskRef, TaskParts]:
        if card != self._card:
            self._card, self._known = card, {}
        approvals = approvals_by_task(state, run.id)
        for ref in run.tasks:
            task, asked = state.tasks[ref], approvals.get(ref, ())
            known = self._known.get(ref)
            if known is None or known[0] is not task or not _same(known[1], asked):
                self._known[ref] = task, asked, task_parts(task, asked, card)
        return {ref: self._known[ref][2] for ref in run.tasks}


def summary_line(state: State, run: RunId) -> str:
    """How many tasks are where: `2 tasks: 1 merged, 1 to review`."""
    tasks = sel.work_of(state, state.runs[run])
    words = Counter(state_word(task.state) for task in tasks)
    return f"{counted(len(tasks), 'task')}: " + ", ".join(f"{number} {word}" for word, number in words.items())


def _same(one: Sequence[object], other: Sequence[object]) -> bool:
    return len(one) == len(other) and all(left is right for left, right in zip(one, other, strict=True))


# -- manifest.json ----------------------------------------------------------------------------------------------------


def _manifest(
    state: State, run: Run, parts: Mapping[TaskRef, TaskParts], beside: Beside, head: Mapping[str, object]
) -> RunManifest:
    tasks = [state.tasks[ref] for ref in run.tasks]
    commands = [command for each in parts.values() for command in each.commands]
    commands = sorted((*commands, *beside.ours), key=lambda command: command.at_s)
    approvals = sorted((one for each in parts.values() for one in each.approvals), key=lambda one: one.asked_at_s)
    return RunManifest.model_validate(
        {
            **head,
            "repository": beside.repository,
            "title": run.title,
            "base_branch": run.base_branch,
            "base_tip": state.base_tips.get(run.base_branch),
            "created_at_s": run.created_at_s,
            "shares_worktree": run.shares_worktree,
            "paused": run.paused,
            "pause_cause": run.pause_cause or None,
            "proposed_by": None if run.proposed_by is None else str(run.proposed_by),
            "heartbeat": Heartbeat(
                at_s=float(str(head["written_at_s"])),
                pid=beside.pid,
                at_work=[task.ref.task for task in tasks if task.state in ACTIVE],
                questions=sum(approval.ref.run == run.id for approval in state.pending),
            ),
            "versions": _versions(tasks, beside),
            "plan": PlanPart(title=run.title, spec=run.spec, tasks=[parts[ref].settings for ref in run.tasks]),
            "tasks": [parts[ref].entry for ref in run.tasks],
            "commands": commands[-MAX_LISTED:],
            "commands_omitted": max(0, len(commands) - MAX_LISTED),
            "approvals": approvals[-MAX_LISTED:],
            "approvals_omitted": max(0, len(approvals) - MAX_LISTED),
            "checks": [check for each in parts.values() for check in each.checks] + landing_checks(run),
            "guardrails": [part for task in tasks for part in guardrail_parts(task)],
            "merges": merge_parts(run, tasks),
            "landing": None if run.landing is None else landing_part(run.landing),
            "files": _files(in_context=False),
        }
    )


def _versions(tasks: Sequence[Task], beside: Beside) -> Versions:
    return Versions(
        program=__version__,
        codex=sorted({task.codex_version for task in tasks if task.codex_version}),
        git=beside.git_version,
        python=platform.python_version(),
    )


def _files(*, in_context: bool) -> dict[str, str]:
    """What lies in the run's folder, from there."""
    other = ("manifest", "manifest.json") if in_context else ("context", "context.json")
    return dict(
        (
            other,
            ("report", "report.md"),
            ("metrics", "metrics.json"),
            ("questions", "approvals.jsonl"),
            ("our commands", "commands.jsonl"),
            ("result of a task", "tasks/<task>/result.json"),
            ("report of a task", "tasks/<task>/report.md"),
            ("patch of a task", "tasks/<task>/patch.diff"),
            ("log of a task", "tasks/<task>/logs.txt"),
        )
    )


# -- metrics.json -----------------------------------------------------------------------------------------------------


def _metrics(
    state: State,
    run: Run,
    measured: list[TaskMeasures],
    parts: Mapping[TaskRef, TaskParts],
    head: Mapping[str, object],
    now_s: float,
) -> RunMetrics:
    tasks = sel.work_of(state, run)
    each = [one.measures for one in measured]
    costs = [one.cost_usd for one in each]
    checks = [check for part in parts.values() for check in part.checks] + landing_checks(run)
    total = Measures(
        elapsed_s=elapsed_s(tasks, now_s),
        turns=sum(one.turns for one in each),
        tokens=_tokens([one.tokens for one in each]),
        cost_usd=None if None in costs else round(sum(cost for cost in costs if cost is not None), 6),
        approvals=approval_counts(one for part in parts.values() for one in part.approvals),
        checks=check_counts(checks),
        commands=command_counts(one for part in parts.values() for one in part.commands),
        commits=sum(one.commits for one in each),
        lines=_lines([one.lines for one in each]),
    )
    states = Counter(task.state.value for task in tasks)
    return RunMetrics.model_validate({**head, "total": total, "states": dict(states), "tasks": measured})


def _tokens(each: Sequence[Tokens]) -> Tokens:
    return Tokens(
        input=sum(one.input for one in each),
        cached=sum(one.cached for one in each),
        output=sum(one.output for one in each),
        reasoning=sum(one.reasoning for one in each),
        total=sum(one.total for one in each),
    )


def _lines(each: Sequence[Lines]) -> Lines:
    return Lines(
        files=sum(one.files for one in each),
        insertions=sum(one.insertions for one in each),
        deletions=sum(one.deletions for one in each),
    )


# -- context.json -----------------------------------------------------------------------------------------------------


def _context(state: State, run: Run, head: Mapping[str, object]) -> RunContext:
    tasks = sel.work_of(state, run)
    done = [task for task in tasks if task.state in ENDED or task.state is TaskState.DONE]
    to_come = [task for task in tasks if task.state is TaskState.QUEUED and not task.turns]
    under_way = [task for task in tasks if task not in done and task not in to_come]
    # The newest of what is done: older work is told by the base branch.
    lists = [sorted(done, key=lambda task: task.since_s)[-_CONTEXT_TASKS:]]
    lists += [each[:_CONTEXT_TASKS] for each in (under_way, to_come)]
    decisions = [f"{task.ref.task}: {one}" for task in tasks for one in task.decisions][-_CONTEXT_DECISIONS:]
    return RunContext.model_validate(
        {
            **head,
            "title": first_line(run.title, _ABOUT_CHARS),
            "goal": _goal(run, tasks),
            "base_branch": run.base_branch,
            "base_tip": state.base_tips.get(run.base_branch),
            "summary": summary_line(state, run.id),
            **dict(zip(("done", "under_way", "to_come"), ([*map(_context_task, each)] for each in lists), strict=True)),
            "omitted": len(tasks) - sum(map(len, lists)),
            "decisions": [first_line(decision, _ABOUT_CHARS) for decision in decisions],
            "next_steps": list(next_steps(state, run.id)),
            "files": _files(in_context=True),
        }
    )


def _goal(run: Run, tasks: Sequence[Task]) -> str:
    """What the run is about: its specification, or what its only task was told."""
    told = run.spec or (tasks[0].spec.prompt if len(tasks) == 1 else run.title)
    return told if len(told) <= _GOAL_CHARS else told[:_GOAL_CHARS].rsplit(None, 1)[0] + " …"


def _context_task(task: Task) -> ContextTask:
    worktree = task.worktree
    return ContextTask(
        task=task.ref.task,
        title=first_line(task.spec.title, _ABOUT_CHARS),
        state=task.state,
        about=_about(task),
        branch=None if worktree is None else worktree.branch,
        tip=task.tip,
        worktree=None if worktree is None or task.worktree_removed else worktree.path,
    )


def _about(task: Task) -> str | None:
    if task.fault is not None:
        return first_line(task.fault.message, _ABOUT_CHARS)
    turn = task.turn
    if task.state in ACTIVE and turn is not None:
        step = next((step.text for step in turn.steps if step.status == "in_progress"), "")
        return first_line(step or (turn.items[-1].title if turn.items else ""), _ABOUT_CHARS) or None
    return first_line(task.said, _ABOUT_CHARS) or None
