"""What is wrong with the way in which the tasks of a plan hang together.

A task that depends on a group depends on all that is in it; what a group depends on, each task in it depends on. To
find circles, a group stands in the graph after all its tasks, and each of these after what the group depends on: so the
graph is no larger than what was written.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Level, RoleName, TaskSpec
from codex_orch_tui.plans.field_rules import check_claim, check_command, check_id
from codex_orch_tui.plans.problem import PlanProblem

MAX_TASKS = 10_000
_LEVELS = tuple(Level)
_MAX_HINTS = 20
"""Unknown names that get a near one as a hint: each looks through all the ids."""
_MAX_SHOWN_IN_CIRCLE = 8


def problems_of(tasks: Sequence[TaskSpec], roles: AbstractSet[RoleName]) -> tuple[PlanProblem, ...]:
    """What is wrong with the tasks: ids, paths, checks, dependencies, parents, levels, roles, circles.

    Args:
        tasks: In plan order.
        roles: The names of the roles that there are.
    """
    if not any(not task.is_group for task in tasks):
        return (PlanProblem(field="tasks", message="there is no task with a prompt: nothing to do"),)
    if len(tasks) > MAX_TASKS:
        return (PlanProblem(field="tasks", message=f"there are {len(tasks):,} tasks; at most {MAX_TASKS:,} are run"),)
    by_id: dict[TaskId, TaskSpec] = {}
    for task in tasks:
        by_id.setdefault(task.id, task)
    problems = [
        *_fields(tasks),
        *_repeated(tasks),
        *_unknown(tasks, by_id),
        *_roles(tasks, roles),
        *_parents(tasks, by_id),
    ]
    # A circle of parents is told above, and has no graph.
    return tuple(problems) or tuple(_circle(tasks, by_id))


def _fields(tasks: Sequence[TaskSpec]) -> Iterator[PlanProblem]:
    """Ids, claims and checks that a person wrote by hand; those of a file were looked at when it was read."""
    for index, task in enumerate(tasks):
        written: list[tuple[str, str, Callable[[str], str]]] = [("id", task.id, check_id)]
        written += [(f"paths[{number}]", glob, check_claim) for number, glob in enumerate(task.paths)]
        written += [(f"checks[{number}]", line, check_command) for number, line in enumerate(task.checks)]
        for field, text, check in written:
            try:
                check(text)
            except ValueError as error:
                yield _problem(tasks, index, field, f"{text!r} {error}")


def _repeated(tasks: Sequence[TaskSpec]) -> Iterator[PlanProblem]:
    """Ids that come twice; a file system that ignores case keeps `Api` and `api` in one place."""
    first: dict[str, int] = {}
    for index, task in enumerate(tasks):
        key = task.id.casefold()
        if key in first:
            other = tasks[first[key]].id
            same = "has the same id" if other == task.id else f"is {other}: ids differ in more than capitals"
            yield _problem(tasks, index, "id", f"is there twice: task {first[key] + 1} of the plan {same}")
        first.setdefault(key, index)


def _unknown(tasks: Sequence[TaskSpec], by_id: Mapping[TaskId, TaskSpec]) -> Iterator[PlanProblem]:
    """Dependencies and parents that are not in the plan, and tasks that wait for themselves."""
    hints = _MAX_HINTS
    for index, task in enumerate(tasks):
        named = [(f"depends_on[{number}]", one) for number, one in enumerate(task.depends_on)]
        named += [("parent", task.parent)] if task.parent is not None else []
        for field, one in named:
            if one == task.id:
                told = "it is its own parent" if field == "parent" else "it depends on itself"
                yield _problem(tasks, index, field, told)
            elif one not in by_id:
                near = get_close_matches(one, by_id, n=1) if hints > 0 else []
                hints -= 1
                hint = f"; did you mean {near[0]}?" if near else ""
                yield _problem(tasks, index, field, f"there is no task {one!r}{hint}")


def _roles(tasks: Sequence[TaskSpec], roles: AbstractSet[RoleName]) -> Iterator[PlanProblem]:
    for index, task in enumerate(tasks):
        if task.role not in roles:
            near = get_close_matches(task.role, roles, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(roles))}"
            yield _problem(tasks, index, "role", f"there is no role {task.role!r}; {hint}")


def _parents(tasks: Sequence[TaskSpec], by_id: Mapping[TaskId, TaskSpec]) -> Iterator[PlanProblem]:
    """Parents that are no larger than their children, groups of nothing, and waiting for what one is part of.

    As a parent is larger than its child, parents make no circle.
    """
    parents = {task.parent for task in tasks}
    for index, task in enumerate(tasks):
        parent = by_id.get(task.parent) if task.parent is not None else None
        if task.is_group and task.id not in parents:
            told = f"it does nothing: give it a prompt, or tasks that have `parent: {task.id}`"
            yield _problem(tasks, index, "prompt", told)
        if parent is not None and parent is not task and _LEVELS.index(parent.level) >= _LEVELS.index(task.level):
            told = f"{_a(task.level)} cannot be part of {_a(parent.level)}; from large to small: {', '.join(_LEVELS)}"
            yield _problem(tasks, index, "parent", told)
        for number, one in enumerate(task.depends_on):
            if one in by_id and by_id[one].is_group and one in _ancestors(task, by_id):
                yield _problem(tasks, index, f"depends_on[{number}]", f"it waits for {one}, which it is part of")
            elif one in by_id and task.is_group and task.id in _ancestors(by_id[one], by_id):
                yield _problem(tasks, index, f"depends_on[{number}]", f"it waits for {one}, which is part of it")


def _circle(tasks: Sequence[TaskSpec], by_id: Mapping[TaskId, TaskSpec]) -> Iterator[PlanProblem]:
    """The first circle that is found."""
    edges = _edges(by_id)
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        # graphlib tells it against the arrows, with the first member again at the end.
        circle: list[TaskId] = list(reversed(error.args[1]))
        said_by = {_who_says(by_id[one], needed, by_id) for one, needed in pairwise(circle)}
        # Groups hold downwards only, which makes no circle: somebody says it.
        index = next(number for number, task in enumerate(tasks) if task.id in said_by)
        at = tasks[index].id
        start = circle.index(at) if at in circle else 0
        members = [*circle[start:-1], *circle[:start], circle[start]]
        if len(members) > _MAX_SHOWN_IN_CIRCLE:
            left_out = len(members) - _MAX_SHOWN_IN_CIRCLE
            members[_MAX_SHOWN_IN_CIRCLE // 2 : -_MAX_SHOWN_IN_CIRCLE // 2] = [TaskId(f"({left_out:,} more)")]
        yield _problem(tasks, index, "depends_on", f"a circle, each waits for the next: {' → '.join(members)}")


def _who_says(task: TaskSpec, needed: TaskId, by_id: Mapping[TaskId, TaskSpec]) -> TaskId | None:
    """Where it stands that a task waits for another: there, or at a group around it; None where a group holds it."""
    if needed in task.depends_on:
        return task.id
    above = (by_id[one] for one in _ancestors(task, by_id))
    return next((one.id for one in above if one.is_group and needed in one.depends_on), None)


def _edges(by_id: Mapping[TaskId, TaskSpec]) -> dict[TaskId, tuple[TaskId, ...]]:
    """What each task and each group comes after."""
    children: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
    for task in by_id.values():
        if task.parent is not None:
            children[task.parent].append(task.id)
    edges: dict[TaskId, tuple[TaskId, ...]] = {}
    for task in by_id.values():
        needed = list(task.depends_on)
        for above in _ancestors(task, by_id):
            if by_id[above].is_group:
                needed += by_id[above].depends_on
        if task.is_group:
            needed += children[task.id]
        edges[task.id] = tuple(dict.fromkeys(needed))
    return edges


def _ancestors(task: TaskSpec, by_id: Mapping[TaskId, TaskSpec]) -> tuple[TaskId, ...]:
    """What it is part of, the nearest first: at most one of each level, so a circle of parents ends too."""
    found: list[TaskId] = []
    parent = task.parent
    while parent is not None and parent in by_id and len(found) < len(_LEVELS):
        found.append(parent)
        parent = by_id[parent].parent
    return tuple(found)


def _problem(tasks: Sequence[TaskSpec], index: int, field: str, message: str) -> PlanProblem:
    return PlanProblem(index=index, task=tasks[index].id, field=field, message=message)


def _a(level: Level) -> str:
    return f"{'an' if level is Level.EPIC else 'a'} {level}"
