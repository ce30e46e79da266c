"""The graph of a plan."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.graph import graph_of
from codex_orch_tui.domain.ids import TaskId


def ids(*names: str) -> tuple[TaskId, ...]:
    return tuple(TaskId(name) for name in names)


def plan(text: str) -> list[tuple[TaskId, tuple[TaskId, ...]]]:
    """`a b:a c:a,b` as tasks with what they need."""
    tasks = []
    for word in text.split():
        name, _, needs = word.partition(":")
        tasks.append((TaskId(name), ids(*filter(None, needs.split(",")))))
    return tasks


def test_waves_and_order() -> None:
    graph, problems = graph_of(plan("report:test a b:a c:a test:b,c"))
    assert problems == ()
    assert graph.waves() == (ids("a"), ids("b", "c"), ids("test"), ids("report"))
    assert graph.order() == ids("a", "b", "c", "test", "report")
    assert graph.dependents[TaskId("a")] == ids("b", "c")
    assert graph.depends_on[TaskId("test")] == ids("b", "c")


def test_problems_name_task_and_field() -> None:
    _, problems = graph_of(plan("build tests:bild me:me build"))
    told = {(one.task, one.field): one.message for one in problems}
    assert told[TaskId("build"), "id"] == "there are 2 tasks with this id"
    assert told[TaskId("tests"), "depends_on"] == "there is no task 'bild'; did you mean build?"
    assert told[TaskId("me"), "depends_on"] == "it depends on itself"


def test_a_circle_is_told_as_one_can_walk_it() -> None:
    _, (problem,) = graph_of(plan("a:c b:a c:b d:a"))
    assert problem.field == "depends_on"
    walked = problem.message.removeprefix("a circle: ").split(" → ")
    assert walked[0] == walked[-1]
    needs = dict(plan("a:c b:a c:b d:a"))
    assert all(TaskId(after) in needs[TaskId(before)] for before, after in pairwise(walked))


@given(st.lists(st.sets(st.integers(0, 30)), max_size=30))
def test_any_graph_without_circle_is_ordered(needs: list[set[int]]) -> None:
    tasks = [(TaskId(f"t{n}"), ids(*(f"t{m}" for m in some if m < n))) for n, some in enumerate(needs)]
    graph, problems = graph_of(tasks)
    assert problems == ()
    place = {task: number for number, task in enumerate(graph.order())}
    assert all(place[one] < place[task] for task, wanted in tasks for one in wanted)
    waves = graph.waves()
    wave_of = {task: number for number, wave in enumerate(waves) for task in wave}
    assert all(wave_of[one] < wave_of[task] for task, wanted in tasks for one in wanted)
    assert sorted(wave_of) == sorted(task for task, _ in tasks)
