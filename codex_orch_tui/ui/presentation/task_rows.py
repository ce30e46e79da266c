"""The task tree as rows: run > groups > task > plan steps, sub-agents and turns > items.

A run of one task is shown as that task. A task opens by itself while its turn runs; what the person folded or unfolded
stays as it was left. The rows of a task are kept until the task, its folds or what it waits for change, and so are the
sums of runs and groups, so a frame costs what changed.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from codex_orch_tui.domain.cost import RateCard
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.schedule import Reason
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.presentation.changed_tasks import changed_tasks
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS
from codex_orch_tui.ui.presentation.node_rows import NodeRows
from codex_orch_tui.ui.presentation.quiet import NOBODY, Quiet
from codex_orch_tui.ui.presentation.rows import Row, Sheet
from codex_orch_tui.ui.presentation.run_tree import Node, RunTree
from codex_orch_tui.ui.presentation.task_filter import TaskFilter
from codex_orch_tui.ui.presentation.turn_rows import TurnRows
from codex_orch_tui.ui.presentation.wait_words import Waits

if TYPE_CHECKING:
    from codex_orch_tui.domain.task import TaskState

TAIL_CELLS = 6
_LEAST_WORD_CELLS = 8
"""The column of states is as wide from the start: titles do not move when a task starts to work."""


def run_key(run: RunId) -> str:
    """The key of a run's row."""
    return f"run:{run}"


