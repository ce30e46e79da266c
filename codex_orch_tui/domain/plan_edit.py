"""A plan that a person edits: tasks put in, taken out, renamed, moved, and the order in which they are shown.

What comes out may be wrong as a plan: whoever shows it asks plans.structure what is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.state import State


def plan_of_run(state: State, run: RunId) -> Plan:
    """The plan that a run executes, as it stands now."""
    found = state.runs[run]
    return Plan(title=found.title, tasks=tuple(state.tasks[ref].spec for ref in found.tasks), spec=found.spec)


def run_of_proposal(state: State, ref: TaskRef) -> RunId | None:
    """The newest run that was begun with what a task proposed."""
    return next((run.id for run in reversed(tuple(state.runs.values())) if run.proposed_by == ref), None)


def tree_order(tasks: Sequence[TaskSpec]) -> list[tuple[int, int]]:
    """Index and depth of every task, each below what it is a part of.

    A task whose parent is not in the plan stands at the top, and so does the first one of a circle of parents.
    """
    first: dict[TaskId, int] = {}
    for index, task in enumerate(tasks):
        first.setdefault(task.id, index)
    inside: defaultdict[int, list[int]] = defaultdict(list)
    top = []
    for index, task in enumerate(tasks):
        parent = first.get(task.parent) if task.parent is not None else None
        if parent is None or parent == index:
            top.append(index)
        else:
            inside[parent].append(index)
    ordered: list[tuple[int, int]] = []
    seen: set[int] = set()
    for start in (*top, *range(len(tasks))):
        todo = [(start, 0)]
        while todo:
            index, depth = todo.pop()
            if index in seen:
                continue
            seen.add(index)
            ordered.append((index, depth))
            todo += [(child, depth + 1) for child in reversed(inside[index])]
    return ordered


def inside(tasks: Sequence[TaskSpec], index: int) -> frozenset[int]:
    """The task and all that is part of it, at any depth."""
    order = tree_order(tasks)
    start = next(place for place, (each, _) in enumerate(order) if each == index)
    depth = order[start][1]
    found = [index]
    for each, below in order[start + 1 :]:
        if below <= depth:
            break
        found.append(each)
    return frozenset(found)


def with_task(plan: Plan, index: int, task: TaskSpec) -> Plan:
    """The task in the place of another; where it has another id, those that name the old one follow."""
    old = plan.tasks[index].id
    is_only = sum(1 for each in plan.tasks if each.id == old) == 1
    tasks = list(plan.tasks)
    if task.id != old and is_only:
        tasks = [_renamed(each, old, task.id) for each in tasks]
    tasks[index] = task
    return replace(plan, tasks=tuple(tasks))


def with_new(plan: Plan, task: TaskSpec, after: int | None) -> tuple[Plan, int]:
    """The plan with one more task, behind another and all that is part of that; and its place."""
    place = len(plan.tasks) if after is None else max(inside(plan.tasks, after)) + 1
    return replace(plan, tasks=(*plan.tasks[:place], task, *plan.tasks[place:])), place


def without(plan: Plan, index: int) -> Plan:
    """The plan without a task and all that is part of it. What waited for it waits for what it waited for."""
    gone = inside(plan.tasks, index)
    left = [task for place, task in enumerate(plan.tasks) if place not in gone]
    names = {task.id for task in left}
    needed = {plan.tasks[each].id: plan.tasks[each].depends_on for each in sorted(gone)}
    needed = {name: needs for name, needs in needed.items() if name not in names}
    tasks = tuple(
        replace(task, depends_on=_instead(task.depends_on, needed, task.id))
        if not needed.keys().isdisjoint(task.depends_on)
        else task
        for task in left
    )
    return replace(plan, tasks=tasks)


def moved(plan: Plan, index: int, step: int) -> tuple[Plan, int]:
    """The task one place up (`step` -1) or down (1) among those beside it, with all that is part of it.

    Returns:
        The plan and the task's place; both as they were where there is nothing beside it.
    """
    tasks = plan.tasks
    order = tree_order(tasks)
    depths = dict(order)
    parent = tasks[index].parent
    beside = [each for each, depth in order if depth == depths[index] and (depth == 0 or tasks[each].parent == parent)]
    place = beside.index(index) + step
    if not 0 <= place < len(beside):
        return plan, index
    ours, theirs = inside(tasks, index), inside(tasks, beside[place])
    block = [tasks[each] for each, _ in order if each in ours]
    rest = [(each, tasks[each]) for each in range(len(tasks)) if each not in ours]
    edge = min(theirs) if step < 0 else max(theirs)
    cut = next(number for number, (each, _) in enumerate(rest) if each == edge) + (0 if step < 0 else 1)
    others = [task for _, task in rest]
    return replace(plan, tasks=(*others[:cut], *block, *others[cut:])), cut


def free_id(wanted: str, taken: Iterable[TaskId]) -> TaskId:
    """The id, with a number where another task has it."""
    names = {name.casefold() for name in taken}
    name, number = wanted, 1
    while name.casefold() in names:
        number += 1
        name = f"{wanted[:60]}-{number}"
    return TaskId(name)


def _renamed(task: TaskSpec, old: TaskId, new: TaskId) -> TaskSpec:
    if task.parent != old and old not in task.depends_on:
        return task
    return replace(
        task,
        parent=new if task.parent == old else task.parent,
        depends_on=tuple(new if one == old else one for one in task.depends_on),
    )


def _instead(wanted: tuple[TaskId, ...], needed: dict[TaskId, tuple[TaskId, ...]], own: TaskId) -> tuple[TaskId, ...]:
    """The dependencies, with what stands behind those that are gone."""
    found: dict[TaskId, None] = {}
    seen: set[TaskId] = set()
    todo = list(reversed(wanted))
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in needed:
            todo += reversed(needed[one])
        elif one != own:
            found[one] = None
    return tuple(found)
