"""The graphs of the runs, made once for each plan as it stands."""

from codex_orch_tui.domain.graph import Graph
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.plan import TaskSpec
from codex_orch_tui.domain.plan_graph import working_graph
from codex_orch_tui.domain.schedule import chains
from codex_orch_tui.domain.state import State

Needs = dict[TaskRef, tuple[TaskRef, ...]]


class RunGraphs:
    """What each task of a run needs, and how long the chain of its dependents is."""

    def __init__(self) -> None:
        self._known: dict[RunId, tuple[tuple[TaskSpec, ...], Needs, dict[TaskRef, int]]] = {}

    def needs(self, state: State, run: RunId) -> Needs:
        """The tasks of a run that do work, in plan order, with what each depends on: groups are resolved."""
        return self._of(state, run)[1]

    def chains(self, state: State, run: RunId) -> dict[TaskRef, int]:
        """The longest way from each task to an end of its run's graph, in tasks."""
        return self._of(state, run)[2]

    def _of(self, state: State, run: RunId) -> tuple[tuple[TaskSpec, ...], Needs, dict[TaskRef, int]]:
        # The plan of a run may be edited while it runs; tasks that did not change are the same objects.
        specs = tuple(state.tasks[ref].spec for ref in state.runs[run].tasks)
        known = self._known.get(run)
        if known is not None and known[0] == specs:
            return known
        graph, _ = working_graph(specs)
        self._known[run] = made = (specs, _needs(run, graph), _chains(run, graph))
        return made


def _needs(run: RunId, graph: Graph) -> Needs:
    return {TaskRef(run, task): tuple(TaskRef(run, one) for one in needed) for task, needed in graph.depends_on.items()}


def _chains(run: RunId, graph: Graph) -> dict[TaskRef, int]:
    return dict(chains(_needs(run, graph), [TaskRef(run, task) for task in graph.order()]))