class TaskRows:
    """The tree with its folds and its filter.

    Args:
        ascii_only: signs for terminals without the others.
        card: what models cost.
        is_recorded: see `TurnRows`.
    """

    def __init__(self, *, ascii_only: bool = False, card: RateCard | None = None, is_recorded: bool = False) -> None:
        self._card: RateCard = card or {}
        self._turns = TurnRows(ascii_only=ascii_only, is_recorded=is_recorded)
        self._node_rows = NodeRows(self._turns, self._card, self._is_open)
        self._filter = TaskFilter()
        self._filter_folds: dict[str, bool] = {}
        self._state = State()
        self._waits: Waits = {}
        self._trees: dict[RunId, RunTree] = {}
        self._states: Counter[TaskState] = Counter()
        self._shown: list[Node] = []
        self._blocks: list[tuple[Row, ...]] = []
        self._places: dict[str, int] = {}
        self._is_laid_out = False
        self._is_counted = False
        self._changed: list[Node] = []

    # -- folds and filter ---------------------------------------------------------------------------------------

    def set_open(self, row: Row, is_open: bool) -> None:
        """Fold or unfold a row; it stays so. While the tree is filtered it stays so until another filter."""
        holds = self._holds(row)
        (self._filter_folds if self._filter and holds else self._turns.folds)[row.key] = is_open
        if (node := self._node(row)) is not None:
            node.rows = None
        self._is_laid_out = False

    def fold_all(self) -> bool:
        """Fold every run and group, or unfold them where all are folded. Tells whether they are open now."""
        nodes = [
            node
            for tree in self._trees.values()
            for node in _all(tree)
            if node.inside and not (tree.is_single and node is tree.root)
        ]
        folds = self._filter_folds if self._filter else self._turns.folds
        is_open = not any(self._is_open(node) for node in nodes)
        for node in nodes:
            folds[node.key] = is_open
            node.rows = None
        self._is_laid_out = False
        return is_open

    @property
    def filter(self) -> TaskFilter:
        """What is looked for."""
        return self._filter

    def set_filter(self, wanted: TaskFilter) -> None:
        """Show only tasks that fit, with what they are in."""
        if wanted != self._filter:
            self._filter = wanted
            self._filter_folds.clear()
            self._is_laid_out = False
            for tree in self._trees.values():
                for node in _all(tree):
                    if node.inside:
                        node.rows = None
                    self._look_whether_it_fits(node)
                    node.is_shown = True
                if wanted:
                    _show_fitting(tree.root, is_asked=False)

    def fitting(self) -> tuple[int, int]:
        """How many tasks fit the filter, and how many there are; groups are not counted."""
        nodes = [node for tree in self._trees.values() for node in tree.nodes.values() if not node.is_group]
        return sum(1 for node in nodes if node.is_shown), len(nodes)

    def _is_open(self, node: Node) -> bool:
        folds = self._filter_folds if self._filter else self._turns.folds
        return folds.get(node.key, True)

    def _node(self, row: Row) -> Node | None:
        if row.run is not None:
            return self._trees[row.run].root if row.run in self._trees else None
        tree = self._trees.get(row.ref.run) if row.ref is not None else None
        return tree.nodes.get(row.ref) if tree is not None and row.ref is not None else None

    def _holds(self, row: Row) -> bool:
        node = self._node(row)
        return node is not None and node.key == row.key and bool(node.inside)

    # -- one frame ----------------------------------------------------------------------------------------------

    def sheet(self, state: State, waits: Waits | None = None, quiet: Quiet = NOBODY) -> Sheet:
        """All rows, newest run first.

        Args:
            state: what is known.
            waits: why tasks do not begin.
            quiet: whose worker has reported nothing for a while.
        """
        self._take_runs(state)
        self._take_waits({} if waits is None else waits, state)
        self._take_quiet(quiet)
        self._take_tasks(state)
        self._state = self._node_rows.state = state
        if not self._is_counted:
            self._states = Counter(task.state for task in state.tasks.values() if not task.spec.is_group)
            self._is_counted = True
        if self._filter:
            self._keep_filtered()
        if not self._is_laid_out:
            self._lay_out()
        else:
            self._make_again()
        self._changed = []
        rows = list(chain.from_iterable(self._blocks))
        words = max((len(TASK_LOOKS[each].word) for each, number in self._states.items() if number), default=0)
        words = max(words, _LEAST_WORD_CELLS, *map(len, quiet.values()))
        return Sheet(rows, words, TAIL_CELLS if rows else 0)

    def _take_runs(self, state: State) -> None:
        if state.runs is self._state.runs:
            return
        trees: dict[RunId, RunTree] = {}
        for run in state.runs.values():
            tree = self._trees.get(run.id)
            if tree is None or (tree.refs is not run.tasks and tree.refs != run.tasks):
                tree = self._planted(run, state)
            elif run is not self._state.runs.get(run.id):
                tree.root.rows = None
                self._changed.append(tree.root)
            trees[run.id] = tree
        self._trees = trees

    def _planted(self, run: Run, state: State) -> RunTree:
        tree = RunTree(run, state.tasks, self._card, run_key(run.id))
        for node in _all(tree):
            self._look_whether_it_fits(node)
        self._is_laid_out = self._is_counted = False
        return tree

    def _take_tasks(self, state: State) -> None:
        old = self._state.tasks
        if state.tasks is old:
            return
        moved: set[RunId] = set()
        stopped = False
        for task in changed_tasks(old, state.tasks):
            tree = self._trees.get(task.ref.run)
            if tree is None or task.ref not in tree.nodes:
                continue
            node = tree.nodes[task.ref]
            before = node.task
            if before is task:
                continue  # its tree was planted with it
            if not tree.take(task):
                moved.add(task.ref.run)
                continue
            if before is not None and before.state is not task.state:
                self._states[before.state] -= 1
                self._states[task.state] += 1
                stopped = True
            self._changed += (node, *node.holders())
            if self._filter:
                self._look_whether_it_fits(node)
        for run in moved:
            self._trees[run] = self._planted(state.runs[run], state)
        if stopped:
            self._tell_blocked_anew()

    def _take_waits(self, waits: Waits, state: State) -> None:
        old = self._waits
        if waits is old:
            return
        self._waits = self._node_rows.waits = waits
        for ref in {**old, **waits}:
            if old.get(ref) != waits.get(ref) and ref in state.tasks:
                self._wait_changed(ref)

    def _take_quiet(self, quiet: Quiet) -> None:
        old = self._node_rows.quiet
        if quiet is old:
            return
        self._node_rows.quiet = quiet
        for ref in {**old, **quiet}:
            tree = self._trees.get(ref.run)
            node = tree.nodes.get(ref) if tree is not None else None
            if node is not None and old.get(ref) != quiet.get(ref):
                node.rows = None
                self._changed.append(node)

    def _tell_blocked_anew(self) -> None:
        """What blocks a task is told with its state."""
        for ref, wait in self._waits.items():
            if wait.reason is Reason.BLOCKED:
                self._wait_changed(ref)

    def _wait_changed(self, ref: TaskRef) -> None:
        tree = self._trees.get(ref.run)
        node = tree.nodes.get(ref) if tree is not None else None
        if node is not None:
            node.rows = None
            self._changed.append(node)
            if self._filter:
                self._look_whether_it_fits(node)

    def _make_again(self) -> None:
        for node in self._changed:
            place = self._places.get(node.key)
            if place is not None and node.rows is None:
                self._blocks[place] = self._rows(node)

    def _lay_out(self) -> None:
        """Which rows there are, and in which order."""
        self._shown = []
        for tree in reversed(tuple(self._trees.values())):
            if tree.is_single:
                self._put(tree.root.inside[0])
            else:
                self._put(tree.root)
        self._blocks = [self._rows(node) for node in self._shown]
        self._places = {node.key: place for place, node in enumerate(self._shown)}
        self._is_laid_out = True

    def _put(self, node: Node) -> None:
        if not node.is_shown:
            return
        self._shown.append(node)
        if node.inside and self._is_open(node):
            for inside in node.inside:
                self._put(inside)

    # -- the filter ---------------------------------------------------------------------------------------------

    def _look_whether_it_fits(self, node: Node) -> None:
        if node.is_group:
            node.fits = not self._filter or self._filter.fits_group(node.text)
        elif node.task is not None:
            node.fits = not self._filter or self._filter.fits(node.task, self._waits.get(node.task.ref), node.text)

    def _keep_filtered(self) -> None:
        if self._is_laid_out and not self._changed:
            return
        for tree in self._trees.values():
            if _show_fitting(tree.root, is_asked=False):
                self._is_laid_out = False

    # -- rows ---------------------------------------------------------------------------------------------------

    def _rows(self, node: Node) -> tuple[Row, ...]:
        if node.rows is None:
            node.rows = tuple(self._node_rows.build(node))
        return node.rows

    def told(self, row: Row) -> str:
        """More of a row than it has room for; nothing of a run of one task."""
        node = self._node(row)
        return "" if node is None else self._node_rows.told(node)


def _all(tree: RunTree) -> Iterator[Node]:
    yield tree.root
    yield from tree.nodes.values()


def _show_fitting(node: Node, *, is_asked: bool) -> bool:
    """Show what fits, what it is in, and all that is in a group that fits; tells whether anything is other now.

    Args:
        node: where to begin.
        is_asked: something that holds the node fits.
    """
    is_asked = is_asked or (node.is_group and node.fits and bool(node.inside))
    changed = False
    is_shown = is_asked or node.fits
    for inside in node.inside:
        changed = _show_fitting(inside, is_asked=is_asked) or changed
        is_shown = is_shown or inside.is_shown
    if node.is_shown != is_shown:
        node.is_shown = is_shown
        changed = True
    return changed
