"""What a worker does, as rows of the task tree: its fault, its plan's steps, sub-agents, turns and their items."""

from collections.abc import Iterator

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import Fault, Item, ItemKind, ItemStatus, StepStatus, TurnStatus
from codex_orch_tui.domain.plan import title_of
from codex_orch_tui.domain.task import ENDED, Task, TaskState, Turn
from codex_orch_tui.ui.presentation.clock import elapsed, took
from codex_orch_tui.ui.presentation.glyphs import ITEM_LOOKS, STEP_LOOKS, Tone, remark_tone
from codex_orch_tui.ui.presentation.rows import Row

_SILENT_ITEMS = frozenset({ItemKind.USER_MESSAGE})
"""Kinds that say what the turn's own row says."""
_SUB_AGENTS_SHOWN = 4
"""So many of the turn's last sub-agents are seen without unfolding the turn."""


def task_key(ref: TaskRef) -> str:
    """The key of a task's row."""
    return f"task:{ref}"


class TurnRows:
    """The rows below a task's own.

    Args:
        ascii_only: signs for terminals without the others.
        is_recorded: it is a replay's: what the person could have done next is left out.
    """

    def __init__(self, *, ascii_only: bool = False, is_recorded: bool = False) -> None:
        self.ascii_only = ascii_only
        self._is_recorded = is_recorded
        self.folds: dict[str, bool] = {}
        """Which rows the person folded or unfolded, by key."""

    def below(self, task: Task, depth: int, *, is_open: bool) -> Iterator[Row]:
        """What is wrong with it is always seen; the rest while it is open."""
        if task.fault is not None and task.state not in ENDED:
            yield from self._fault_rows(task, task.fault, depth)
        turn = task.turn
        if is_open and turn is not None:
            yield from self._step_rows(task, turn, depth)
            yield from self._sub_agent_rows(task, turn, depth)
            for each in task.turns:
                yield from self._turn_rows(task, each, depth)

    def _fault_rows(self, task: Task, fault: Fault, depth: int) -> Iterator[Row]:
        key = task_key(task.ref)
        sign = "x" if self.ascii_only else "✗"
        tone = Tone.BAD if task.state in {TaskState.FAILED, TaskState.LOST} else Tone.PLAIN
        yield _leaf(f"{key}:fault", task.ref, key, depth, sign, tone, fault.message, tone)
        if fault.next_step and not self._is_recorded:
            arrow = ">" if self.ascii_only else "→"
            yield _leaf(f"{key}:next", task.ref, key, depth, arrow, Tone.ACCENT, fault.next_step, Tone.PLAIN)

    def _step_rows(self, task: Task, turn: Turn, depth: int) -> Iterator[Row]:
        key = task_key(task.ref)
        for number, step in enumerate(turn.steps):
            look = STEP_LOOKS[step.status]
            sign = look.sign(ascii_only=self.ascii_only)
            tone = Tone.PLAIN if step.status is StepStatus.IN_PROGRESS else Tone.QUIET
            yield _leaf(f"{key}:step:{number}", task.ref, key, depth, sign, look.tone, step.text, tone)

    def _sub_agent_rows(self, task: Task, turn: Turn, depth: int) -> Iterator[Row]:
        agents = [item for item in turn.items if item.kind is ItemKind.SUB_AGENT]
        for item in agents[-_SUB_AGENTS_SHOWN:]:
            yield self._item_row(task, task_key(task.ref), item, depth)

    def _turn_rows(self, task: Task, turn: Turn, depth: int) -> Iterator[Row]:
        key = f"{task_key(task.ref)}:turn:{turn.number}"
        items = [item for item in turn.items if item.kind not in _SILENT_ITEMS]
        is_open = self.folds.get(key, False) if items else None
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
            if is_open or (item.status is ItemStatus.IN_PROGRESS and item.kind is not ItemKind.SUB_AGENT):
                yield self._item_row(task, key, item, depth + 1)

    def _item_row(self, task: Task, parent: str, item: Item, depth: int) -> Row:
        look = ITEM_LOOKS[item.kind]
        remark, tone, tail = _outcome(item)
        return Row(
            key=f"{parent}:{item.id}",
            ref=task.ref,
            parent=parent,
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


_UNTITLED = {ItemKind.AGENT_MESSAGE: "writing …", ItemKind.REASONING: "thinking …", ItemKind.FILE_CHANGE: "editing …"}
"""What an item is called while Codex has not told its title."""
_TURN_WORDS = {
    TurnStatus.IN_PROGRESS: ("", Tone.QUIET),
    TurnStatus.COMPLETED: ("", Tone.QUIET),
    TurnStatus.INTERRUPTED: ("interrupted", Tone.PLAIN),
    TurnStatus.FAILED: ("failed", Tone.BAD),
}


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


def _outcome(item: Item) -> tuple[str, Tone, str]:
    """Remark, its tone, and tail of an item's row."""
    if item.kind is ItemKind.FILE_CHANGE and item.files:
        plus = sum(edit.insertions for edit in item.files)
        minus = sum(edit.deletions for edit in item.files)
        return f"+{plus} −{minus}" if minus else f"+{plus}", Tone.QUIET, ""
    if item.status is ItemStatus.DECLINED:
        return "declined", Tone.PLAIN, ""
    time_taken = "" if item.duration_ms is None else took(item.duration_ms)
    if item.kind is ItemKind.SUB_AGENT and item.status is ItemStatus.IN_PROGRESS:
        return "working", Tone.QUIET, ""
    if item.exit_code is not None:
        word = f"exit {item.exit_code}"
        return word, remark_tone(word), time_taken
    if item.status is ItemStatus.FAILED:
        return "failed", Tone.BAD, time_taken
    return "", Tone.QUIET, ""
