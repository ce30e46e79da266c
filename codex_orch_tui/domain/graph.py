"""The graph that a plan's tasks make: what is wrong with it, its order, its waves, what hangs on what."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphProblem:
    """What is wrong, at which task and field."""

    task: TaskId
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Tasks by id, in plan order, with what each depends on. Made by `graph_of` it has no problem."""

    depends_on: Mapping[TaskId, tuple[TaskId, ...]]

    @property
    def dependents(self) -> Mapping[TaskId, tuple[TaskId, ...]]:
        """What waits directly for each task."""
        found: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
        for task, needed in self.depends_on.items():
            for one in needed:
                found[one].append(task)
        return {task: tuple(found[task]) for task in self.depends_on}

    def waves(self) -> tuple[tuple[TaskId, ...], ...]:
        """The tasks by the number of steps before them: those of one wave could run side by side."""
        depth: dict[TaskId, int] = {}
        for task in self.order():
            depth[task] = 1 + max((depth[one] for one in self.depends_on[task]), default=-1)
        waves: list[list[TaskId]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
        for task in self.depends_on:
            waves[depth[task]].append(task)
        return tuple(tuple(wave) for wave in waves)

    def order(self) -> tuple[TaskId, ...]:
        """Every task after all that it depends on; in plan order as far as that allows."""
        place = {task: number for number, task in enumerate(self.depends_on)}
        sorter = TopologicalSorter(self.depends_on)
        sorter.prepare()
        ordered: list[TaskId] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=place.__getitem__)
            ordered += ready
            sorter.done(*ready)
        return tuple(ordered)


def graph_of(tasks: Sequence[tuple[TaskId, Iterable[TaskId]]]) -> tuple[Graph, tuple[GraphProblem, ...]]:
    """The graph, and what is wrong with it: ids that come twice, unknown dependencies, circles.

    Dependencies that are not known are left out of the graph.
    """
    problems = [
        GraphProblem(task=task, field="id", message=f"there are {count} tasks with this id")
        for task, count in Counter(task for task, _ in tasks).items()
        if count > 1
    ]
    known = dict.fromkeys(task for task, _ in tasks)
    depends_on: dict[TaskId, tuple[TaskId, ...]] = {}
    for task, needed in tasks:
        wanted = tuple(dict.fromkeys(needed))
        problems += _unknown(task, wanted, known)
        depends_on[task] = tuple(one for one in wanted if one in known and one != task)
    graph = Graph(depends_on)
    try:
        TopologicalSorter(depends_on).prepare()
    except CycleError as error:
        # Codes of graphlib: the cycle runs against the arrows, with its first member again at the end.
        circle = tuple(reversed(error.args[1]))
        problems.append(GraphProblem(task=circle[0], field="depends_on", message=f"a circle: {' → '.join(circle)}"))
    return graph, tuple(problems)


def _unknown(task: TaskId, wanted: tuple[TaskId, ...], known: Mapping[TaskId, None]) -> list[GraphProblem]:
    found = []
    for one in wanted:
        if one == task:
            found.append(GraphProblem(task=task, field="depends_on", message="it depends on itself"))
        elif one not in known:
            near = get_close_matches(one, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            found.append(GraphProblem(task=task, field="depends_on", message=f"there is no task {one!r}{hint}"))
    return found
