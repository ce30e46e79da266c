"""The tasks of a run as a tree of what holds what, each part with its sums; kept up to date task by task."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from codex_orch_tui.domain.cost import RateCard
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.presentation.roll_up import Part, RollUp, part_of
from codex_orch_tui.ui.presentation.task_filter import text_of

if TYPE_CHECKING:
    from codex_orch_tui.ui.presentation.rows import Row


_MOST_LEVELS = 24
"""What is nested deeper than anybody reads is shown at the top."""


class Node:
    """A run or a task with what is in it. Only the tree and the rows made of it write to one.

    Attributes:
        task: None for a run.
        run: the run's id; None for a task.
        above: what holds it; None for a run.
        part: what it adds to what holds it; None for a run and for a group, which does no work of its own.
        sums: of itself and all that is in it.
        rows: its own rows as they were last made; None when they have to be made again.
        fits: whether the filter is about it.
        is_shown: whether it is seen while the tree is filtered.
    """

    __slots__ = ("above", "depth", "fits", "inside", "is_shown", "key", "part", "rows", "run", "sums", "task", "text")

    def __init__(self, key: str, task: Task | None, text: str) -> None:
        self.key = key
        self.task = task
        self.text = text
        self.run: RunId | None = None
        self.above: Node | None = None
        self.inside: list[Node] = []
        self.depth = 0
        self.part: Part | None = None
        self.sums = RollUp()
        self.rows: tuple[Row, ...] | None = None
        self.fits = True
        self.is_shown = True

    @property
    def is_group(self) -> bool:
        """It holds others and does no work itself."""
        return self.task is None or self.task.spec.is_group

    def holders(self) -> Iterator["Node"]:
        """What it is in, the nearest first."""
        node = self.above
        while node is not None:
            yield node
            node = node.above

    def parts(self) -> Iterator[Part]:
        """What the sums are made of."""
        if self.part is not None:
            yield self.part
        for node in self.inside:
            yield from node.parts()


class RunTree:
    """One run.

    Args:
        run: the run.
        tasks: all tasks.
        card: what models cost.
        key: the key of the run's row.
    """

    def __init__(self, run: Run, tasks: Mapping[TaskRef, Task], card: RateCard, key: str) -> None:
        self.refs = run.tasks
        self.root = Node(key, None, run.title.casefold())
        self.root.run = run.id
        self.is_single = len(run.tasks) == 1
        """A run of one task is shown as that task."""
        self._card = card
        self.nodes: dict[TaskRef, Node] = {ref: _node(tasks[ref]) for ref in run.tasks}
        for node in self.nodes.values():
            self._hang(node, run)
        for node in self.root.inside:
            self._sum_up(node, 0 if self.is_single else 1)

    def _hang(self, node: Node, run: Run) -> None:
        assert node.task is not None
        above = _parent(node.task, self.nodes, run)
        node.above = self.root if above is None else above
        node.above.inside.append(node)

    def _sum_up(self, node: Node, depth: int) -> None:
        task = node.task
        assert task is not None
        node.depth = depth
        if not task.spec.is_group:
            node.part = part_of(task, self._card)
            node.sums.add(node.part)
            for holder in node.holders():
                holder.sums.add(node.part)
        for inside in node.inside:
            self._sum_up(inside, depth + 1)

    def take(self, task: Task) -> bool:
        """A task changed.

        Returns:
            Whether the tree still stands: False when the task is a part of something else now.
        """
        node = self.nodes[task.ref]
        old, node.task = node.task, task
        node.rows = None
        assert old is not None
        if task.spec is not old.spec:
            if (task.spec.parent, task.spec.is_group) != (old.spec.parent, old.spec.is_group):
                return False
            node.text = text_of(task.spec)
        if node.part is not None:
            part = part_of(task, self._card)
            if part != node.part:
                self._change(node, node.part, part)
        return True

    def _change(self, node: Node, old: Part, new: Part) -> None:
        node.part = new
        for each in (node, *node.holders()):
            each.sums.change(old, new)
            each.rows = None


def _node(task: Task) -> Node:
    return Node(f"task:{task.ref}", task, text_of(task.spec))


def _parent(task: Task, nodes: Mapping[TaskRef, Node], run: Run) -> Node | None:
    """What holds a task; nothing where its plan says what cannot be: a stranger, itself, a circle."""
    parent, seen = task.spec.parent, {task.ref.task}
    first = nodes.get(TaskRef(run.id, parent)) if parent is not None else None
    above: TaskId | None = parent
    while above is not None:
        if above in seen or len(seen) > _MOST_LEVELS:
            return None
        seen.add(above)
        node = nodes.get(TaskRef(run.id, above))
        above = node.task.spec.parent if node is not None and node.task is not None else None
    return first
