"""What a call from Python gives back: a run at rest, with its commits, files, usage and cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.check import CheckRun
from codex_orch_tui.domain.cost import RateCard, cost_usd
from codex_orch_tui.domain.ids import CommitId, RunId
from codex_orch_tui.domain.item import Fault, Usage
from codex_orch_tui.domain.plan import RoleName
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ENDED, DiffTotals, Task, TaskCommit, TaskState
from codex_orch_tui.domain.usage import added
from codex_orch_tui.store.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """What became of a task. Its commits are on `branch`, on top of `base_commit`; nothing is merged."""

    id: str
    title: str
    role: RoleName
    state: TaskState
    """`done` waits for review; `failed`, `interrupted` and `lost` stopped before their end; `queued` has not begun."""
    branch: str | None
    worktree: Path | None
    base_commit: CommitId | None
    tip: CommitId | None
    commits: tuple[TaskCommit, ...]
    diff: DiffTotals
    """Files and lines against `base_commit`."""
    answer: str
    """The worker's last message; where its role has a schema, JSON."""
    fault: Fault | None
    """What kept it from going on, with the next step."""
    checks: tuple[CheckRun, ...]
    usage: Usage
    """Tokens of all its attempts."""
    cost_usd: float | None
    """None: the rate card of the settings does not name its model."""
    artifacts: Mapping[str, Path]
    """Its files: result, report, patch, logs, events (raw, with secrets if the worker printed any)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What became of a run."""

    run: RunId
    title: str
    base_branch: str
    tasks: tuple[TaskResult, ...]
    """In plan order, groups left out."""
    timed_out: bool
    """The time limit stopped it."""
    usage: Usage
    """Tokens of all tasks."""
    cost_usd: float | None
    """None where that of one of its tasks is not known."""
    artifacts: Mapping[str, Path]
    """Its files: manifest, report, metrics, context, journal, approvals, commands."""

    @property
    def is_done(self) -> bool:
        """Every task is done, or needs no more to be."""
        return all(task.state is TaskState.DONE or task.state in ENDED for task in self.tasks)

    @property
    def commits(self) -> tuple[TaskCommit, ...]:
        """Those of all tasks."""
        return tuple(commit for task in self.tasks for commit in task.commits)

    @property
    def branches(self) -> tuple[str, ...]:
        """The branches that hold commits, each once."""
        return tuple(dict.fromkeys(task.branch for task in self.tasks if task.branch is not None and task.commits))


def run_result(state: State, run: RunId, layout: Layout, card: RateCard, *, timed_out: bool) -> RunResult:
    """The result of a run at rest, whose files are written.

    Args:
        state: The state.
        run: The run.
        layout: Where its files are.
        card: What models cost.
        timed_out: The time limit stopped it.
    """
    found = state.runs[run]
    tasks = sel.work_of(state, found)
    results = tuple(_task(task, layout, card) for task in tasks)
    costs = [result.cost_usd for result in results]
    known = [cost for cost in costs if cost is not None]
    files = {
        "manifest": layout.manifest(run),
        "report": layout.run_report(run),
        "metrics": layout.metrics(run),
        "context": layout.context(run),
        "journal": layout.run_journal(run),
        "approvals": layout.approvals(run),
        "commands": layout.commands(run),
    }
    return RunResult(
        run=run,
        title=found.title,
        base_branch=found.base_branch,
        tasks=results,
        timed_out=timed_out,
        usage=added(result.usage for result in results),
        cost_usd=sum(known) if len(known) == len(costs) else None,
        artifacts=_there(files.items()),
    )


def _task(task: Task, layout: Layout, card: RateCard) -> TaskResult:
    files, worktree = layout.task(*task.ref), task.worktree
    has_folder = worktree is not None and not task.worktree_removed
    return TaskResult(
        id=task.ref.task,
        title=task.spec.title,
        role=task.spec.role,
        state=task.state,
        branch=None if worktree is None or task.branch_removed else worktree.branch,
        worktree=Path(worktree.path) if worktree is not None and has_folder else None,
        base_commit=None if worktree is None else worktree.base_commit,
        tip=task.tip,
        commits=task.commits,
        diff=task.totals,
        answer=task.answer,
        fault=task.fault,
        checks=task.checks,
        usage=added((task.usage, task.earlier_usage)),
        cost_usd=cost_usd(task, card),
        artifacts=_there(
            (
                ("result", files.result),
                ("report", files.report),
                ("patch", files.patch),
                ("logs", files.logs),
                ("events", files.events),
            )
        ),
    )


def _there(files: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    return {name: path for name, path in files if path.is_file()}
