"""Tokens count under the model that used them, and cost follows."""

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.cost import Rates, cost_usd, tokens_of
from codex_orch_tui.domain.ids import TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import TurnStatus, Usage
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.usage import usage_by_model
from tests.fakes.states import Story

CARD = {"big": Rates(input=10.0, cached=1.0, output=100.0), "small": Rates(input=1.0, cached=0.1, output=10.0)}
MAIN, HELPER = ThreadId("main"), ThreadId("helper")


def opened(model: str = "big") -> tuple[Story, TaskRef]:
    story = Story()
    (ref,) = story.run(["One"])
    story.tell(ev.TaskStarted(ref=ref))
    story.tell(ev.ThreadOpened(ref=ref, thread=MAIN, resumed=False, model=model))
    return story, ref


def turn(story: Story, ref: TaskRef, name: str) -> None:
    story.tell(ev.TurnStarted(ref=ref, turn=TurnId(name), prompt="x"))


def used(story: Story, ref: TaskRef, output: int, thread: ThreadId | None = MAIN) -> None:
    usage = Usage(output_tokens=output, total_tokens=output, context_window=1_000)
    story.tell(ev.UsageUpdated(ref=ref, thread=thread, usage=usage))


def by_model(task: Task) -> dict[str, int]:
    return {model: usage.total_tokens for model, usage in usage_by_model(task).items() if usage.total_tokens}


def test_what_a_rerouted_turn_used_is_the_other_model_s() -> None:
    story, ref = opened()
    turn(story, ref, "t1")
    used(story, ref, 1_000)
    story.tell(ev.ModelRerouted(ref=ref, turn=TurnId("t1"), model="small"))
    used(story, ref, 3_000)
    task = story.state.tasks[ref]
    assert by_model(task) == {"big": 1_000, "small": 2_000}
    assert cost_usd(task, CARD) == pytest.approx(0.12)
    # It is for that turn only.
    story.tell(ev.TurnEnded(ref=ref, turn=TurnId("t1"), status=TurnStatus.COMPLETED))
    turn(story, ref, "t2")
    used(story, ref, 3_500)
    task = story.state.tasks[ref]
    assert by_model(task) == {"big": 1_500, "small": 2_000}
    assert tokens_of(task) == 3_500
    assert (task.model, task.works_with) == ("big", "big")


def test_another_attempt_with_another_model_leaves_what_the_first_one_cost() -> None:
    story, ref = opened()
    turn(story, ref, "t1")
    used(story, ref, 1_000)
    story.tell(ev.TurnEnded(ref=ref, turn=TurnId("t1"), status=TurnStatus.FAILED))
    story.tell(ev.TaskRestarted(ref=ref, backup_ref=""))
    story.tell(ev.ThreadOpened(ref=ref, thread=ThreadId("second"), resumed=False, model="small"))
    turn(story, ref, "t2")
    used(story, ref, 500, ThreadId("second"))
    task = story.state.tasks[ref]
    assert by_model(task) == {"big": 1_000, "small": 500}
    assert (task.usage.total_tokens, tokens_of(task)) == (500, 1_500)
    assert cost_usd(task, CARD) == pytest.approx(0.105)


def test_a_model_without_a_rate_takes_the_figure_away_only_where_it_used_some() -> None:
    story, ref = opened()
    turn(story, ref, "t1")
    story.tell(ev.ModelRerouted(ref=ref, turn=TurnId("t1"), model="strange"))
    assert cost_usd(story.state.tasks[ref], CARD) == 0.0
    used(story, ref, 10)
    assert cost_usd(story.state.tasks[ref], CARD) is None
    story.tell(ev.ModelRerouted(ref=ref, turn=TurnId("t1"), model="big"))
    assert cost_usd(story.state.tasks[ref], CARD) is None, "what the strange one used stays unknown"
    assert by_model(story.state.tasks[ref]) == {"strange": 10}


def test_sub_agents_have_threads_of_their_own_and_all_of_them_count() -> None:
    story, ref = opened()
    turn(story, ref, "t1")
    used(story, ref, 100)
    used(story, ref, 40, HELPER)
    used(story, ref, 150)
    used(story, ref, 60, HELPER)
    task = story.state.tasks[ref]
    assert (task.usage.total_tokens, task.usage.context_window) == (210, 1_000)
    assert cost_usd(task, CARD) == pytest.approx(0.021)


def test_a_journal_that_names_no_threads_means_the_task_s_own() -> None:
    story, ref = opened()
    used(story, ref, 100, None)
    used(story, ref, 150, None)
    used(story, ref, 170)
    assert story.state.tasks[ref].usage.total_tokens == 170
