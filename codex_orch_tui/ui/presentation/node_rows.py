"""A run, a group or a task of the tree as rows."""

from collections.abc import Callable, Iterator

from codex_orch_tui.domain.cost import RateCard, cost_usd, tokens_of
from codex_orch_tui.domain.item import TurnStatus
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, ENDED, Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.clock import elapsed
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS, Look, Tone
from codex_orch_tui.ui.presentation.landing_words import landing_told, landing_word
from codex_orch_tui.ui.presentation.quiet import NOBODY
from codex_orch_tui.ui.presentation.roll_up import RollUp, spent
from codex_orch_tui.ui.presentation.rows import Row
from codex_orch_tui.ui.presentation.run_tree import Node
from codex_orch_tui.ui.presentation.turn_rows import TurnRows
from codex_orch_tui.ui.presentation.wait_words import Waits, look_of, wait_words

_TOLD_IN_ROW = 2
"""Of how many tasks are where, the row of a group tells the most urgent; the rest is told when it is marked."""


class NodeRows:
    """Makes the rows.

    Args:
        turns: makes those of what a worker does.
        card: what models cost.
        is_open: whether a node that holds others shows them.

    Attributes:
        state: what is known.
        waits: why tasks do not begin.
        quiet: whose worker has reported nothing for a while.
    """

    def __init__(self, turns: TurnRows, card: RateCard, is_open: Callable[[Node], bool]) -> None:
        self.ascii_only = turns.ascii_only
        self.state = State()
        self.waits: Waits = {}
        self.quiet = NOBODY
        self._turns = turns
        self._card = card
        self._is_open = is_open

    def build(self, node: Node) -> Iterator[Row]:
        """The rows of a run, a group or a task, without those of what is in it."""
        task = node.task
        if task is None or task.spec.is_group:
            yield self._group_row(node)
            return
        is_working = task.state in ACTIVE
        has_more = bool(node.inside) or task.turn is not None
        is_open = self._turns.folds.get(node.key, is_working) if not node.inside else self._is_open(node)
        yield self._task_row(node, task, is_open=is_open if has_more else None)
        shows_turns = is_open and (not node.inside or is_working or self._turns.folds.get(node.key, False))
        yield from self._turns.below(task, node.depth + 1, is_open=shows_turns)

    def _task_row(self, node: Node, task: Task, *, is_open: bool | None) -> Row:
        wait = self.waits.get(task.ref)
        look = look_of(task, wait)
        words = wait_words(wait, self.state) if wait is not None and task.state is TaskState.QUEUED else ""
        is_told = bool(words) and words != look.word
        is_quiet = task.state in ENDED or task.state is TaskState.QUEUED
        tail, since_s = _time_of(task)
        quiet = self.quiet.get(task.ref, "")
        return Row(
            key=node.key,
            ref=task.ref,
            parent=node.above.key if node.above is not None and node.depth else "",
            depth=node.depth,
            is_open=is_open,
            sign=look.sign(ascii_only=self.ascii_only),
            sign_tone=look.tone,
            text=task.spec.title,
            text_tone=Tone.QUIET if is_quiet else Tone.PLAIN,
            remark=words or quiet or look.word,
            remark_tone=Tone.PLAIN if quiet else _tone(look),
            tail=tail,
            since_s=since_s,
            is_free=is_told,
            is_cut=is_told,
            details=_asked_order(task),
        )

    def _group_row(self, node: Node) -> Row:
        task, sums = node.task, _fresh(node)
        look = sums.look
        run = self.state.runs.get(node.run) if node.run is not None else None
        told = [word for word in sums.words() if not word.endswith(TASK_LOOKS[TaskState.QUEUED].word)]
        if run is not None and run.paused:
            told = ["paused", *told]
        landing = landing_word(run.landing) if run is not None and run.landing is not None else ""
        tail, since_s = sums.time()
        return Row(
            key=node.key,
            ref=None if task is None else task.ref,
            run=None if run is None else run.id,
            parent="" if node.above is None else node.above.key,
            depth=node.depth,
            is_open=self._is_open(node) if node.inside else None,
            sign=look.sign(ascii_only=self.ascii_only),
            sign_tone=look.tone,
            text=run.title if run is not None else task.spec.title if task is not None else "",
            text_tone=Tone.QUIET if look is TASK_LOOKS[TaskState.MERGED] else Tone.PLAIN,
            remark=sums.progress(ascii_only=self.ascii_only),
            remark_tone=Tone.QUIET,
            tail=tail,
            since_s=since_s,
            is_free=True,
            details=tuple(filter(None, (sums.spent(), *reversed(told[:_TOLD_IN_ROW]), landing))),
        )

    def told(self, node: Node) -> str:
        """More of a row than it has room for: of a run or group all of its sums, of a task in one what it used."""
        if node.is_group:
            sums = _fresh(node)
            total = sums.states.total()
            run = self.state.runs.get(node.run) if node.run is not None else None
            paused = (run.pause_cause or "paused") if run is not None and run.paused else ""
            landing = run.landing if run is not None else None
            lands = landing_told(landing, self.state.tasks) if landing is not None else ""
            tasks = f"{total} task{'s' if total != 1 else ''}"
            return " · ".join(filter(None, (tasks, sums.spent(), lands, clean_line(paused), *sums.words())))
        task = node.task
        if task is None or not node.depth:
            return ""
        wait = self.waits.get(task.ref)
        words = wait_words(wait, self.state, named=4) if wait is not None and task.state is TaskState.QUEUED else ""
        used = spent(tokens_of(task), cost_usd(task, self._card))
        return " · ".join(filter(None, (task.spec.role, *_asked_order(task), used, words)))


def _fresh(node: Node) -> RollUp:
    """The sums of a node, with first and last moment looked for again where one was taken away."""
    if node.sums.is_stale:
        node.sums.look_again(node.parts())
    return node.sums


def _tone(look: Look) -> Tone:
    return look.tone if look.tone in {Tone.ASKS, Tone.BAD, Tone.GOOD} else Tone.QUIET


def _asked_order(task: Task) -> tuple[str, ...]:
    """Whether the person wants it earlier or later than the others."""
    if task.state is not TaskState.QUEUED or not task.spec.priority:
        return ()
    return (f"priority {task.spec.priority}",)


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
