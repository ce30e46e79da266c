"""The files of the evidence as they lie there: what they tell of, and whether that is still so."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState
from codex_orch_tui.services.evidence.commands_file import CommandsFile
from codex_orch_tui.services.evidence.mark import approvals_by_task, run_mark, task_mark
from codex_orch_tui.services.evidence.models import TaskResult
from codex_orch_tui.services.evidence.run_evidence import Beside, RunBook, RunEvidence
from codex_orch_tui.services.evidence.run_report import run_report
from codex_orch_tui.services.evidence.task_evidence import Changes
from codex_orch_tui.store.artifacts import write_text
from codex_orch_tui.store.layout import Layout

_HEAD_BYTES = 1_024
_MARK = re.compile(rb'"evidence_of": ?"([0-9a-f]+)"')
MAX_RESULT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDocuments:
    """What is written of a run."""

    evidence: RunEvidence
    report: str


def mark_in(path: Path) -> str:
    """What the document tells of; empty when it is not there or incomplete."""
    try:
        with path.open("rb") as file:
            found = _MARK.search(file.read(_HEAD_BYTES))
    except OSError:
        return ""
    return found[1].decode() if found else ""


def is_at_rest(task: Task) -> bool:
    """Its files can be written: it has begun, and no turn of it runs or is to come."""
    if task.spec.is_group or task.state in ACTIVE or task.state is TaskState.QUEUED:
        return False
    return task.started_at_s is not None


def behind(layout: Layout, state: State) -> Iterator[tuple[RunId, tuple[TaskRef, ...]]]:
    """The runs whose files tell of another state, each with the tasks that do. What was cleaned away stays away."""
    for run in state.runs.values():
        if not layout.run_folder(run.id).is_dir() or mark_in(layout.manifest(run.id)) == run_mark(state, run.id):
            continue
        approvals = approvals_by_task(state, run.id)
        tasks = (task for ref in run.tasks if is_at_rest(task := state.tasks[ref]))
        yield (
            run.id,
            tuple(
                task.ref
                for task in tasks
                if (files := layout.task(*task.ref)).folder.is_dir()
                and mark_in(files.result) != task_mark(task, approvals.get(task.ref, ()))
            ),
        )


def changes_on_disk(layout: Layout, task: Task) -> Changes | None:
    """What result.json says that the task's commits change; None when it tells of other commits."""
    path = layout.task(*task.ref).result
    try:
        if path.stat().st_size > MAX_RESULT_BYTES:
            return None
        result = TaskResult.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    base = None if task.worktree is None else task.worktree.base_commit
    if (result.task.base_commit, result.task.tip) != (base, task.tip):
        return None
    return Changes(files=tuple(result.files), omitted=result.files_omitted, patch=result.patch)


def documents(book: RunBook, state: State, beside: Beside, now_s: float, *, is_whole: bool = True) -> RunDocuments:
    """The documents of a run; see `RunBook.evidence`."""
    evidence = book.evidence(state, beside, now_s, is_whole=is_whole)
    return RunDocuments(evidence=evidence, report=run_report(evidence, beside.files))


def rebuilt(layout: Layout, state: State, run: RunId, beside: Beside, now_s: float) -> RunDocuments:
    """The same from the journal and the files that are there; nothing is written.

    Raises:
        StoreError: a file cannot be read.
    """
    changed = [task for ref in state.runs[run].tasks if (task := state.tasks[ref]).totals.files]
    found = {task.ref: changes_on_disk(layout, task) for task in changed}
    files = {ref: changes.files for ref, changes in found.items() if changes is not None}
    ours = CommandsFile(layout.commands(run)).read()
    return documents(RunBook(run), state, replace(beside, ours=ours, files=files), now_s)


def write_documents(layout: Layout, run: RunId, made: RunDocuments) -> None:
    """Write them; the manifest comes last, because it says what all of them tell of.

    Raises:
        StoreError: one of them is as it was.
    """
    texts: Mapping[Path, str] = {
        layout.metrics(run): made.evidence.metrics.model_dump_json(indent=2) + "\n",
        layout.context(run): made.evidence.context.model_dump_json(indent=2) + "\n",
        layout.run_report(run): made.report,
        layout.manifest(run): made.evidence.manifest.model_dump_json(indent=2) + "\n",
    }
    for path, text in texts.items():
        write_text(path, text)
