"""Editing a plan: what becomes of those who name the task that was changed."""

from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.plan_edit import free_id, inside, moved, tree_order, with_new, with_task, without
from codex_orch_tui.domain.replacing import replace


def task(name: str, after: str = "", parent: str = "") -> TaskSpec:
    needed = tuple(map(TaskId, after.split()))
    above = TaskId(parent) if parent else None
    return TaskSpec(id=TaskId(name), title=name, prompt=name, depends_on=needed, parent=above)


def plan(*tasks: TaskSpec) -> Plan:
    return Plan(title="plan", tasks=tasks)


def names(changed: Plan) -> list[str]:
    return [str(each.id) for each in changed.tasks]


def test_the_tree_stands_below_its_parents_also_where_these_come_later() -> None:
    tasks = (task("a1", parent="a"), task("b"), task("a"), task("a2", parent="a"), task("x", parent="gone"))
    assert [(tasks[index].id, depth) for index, depth in tree_order(tasks)] == [
        ("b", 0),
        ("a", 0),
        ("a1", 1),
        ("a2", 1),
        ("x", 0),
    ]


def test_a_circle_of_parents_still_shows_every_task_once() -> None:
    tasks = (task("a", parent="b"), task("b", parent="a"), task("c", parent="c"))
    assert sorted(index for index, _ in tree_order(tasks)) == [0, 1, 2]


def test_another_id_is_followed_by_those_who_name_it() -> None:
    before = plan(task("a"), task("b", "a"), task("c", parent="a"))
    after = with_task(before, 0, replace(before.tasks[0], id=TaskId("new")))
    assert after.tasks[1].depends_on == ("new",)
    assert after.tasks[2].parent == "new"


def test_an_id_that_is_there_twice_is_changed_for_one_only() -> None:
    before = plan(task("a"), task("a"), task("b", "a"))
    after = with_task(before, 1, replace(before.tasks[1], id=TaskId("new")))
    assert (names(after), after.tasks[2].depends_on) == (["a", "new", "b"], ("a",))


def test_what_waited_for_a_task_that_goes_waits_for_what_that_waited_for() -> None:
    before = plan(task("a"), task("b", "a"), task("c", "b a"), task("d", "b"), task("b1", "a", parent="b"))
    after = without(before, 1)
    assert names(after) == ["a", "c", "d"]
    assert [each.depends_on for each in after.tasks] == [(), ("a",), ("a",)]


def test_a_new_task_comes_behind_all_that_is_part_of_the_marked_one() -> None:
    before = plan(task("a"), task("a1", parent="a"), task("b"))
    after, place = with_new(before, task("new"), 0)
    assert (names(after), place) == (["a", "a1", "new", "b"], 2)
    assert names(with_new(before, task("new"), None)[0])[-1] == "new"


def test_a_task_moves_among_those_beside_it_with_all_that_is_in_it() -> None:
    before = plan(task("a"), task("a1", parent="a"), task("a2", parent="a"), task("b"), task("c"))
    down, place = moved(before, 0, 1)
    assert (names(down), place) == (["b", "a", "a1", "a2", "c"], 1)
    assert moved(down, place, -1) == (before, 0)
    inner, _ = moved(before, 2, -1)
    assert names(inner) == ["a", "a2", "a1", "b", "c"]
    assert moved(before, 0, -1) == (before, 0)
    assert moved(before, 2, 1) == (before, 2)


def test_a_free_id_differs_in_more_than_capitals() -> None:
    assert free_id("api", [TaskId("API"), TaskId("api-2")]) == "api-3"
    assert free_id("new", []) == "new"


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12), st.integers(0, 11), st.data()
)
def test_nothing_is_lost_by_moving(links: list[tuple[int, int]], place: int, data: st.DataObject) -> None:
    tasks = tuple(
        task(f"t{number}", f"t{need}" if need < number else "", f"t{above}" if above != number else "")
        for number, (need, above) in enumerate(links)
    )
    before = plan(*tasks)
    index = place % len(tasks)
    after, now = moved(before, index, data.draw(st.sampled_from([-1, 1])))
    assert sorted(names(after)) == sorted(names(before))
    assert after.tasks[now] == tasks[index]
    assert index in inside(tasks, index)
    assert without(before, index).tasks == () or tasks[index] not in without(before, index).tasks
