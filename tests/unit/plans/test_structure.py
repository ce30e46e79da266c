"""How tasks hang together: ids, dependencies, groups, levels and circles."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Level, Role, TaskSpec
from codex_orch_tui.domain.plan_graph import working_graph
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.plans.structure import problems_of

ROLES = frozenset(map(str, Role))


def task(text: str) -> TaskSpec:
    """`a`, `a:b,c` with what it needs, `a<api` with its parent; a name in capitals is a feature that holds others."""
    head, _, needs = text.partition(":")
    name, _, parent = head.partition("<")
    is_group = name.isupper()
    return TaskSpec(
        id=TaskId(name),
        title=name,
        prompt="" if is_group else "x",
        level=Level.FEATURE if is_group else Level.CASE,
        parent=TaskId(parent) if parent else None,
        depends_on=tuple(map(TaskId, filter(None, needs.split(",")))),
    )


def told(text: str) -> list[tuple[str, str, str]]:
    found = problems_of([task(word) for word in text.split()], ROLES)
    return [(one.task, one.field, one.message) for one in found]


@pytest.mark.parametrize(
    "text", ["a", "a b:a c:a,b", "c:b b:a a", "API a<API b<API:a t:API", "K a<K L:K b<L c:L", "K:x a<K x"]
)
def test_nothing_is_wrong(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a b a", ("a", "id", "is there twice: task 1 of the plan has the same id")),
        ("api Api", ("Api", "id", "is there twice: task 1 of the plan is api: ids differ in more than capitals")),
        ("a:a", ("a", "depends_on[0]", "it depends on itself")),
        ("build test:bild", ("test", "depends_on[0]", "there is no task 'bild'; did you mean build?")),
        ("a b:a,zzzz", ("b", "depends_on[1]", "there is no task 'zzzz'")),
        ("a<b", ("a", "parent", "there is no task 'b'")),
        ("a<a", ("a", "parent", "it is its own parent")),
        ("API a", ("API", "prompt", "it does nothing: give it a prompt, or tasks that have `parent: API`")),
        ("K a<K:K", ("a", "depends_on[0]", "it waits for K, which it is part of")),
        ("K:a a<K", ("K", "depends_on[0]", "it waits for a, which is part of it")),
        ("a:b b:a", ("a", "depends_on", "a circle, each waits for the next: a → b → a")),
        ("K a<K:t t:K", ("a", "depends_on", "a circle, each waits for the next: a → t → K → a")),
        ("K:L L:K a<K b<L", ("K", "depends_on", "a circle, each waits for the next: K → L → K")),
        (
            "a b<a",
            (
                "b",
                "parent",
                "a case cannot be part of a case; from large to small: epic, feature, test_group, case, step",
            ),
        ),
    ],
)  # fmt: skip
def test_a_problem_names_task_and_field(text: str, problem: tuple[str, str, str]) -> None:
    assert told(text) == [problem]


def test_what_was_written_by_hand_is_looked_at() -> None:
    wrong = replace(task("a"), id=TaskId("a/b"), paths=("src", "../x"), checks=("pytest -q", "a && b"))
    told = {(one.task, one.field): one.message for one in problems_of([wrong], ROLES)}
    assert told.keys() == {("a/b", "id"), ("a/b", "paths[1]"), ("a/b", "checks[1]")}
    assert told["a/b", "id"].startswith("'a/b' should be made of letters, digits, - and _")


def test_a_circle_that_only_groups_make_is_told_at_the_group_that_says_it() -> None:
    ((name, field, message),) = told("K:b L:a a<K b<L")
    assert (name, field) in {("K", "depends_on"), ("L", "depends_on")}
    assert "a → b" in message


def test_a_long_circle_is_told_in_short() -> None:
    tasks = [task(f"t{n}:t{(n + 1) % 5_000}") for n in range(5_000)]
    (problem,) = problems_of(tasks, ROLES)
    assert problem.message.count("→") == 8
    assert "(4,993 more)" in problem.message


def test_unknown_names_of_a_large_plan_take_no_time() -> None:
    tasks = [task(f"task-{n}:tusk-{n},tosk-{n}") for n in range(5_000)]
    begun_s = time.perf_counter()
    assert len(problems_of(tasks, ROLES)) == 10_000
    assert time.perf_counter() - begun_s < 10


def test_two_groups_that_wait_for_each_other_stay_as_small_as_they_are_written() -> None:
    """Each task of one group waits for each of the other: six million pairs, and none of them is made."""
    tasks = [task("K"), *(task(f"a{n}<K") for n in range(2_500)), task("L:K"), *(task(f"b{n}<L") for n in range(2_500))]
    begun_s = time.perf_counter()
    assert problems_of(tasks, ROLES) == ()
    assert time.perf_counter() - begun_s < 5


@st.composite
def plans(draw: st.DrawFn) -> list[TaskSpec]:
    """Small plans with groups, most of them wrong in no way but circles."""
    names = draw(st.lists(st.sampled_from("abcdefg"), min_size=1, unique=True))
    groups = draw(st.lists(st.sampled_from("XYZ"), unique=True))
    every = [*names, *groups]
    needs = st.lists(st.sampled_from(every), max_size=2, unique=True)
    parents = st.sampled_from(["", *groups])
    words = [f"{group}:{','.join(draw(needs))}" for group in groups]
    for name in names:
        parent = draw(parents)
        words.append(f"{name}{'<' + parent if parent else ''}:{','.join(draw(needs))}")
    return [task(word) for word in draw(st.permutations(words))]


@given(plans())
def test_what_is_found_good_has_a_graph_and_a_circle_has_none(tasks: list[TaskSpec]) -> None:
    problems = problems_of(tasks, ROLES)
    graph, wrong = working_graph(tasks)
    if not problems:
        assert wrong == ()
        assert len(graph.order()) == sum(not one.is_group for one in tasks)
    if wrong:
        assert problems
