"""What the events of answers make of a task."""

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.item import ItemKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.store.event_codec import decode, encode
from tests.fakes.states import Story


def test_an_accepted_answer_is_the_result_and_a_later_message_does_not_replace_it() -> None:
    story = Story()
    (ref,) = story.run(["A task"])
    turn = story.start(ref)
    story.item(ref, ItemKind.AGENT_MESSAGE, "…", answer='{"summary": "x"}')
    story.tell(ev.AnswerRefused(ref=ref, turn=turn, answer="no", problems=("$: is wrong",), is_asked_again=True))
    task = story.state.tasks[ref]
    assert (task.answer_problems, task.accepted, task.said) == (("$: is wrong",), "", '{"summary": "x"}')
    assert (task.notes[-1].kind, task.notes[-1].text) == (
        LogKind.WARNING,
        "the answer does not fit its schema; it is asked once more\n  $: is wrong",
    )
    story.tell(ev.AnswerAccepted(ref=ref, turn=turn, answer='{"summary": "x"}', result="x", decisions=("d",)))
    task = story.state.tasks[ref]
    assert (task.answer_problems, task.result, task.decisions, task.said) == ((), "x", ("d",), "x")
    story.item(ref, ItemKind.AGENT_MESSAGE, "…", answer="You are welcome.")
    task = story.state.tasks[ref]
    assert (task.result, task.said) == ("x", "You are welcome.")


def test_a_run_keeps_the_specification_of_its_plan() -> None:
    story = Story()
    spec = TaskSpec(id=TaskId("t"), title="t", prompt="p", checked_answer=True, effort="high")
    event = ev.RunCreated(run=RunId("r"), plan=Plan(title="p", tasks=(spec,), spec="All of it.\n"), base_branch="main")
    kept = decode(encode(ev.Recorded(seq=1, at_s=1.0, event=event))).event
    assert kept == event
    story.tell(kept)
    assert story.state.runs[RunId("r")].spec == "All of it.\n"
    assert story.state.tasks[TaskRef(RunId("r"), TaskId("t"))].spec.checked_answer is True
