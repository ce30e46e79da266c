"""A run's plan that is edited while it runs: what has begun stays."""

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.plan_edit import plan_of_run
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.task import TaskState
from tests.fakes.states import Story


def spec(name: str, prompt: str = "do it") -> TaskSpec:
    return TaskSpec(id=TaskId(name), title=name, prompt=prompt)


def begun() -> tuple[Story, tuple[TaskRef, ...]]:
    story = Story()
    refs = story.begin(Plan(title="old", tasks=(spec("a"), spec("b"), spec("c"))))
    story.start(refs[0])
    return story, refs


def test_tasks_that_have_not_begun_are_changed_gone_and_new() -> None:
    story, (a, b, c) = begun()
    wanted = (spec("a"), replace(spec("b"), prompt="do it otherwise"), spec("d"))
    story.tell(ev.PlanEdited(run=a.run, title="new", tasks=wanted))
    assert plan_of_run(story.state, a.run) == Plan(title="new", tasks=wanted)
    assert c not in story.state.tasks
    assert story.state.tasks[TaskRef(a.run, TaskId("d"))].state is TaskState.QUEUED
    assert story.state.tasks[a].state is TaskState.RUNNING
    assert b in story.state.tasks


def test_a_task_that_has_begun_is_neither_changed_nor_taken_out() -> None:
    story, (a, b, c) = begun()
    story.start(b)
    story.tell(ev.PlanEdited(run=a.run, title="new", tasks=(spec("a", "other"), spec("c"))))
    assert story.state.tasks[a].spec == spec("a")
    assert set(story.state.runs[a.run].tasks) == {a, b, c}


def test_a_run_that_is_not_there_changes_nothing() -> None:
    story, (a, _, _) = begun()
    before = story.state
    story.tell(ev.PlanEdited(run=type(a.run)("other"), title="new", tasks=()))
    assert story.state == replace(before, seq=story.state.seq)
