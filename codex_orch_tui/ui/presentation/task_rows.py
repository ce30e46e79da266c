"""The task tree as rows: run > task > plan steps and turns > items.

A run of one task is shown as that task. A task opens by itself while its turn runs; what the person folded or unfolded
stays as it was left. The rows of a task are kept until the task or its folds change, so a frame costs what changed.
"""

from collections.abc import Iterator

from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.item import Fault, Item, ItemKind, ItemStatus, StepStatus, TurnStatus
from codex_orch_tui.domain.plan import title_of
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, ENDED, Task, TaskState, Turn
from codex_orch_tui.ui.presentation.clock import elapsed, took
from codex_orch_tui.ui.presentation.glyphs import ITEM_LOOKS, STEP_LOOKS, TASK_LOOKS, Tone, remark_tone
from codex_orch_tui.ui.presentation.rows import Row, Sheet

TAIL_CELLS = 6
_SILENT_ITEMS = frozenset({ItemKind.USER_MESSAGE})
"""Kinds that say what the turn's own row says."""


def run_key(run: RunId) -> str:
    """The key of a run's row."""
    return f"run:{run}"


def task_key(ref: TaskRef) -> str:
    """The key of a task's row."""
    return f"task:{ref}"


class TaskRows:
    """The tree with its folds.

    Args:
        ascii_only: signs for terminals without the others.
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        self.ascii_only = ascii_only
        self._folds: dict[str, bool] = {}
        self._kept: dict[TaskRef, tuple[Task, int, tuple[Row, ...]]] = {}

    def set_open(self, row: Row, is_open: bool) -> None:
        """Fold or unfold a row; it stays so."""
        self._folds[row.key] = is_open
        if row.ref is not None:
            self._kept.pop(row.ref, None)

    def sheet(self, state: State) -> Sheet:
        """All rows, newest run first."""
        rows: list[Row] = []
        words = _LEAST_WORD_CELLS
        for run in reversed(tuple(state.runs.values())):
            depth = 0
            if len(run.tasks) > 1:
                head = self._run_row(state, run)
                rows.append(head)
                if not head.is_open:
                    continue
                depth = 1
            for ref in run.tasks:
                task = state.tasks[ref]
                rows.extend(self._task_rows(task, depth))
                words = max(words, len(TASK_LOOKS[task.state].word))
        return Sheet(rows, words, TAIL_CELLS if rows else 0)

    def _run_row(self, state: State, run: Run) -> Row:
        key = run_key(run.id)
        return Row(
            key=key,
            text=run.title,
            is_open=self._folds.get(key, True),
            remark=_landed(run, state),
            is_free=True,
        )

    def _task_rows(self, task: Task, depth: int) -> tuple[Row, ...]:
        kept = self._kept.get(task.ref)
        if kept is not None and kept[0] is task and kept[1] == depth:
            return kept[2]
        rows = tuple(self._build(task, depth))
        self._kept[task.ref] = (task, depth, rows)
        return rows

    # -- one task -----------------------------------------------------------------------------------------------

    def _build(self, task: Task, depth: int) -> Iterator[Row]:
        look = TASK_LOOKS[task.state]
        key = task_key(task.ref)
        turn = task.turn
        is_open = None if turn is None else self._folds.get(key, task.state in ACTIVE)
        is_quiet = task.state in ENDED or task.state is TaskState.QUEUED
        tail, since_s = _time_of(task)
        yield Row(
            key=key,
            ref=task.ref,
            parent=run_key(task.ref.run) if depth else "",
            depth=depth,
            is_open=is_open,
            sign=look.sign(ascii_only=self.ascii_only),
            sign_tone=look.tone,
            text=task.spec.title,
            text_tone=Tone.QUIET if is_quiet else Tone.PLAIN,
            remark=look.word,
            remark_tone=look.tone if look.tone in {Tone.ASKS, Tone.BAD, Tone.GOOD} else Tone.QUIET,
            tail=tail,
            since_s=since_s,
        )
        if task.fault is not None and task.state not in ENDED:
            yield from self._fault_rows(task, task.fault, depth + 1)
        if is_open and turn is not None:
            yield from self._step_rows(task, turn, depth + 1)
            for each in task.turns:
                yield from self._turn_rows(task, each, depth + 1)

    def _fault_rows(self, task: Task, fault: Fault, depth: int) -> Iterator[Row]:
        key = task_key(task.ref)
        sign = "x" if self.ascii_only else "✗"
        tone = Tone.BAD if task.state in {TaskState.FAILED, TaskState.LOST} else Tone.PLAIN
        yield _leaf(f"{key}:fault", task.ref, key, depth, sign, tone, fault.message, tone)
        if fault.next_step:
            arrow = ">" if self.ascii_only else "→"
            yield _leaf(f"{key}:next", task.ref, key, depth, arrow, Tone.ACCENT, fault.next_step, Tone.PLAIN)

    def _step_rows(self, task: Task, turn: Turn, depth: int) -> Iterator[Row]:
        key = task_key(task.ref)
        for number, step in enumerate(turn.steps):
            look = STEP_LOOKS[step.status]
            sign = look.sign(ascii_only=self.ascii_only)
            tone = Tone.PLAIN if step.status is StepStatus.IN_PROGRESS else Tone.QUIET
            yield _leaf(f"{key}:step:{number}", task.ref, key, depth, sign, look.tone, step.text, tone)

    def _turn_rows(self, task: Task, turn: Turn, depth: int) -> Iterator[Row]:
        key = f"{task_key(task.ref)}:turn:{turn.number}"
        items = [item for item in turn.items if item.kind not in _SILENT_ITEMS]
        is_open = self._folds.get(key, False) if items else None
        remark, tone = _TURN_WORDS[turn.status]
        if not remark:
            remark = "1 item" if len(items) == 1 else f"{len(items)} items"
        since_s = turn.started_at_s if turn.status is TurnStatus.IN_PROGRESS else None
        tail = "" if turn.ended_at_s is None else elapsed(turn.ended_at_s - turn.started_at_s)
        yield Row(
            key=key,
            ref=task.ref,
            parent=task_key(task.ref),
            depth=depth,
            is_open=is_open,
            text=f"turn {turn.number}" + (f"  {title_of(turn.prompt)}" if turn.number > 1 else ""),
            text_tone=Tone.QUIET,
            remark=remark if since_s is None else "",
            remark_tone=tone,
            tail=tail,
            since_s=since_s,
            is_free=True,
        )
        # What is going on now is seen without unfolding anything.
        for item in items:
            if is_open or item.status is ItemStatus.IN_PROGRESS:
                yield self._item_row(task, key, item, depth + 1)

    def _item_row(self, task: Task, turn_key: str, item: Item, depth: int) -> Row:
        look = ITEM_LOOKS[item.kind]
        remark, tone, tail = _outcome(item)
        return Row(
            key=f"{turn_key}:{item.id}",
            ref=task.ref,
            parent=turn_key,
            depth=depth,
            sign=look.ascii_sign if self.ascii_only else look.sign,
            sign_tone=look.tone,
            text=item.title or _UNTITLED.get(item.kind, "…"),
            text_tone=Tone.PLAIN if item.status is ItemStatus.IN_PROGRESS else Tone.QUIET,
            remark=remark,
            remark_tone=tone,
            tail=tail,
            is_free=True,
        )


_LEAST_WORD_CELLS = 8
"""The column of states is as wide from the start: titles do not move when a task starts to work."""
_UNTITLED = {ItemKind.AGENT_MESSAGE: "writing …", ItemKind.REASONING: "thinking …", ItemKind.FILE_CHANGE: "editing …"}
"""What an item is called while Codex has not told its title."""
_TURN_WORDS = {
    TurnStatus.IN_PROGRESS: ("", Tone.QUIET),
    TurnStatus.COMPLETED: ("", Tone.QUIET),
    TurnStatus.INTERRUPTED: ("interrupted", Tone.PLAIN),
    TurnStatus.FAILED: ("failed", Tone.BAD),
}


def _landed(run: Run, state: State) -> str:
    """How far a run is: `1/3 merged · 1 discarded`."""
    merged = sum(1 for ref in run.tasks if state.tasks[ref].state is TaskState.MERGED)
    discarded = sum(1 for ref in run.tasks if state.tasks[ref].state is TaskState.DISCARDED)
    told = [f"{merged}/{len(run.tasks)} merged"] if merged or discarded else [f"{len(run.tasks)} tasks"]
    return " · ".join([*told, f"{discarded} discarded"] if discarded else told)


def _leaf(
    key: str, ref: TaskRef, parent: str, depth: int, sign: str, sign_tone: Tone, text: str, text_tone: Tone
) -> Row:
    return Row(
        key=key,
        ref=ref,
        parent=parent,
        depth=depth,
        sign=sign,
        sign_tone=sign_tone,
        text=text,
        text_tone=text_tone,
        is_free=True,
    )


def _time_of(task: Task) -> tuple[str, float | None]:
    """What the last column tells: how long it waits or works, or how long the work took."""
    if task.state in ASKING:
        return "", task.since_s
    if task.state in ACTIVE:
        turn = task.turn
        in_turn = turn is not None and turn.status is TurnStatus.IN_PROGRESS
        return "", turn.started_at_s if in_turn and turn is not None else task.since_s
    worked_s = sum(turn.ended_at_s - turn.started_at_s for turn in task.turns if turn.ended_at_s is not None)
    return (elapsed(worked_s) if task.turns else ""), None


def _outcome(item: Item) -> tuple[str, Tone, str]:
    """Remark, its tone, and tail of an item's row."""
    if item.kind is ItemKind.FILE_CHANGE and item.files:
        plus = sum(edit.insertions for edit in item.files)
        minus = sum(edit.deletions for edit in item.files)
        return f"+{plus} −{minus}" if minus else f"+{plus}", Tone.QUIET, ""
    if item.status is ItemStatus.DECLINED:
        return "declined", Tone.PLAIN, ""
    time_taken = "" if item.duration_ms is None else took(item.duration_ms)
    if item.exit_code is not None:
        word = f"exit {item.exit_code}"
        return word, remark_tone(word), time_taken
    if item.status is ItemStatus.FAILED:
        return "failed", Tone.BAD, time_taken
    return "", Tone.QUIET, ""
