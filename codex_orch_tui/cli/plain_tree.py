"""`status` for people: runs and their tasks as aligned plain text, no colours, fit for a pipe."""

import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from codex_orch_tui.cli.question_words import subject
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.approval import Approval, Outcome
from codex_orch_tui.domain.key_marks import off_screen
from codex_orch_tui.domain.run_landing import RunLanding
from codex_orch_tui.domain.task import ENDED, Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.clock import elapsed
from codex_orch_tui.ui.presentation.glyphs import PLANNED, TASK_LOOKS
from codex_orch_tui.ui.presentation.landing_words import landing_told

_ANSWER_CELLS = 90


def status_lines(seen: SeenState, now_s: float) -> list[str]:
    """All lines, each safe to print.

    Args:
        seen: what was read.
        now_s: the time to count ages from, seconds since the epoch.
    """
    return [clean_line(line) for line in (*_head(seen), *_runs(seen, now_s), *_foot(seen))]


def _head(seen: SeenState) -> Iterator[str]:
    here = sel.counts(seen.state)
    counted = (
        (here.working, "working"),
        (here.needs_you, "needs you" if here.needs_you == 1 else "need you"),
        (here.to_review, "to review"),
        (here.queued, "queued"),
        (here.stopped, "stopped"),
        (here.merged, "merged"),
    )
    told = " · ".join(f"{number} {word}" for number, word in counted if number)
    yield f"{seen.root.name} · {seen.root}"
    if seen.holder is not None:
        yield f"open in {seen.holder}"
    if told and not any(seen.is_cut_off(task) for task in seen.state.tasks.values()):
        yield told


def _runs(seen: SeenState, now_s: float) -> Iterator[str]:
    state = seen.state
    tasks = [state.tasks[ref] for run in state.runs.values() for ref in run.tasks]
    cells = {task.ref: _cells(seen, task, now_s) for task in tasks}
    widths = [max(map(_width, column)) for column in zip(*cells.values(), strict=True)]
    for run in state.runs.values():
        yield ""
        yield f"{run.title}  ({run.id}, from {run.base_branch}, {elapsed(now_s - run.created_at_s)} ago)"
        if run.landing is not None:
            yield f"  {_landing(seen, run.landing, now_s)}"
        for ref in run.tasks:
            yield f"  {_aligned(cells[ref], widths)}".rstrip()
            for line in _details(seen, state.tasks[ref], now_s):
                yield f"      {line}"


def _landing(seen: SeenState, landing: RunLanding, now_s: float) -> str:
    """`landed (3 tasks), 2m ago`."""
    told = landing_told(landing, seen.state.tasks)
    if landing.outcome is None and seen.holder is None:
        return f"its landing was cut off while {told}"
    return f"{told}, {elapsed(now_s - (landing.ended_at_s or landing.began_at_s))} ago"


def _cells(seen: SeenState, task: Task, now_s: float) -> tuple[str, ...]:
    look = PLANNED if task.is_taken_up else TASK_LOOKS[task.state]
    sign = look.sign(ascii_only=not _prints(look.glyph))
    totals = sel.edit_totals(task)
    files = "1 file" if totals.files == 1 else f"{totals.files} files"
    return (
        f"{sign} {'cut off' if seen.is_cut_off(task) else look.word}",
        elapsed(now_s - task.since_s).rjust(6),
        task.spec.title,
        "" if task.worktree is None else task.worktree.branch,
        f"{files} +{totals.insertions} -{totals.deletions}" if totals.files else "",
        _answered(sel.approvals_of(seen.state, task.ref)),
    )


def _answered(approvals: Iterable[Approval]) -> str:
    """How past questions ended: `1 accepted, 2 declined`."""
    outcomes = Counter(asked.outcome for asked in approvals if asked.outcome is not Outcome.PENDING)
    return ", ".join(f"{number} {outcome.replace('_', ' ')}" for outcome, number in outcomes.items())


def _details(seen: SeenState, task: Task, now_s: float) -> Iterator[str]:
    for asked in sel.approvals_of(seen.state, task.ref):
        if asked.is_pending:
            waits = "the question is gone" if seen.holder is None else f"waits {elapsed(now_s - asked.asked_at_s)}"
            yield f"asks: {subject(asked)}  ({waits})"
    if task.fault is not None:
        step = f" → {off_screen(task.fault.next_step)}" if task.fault.next_step else ""
        yield f"{task.fault.message}{step}"
    if task.conflicts:
        yield f"conflicts with {task.base_branch}: {', '.join(task.conflicts)}"
    if task.backup_ref:
        yield f"kept as {task.backup_ref}"
    if task.said and task.state not in ENDED:
        first = next((line.strip() for line in task.said.splitlines() if line.strip()), "")
        yield first if len(first) <= _ANSWER_CELLS else first[: _ANSWER_CELLS - 1].rstrip() + "…"


def _foot(seen: SeenState) -> Iterator[str]:
    cut_off = sum(seen.is_cut_off(task) for task in seen.state.tasks.values())
    if not seen.state.runs:
        yield "No tasks yet. codex-orch-tui opens the screen; there n types one."
    if cut_off:
        were = "1 task was" if cut_off == 1 else f"{cut_off} tasks were"
        yield ""
        yield f"{were} cut off when the program ended; codex-orch-tui opens the screen, there c continues."
    if seen.notes:
        yield ""
    for note in seen.notes:
        yield f"note: {note}"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True) if width)


def _width(text: str) -> int:
    """Terminal cells."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    marks = sum(unicodedata.combining(char) > 0 for char in text)
    return len(text) + wide - marks


def _prints(text: str) -> bool:
    """Stdout's encoding has the characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
