"""The graph of the tasks that do work."""

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import TaskSpec
from codex_orch_tui.domain.plan_graph import working_graph


def spec(name: str, needs: str = "", parent: str = "", prompt: str = "do it") -> TaskSpec:
    return TaskSpec(
        id=TaskId(name),
        title=name,
        prompt=prompt,
        depends_on=tuple(map(TaskId, needs.split())),
        parent=TaskId(parent) if parent else None,
    )


def group(name: str, needs: str = "", parent: str = "") -> TaskSpec:
    return spec(name, needs, parent, prompt="")


def told(*specs: TaskSpec) -> list[tuple[str, str, str]]:
    graph, problems = working_graph(specs)
    assert not problems or not graph.depends_on, "nothing is begun by a graph that is not whole"
    return [(one.task, one.field, one.message) for one in problems]


def needs(*specs: TaskSpec) -> dict[str, tuple[str, ...]]:
    graph, problems = working_graph(specs)
    assert problems == ()
    return dict(graph.depends_on)  # type: ignore[arg-type]


def test_a_dependency_on_a_group_is_one_on_all_in_it_at_any_depth() -> None:
    specs = (group("api"), group("search", parent="api"), spec("a", parent="search"), spec("b", parent="api"))
    assert needs(*specs, spec("report", "api")) == {"a": (), "b": (), "report": ("a", "b")}


def test_what_a_group_needs_all_in_it_need() -> None:
    specs = (spec("setup"), spec("plan"), group("api", "setup"), group("search", "plan", "api"))
    assert needs(*specs, spec("a", parent="search"))["a"] == ("plan", "setup")


def test_an_empty_group_holds_nobody_up() -> None:
    assert needs(group("nothing"), spec("a", "nothing")) == {"a": ()}


def test_a_parent_that_does_work_itself_is_no_group() -> None:
    assert needs(spec("case"), spec("step", "case", parent="case")) == {"case": (), "step": ("case",)}


def test_what_is_wrong_is_told_with_task_and_field() -> None:
    assert told(spec("a", parent="epik")) == [("a", "parent", "there is no task 'epik'")]
    assert told(group("g"), spec("a", "g", parent="g")) == [
        ("a", "depends_on", "it depends on g, which it is a part of")
    ]
    ((_, field, message),) = told(group("g", parent="h"), group("h", parent="g"))
    assert field == "parent"
    assert message.startswith("a circle: ")
    ((_, field, message),) = told(group("g"), spec("a", "b", parent="g"), spec("b", "g"))
    assert field == "depends_on"
    assert message.startswith("a circle: ")
