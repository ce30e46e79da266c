"""What becomes of a task's last message: taken, asked for again with the reasons, or the end of the task."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef, TurnId
from codex_orch_tui.domain.item import FaultKind, ItemKind, TurnStatus
from codex_orch_tui.domain.plan import Plan, Role, TaskSpec
from codex_orch_tui.services.answers import Answers
from codex_orch_tui.services.errors import WorkspaceError
from codex_orch_tui.services.roles import Roles
from tests.fakes.hub import HubStory

GOOD = json.dumps({"summary": "All is well.", "verdict": "merge", "findings": [], "decisions": ["ids are text"]})
REF = TaskRef(RunId("r"), TaskId("a"))


class Here:
    """A run with one task that a reviewer has, and what looks at its answers."""

    def __init__(self, folder: Path, *, others: int = 1) -> None:
        self.story = HubStory()
        specs = [TaskSpec(id=TaskId(name), title=name, prompt=name, role=Role.REVIEWER) for name in ("a", "b")]
        plan = Plan(title="p", tasks=tuple(specs[: 1 + others]))
        self.story.tell(ev.RunCreated(run=REF.run, plan=plan, base_branch="main"))
        self.schemas = folder / "schemas"
        roles = Roles(Config(), prompts=folder / "prompts", schemas=self.schemas)
        self.answers = Answers(self.story.hub, lambda: roles)

    def turn(self, *messages: str) -> TurnId:
        turn = self.story.start(REF)
        for message in messages:
            self.story.item(REF, ItemKind.AGENT_MESSAGE, "…", answer=message)
        self.story.tell(ev.TurnEnded(ref=REF, turn=turn, status=TurnStatus.COMPLETED))
        return turn

    async def after(self, turn: TurnId, *, may_ask: bool = True) -> str:
        schema = await self.answers.schema_for(REF)
        return await self.answers.after_turn(REF, turn, schema, may_ask=may_ask)


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


async def test_an_answer_that_fits_is_taken_and_told(here: Here) -> None:
    assert await here.after(here.turn("Let me look.", GOOD)) == ""
    task = here.story.hub.state.tasks[REF]
    assert (task.accepted, task.answer) == (GOOD, GOOD)
    assert task.result == "All is well.\nverdict: merge\ndecisions:\n- ids are text"
    assert task.decisions == ("ids are text",)
    assert task.answer_problems == ()


async def test_one_that_does_not_fit_goes_back_once_with_what_is_wrong(here: Here) -> None:
    reminder = await here.after(here.turn("merge it"))
    assert "- the answer is not JSON: Expecting value: line 1 column 1 (char 0)" in reminder
    assert here.story.hub.state.tasks[REF].answer_problems != ()
    with pytest.raises(WorkspaceError) as caught:
        await here.after(here.turn('{"summary": "s", "findings": [], "decisions": []}'), may_ask=False)
    assert caught.value.fault.kind is FaultKind.ANSWER
    assert "'verdict' is a required property" in caught.value.fault.message
    task = here.story.hub.state.tasks[REF]
    assert task.answer.startswith('{"summary"'), "it is kept"
    assert [note.text.split("\n")[0] for note in task.notes if "does not fit" in note.text] == [
        "the answer does not fit its schema; it is asked once more",
        "the answer does not fit its schema",
    ]
    assert "'verdict' is a required property" in here.answers.again(REF)


async def test_a_turn_without_a_message_is_not_answered_by_the_one_before(here: Here) -> None:
    await here.after(here.turn(GOOD))
    assert "there is no answer" in await here.after(here.turn())


async def test_a_single_task_answers_in_words(tmp_path: Path) -> None:
    here = Here(tmp_path, others=0)
    assert await here.answers.schema_for(REF) is None
    assert await here.after(here.turn("merge it")) == ""
    assert here.story.hub.state.tasks[REF].accepted == ""


async def test_a_schema_that_cannot_be_used_is_told_before_a_turn(here: Here) -> None:
    here.schemas.mkdir()
    (here.schemas / "reviewer.schema.json").write_text("{")
    with pytest.raises(WorkspaceError, match=r"reviewer\.schema\.json: reviewer: is not JSON"):
        await here.answers.schema_for(REF)
