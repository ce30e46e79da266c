"""A navigator whose plan was approved waits for nobody; one that has planned again does."""

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.item import TurnStatus
from codex_orch_tui.domain.plan import Plan, Role, TaskSpec
from codex_orch_tui.ui.presentation.attention import next_attention, quiet_line
from codex_orch_tui.ui.presentation.wait_words import look_of
from tests.fakes.states import Story


def plan(name: str, role: Role) -> Plan:
    spec = TaskSpec(id=TaskId(name), title=name, prompt="Do it.", role=role, checked_answer=True)
    return Plan(title=name, tasks=(spec,))


def planned(story: Story, answer: str) -> None:
    """The navigator's turn ends with a plan."""
    (ref, *_) = story.state.tasks
    turn = story.start(ref)
    story.tell(ev.AnswerAccepted(ref=ref, turn=turn, answer=answer, result="a plan"))
    story.tell(ev.TurnEnded(ref=ref, turn=turn, status=TurnStatus.COMPLETED))
    story.tell(ev.TaskFinished(ref=ref))


def test_it_waits_for_the_person_until_its_plan_is_approved_and_again_after_another() -> None:
    story = Story()
    (planner,) = story.begin(plan("navigate", Role.NAVIGATOR))
    planned(story, '{"tasks": [1]}')
    assert sel.counts(story.state).to_review == 1
    assert look_of(story.state.tasks[planner], None).word == "review"

    story.begin(plan("build", Role.IMPLEMENTER), proposed_by=planner)
    assert story.state.tasks[planner].is_taken_up
    assert sel.counts(story.state).to_review == 0
    assert look_of(story.state.tasks[planner], None).word == "planned"
    assert next_attention(story.state, None) is None
    assert quiet_line(story.state).startswith("Nothing needs you")

    planned(story, '{"tasks": [2]}')
    assert sel.counts(story.state).to_review == 1
    assert next_attention(story.state, None) is not None
