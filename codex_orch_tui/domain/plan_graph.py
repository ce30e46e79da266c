"""The graph of the tasks that do work: groups are resolved into what is in them.

A dependency on a group is one on every task in it. What a group depends on, every task in it depends on.
"""

from collections import defaultdict
from collections.abc import Sequence

from codex_orch_tui.domain.graph import Graph, GraphProblem, graph_of
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import TaskSpec


def working_graph(specs: Sequence[TaskSpec]) -> tuple[Graph, tuple[GraphProblem, ...]]:
    """The graph of a plan's tasks without its groups, in plan order, and what is wrong with the plan's structure.

    With a problem the graph is not whole: nothing is to be begun by it.
    """
    by_id = {spec.id: spec for spec in specs}
    _, problems = graph_of([(spec.id, spec.depends_on) for spec in specs])
    problems += _parent_problems(specs, by_id)
    if problems:
        return Graph({}), problems
    inside = _inside(specs, by_id)
    needs: dict[TaskId, tuple[TaskId, ...]] = {}
    own_group: list[GraphProblem] = []
    for spec in specs:
        if spec.is_group:
            continue
        above = _above(spec, by_id)
        wanted = [one for holder in (spec, *above) for one in holder.depends_on]
        if groups := [one.id for one in above if one.is_group and one.id in wanted]:
            message = f"it depends on {groups[0]}, which it is a part of"
            own_group.append(GraphProblem(task=spec.id, field="depends_on", message=message))
        needs[spec.id] = tuple(dict.fromkeys(leaf for one in wanted for leaf in inside.get(one, (one,))))
    if own_group:
        return Graph({}), tuple(own_group)
    graph, problems = graph_of(list(needs.items()))
    return (Graph({}) if problems else graph), problems


def _above(spec: TaskSpec, by_id: dict[TaskId, TaskSpec]) -> list[TaskSpec]:
    """The tasks that hold it, the nearest first."""
    above = []
    while spec.parent is not None:
        spec = by_id[spec.parent]
        above.append(spec)
    return above


def _inside(specs: Sequence[TaskSpec], by_id: dict[TaskId, TaskSpec]) -> dict[TaskId, list[TaskId]]:
    """The tasks with work in each group, at any depth."""
    inside: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
    for spec in specs:
        if spec.is_group:
            inside[spec.id]  # an empty group holds nobody up
            continue
        for group in _above(spec, by_id):
            if group.is_group:
                inside[group.id].append(spec.id)
    return dict(inside)


def _parent_problems(specs: Sequence[TaskSpec], by_id: dict[TaskId, TaskSpec]) -> tuple[GraphProblem, ...]:
    unknown = tuple(
        GraphProblem(task=spec.id, field="parent", message=f"there is no task {spec.parent!r}")
        for spec in specs
        if spec.parent is not None and spec.parent not in by_id
    )
    if unknown:
        return unknown
    _, circles = graph_of([(spec.id, (spec.parent,) if spec.parent is not None else ()) for spec in specs])
    return tuple(
        GraphProblem(task=one.task, field="parent", message=one.message.replace("depends on", "is a part of"))
        for one in circles
        if one.field == "depends_on"
    )
