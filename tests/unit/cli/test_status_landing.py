"""How `status` tells of a run's landing."""

import json
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.cli.plain_tree import status_lines
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.cli.status_json import status_document
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.run_landing import LandingStage, LandingTask
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.store.lock import Holder
from tests.fakes.json_schema import violations
from tests.fakes.states import BASE, NOW_S, Story, worktree

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "status"))
NEW = CommitId("b" * 40)


def landing() -> tuple[Story, TaskRef]:
    story = Story()
    ref, other = story.run(["One", "Two"], title="Shop")
    story.tell(
        ev.RunLandingStarted(
            run=ref.run,
            base_branch="main",
            old=BASE,
            new=NEW,
            tasks=tuple(LandingTask(ref=each, tip=NEW, commit=NEW, commits=1) for each in (ref, other)),
            worktree=worktree(ref),
        )
    )
    story.tell(
        ev.RunCheckFinished(
            run=ref.run, check="tests", command="pytest", commit=NEW, outcome=CheckOutcome.PASSED, exit_code=0
        )
    )
    return story, ref


def seen(story: Story, *, held: bool = True) -> SeenState:
    holder = Holder(pid=4711, host="box", started_at_s=NOW_S) if held else None
    return SeenState(root=Path("/srv/shop"), state=story.state, holder=holder, notes=())


def told(story: Story, *, held: bool = True) -> dict[str, Any]:
    document = status_document(seen(story, held=held))
    assert list(violations(document, SCHEMA)) == []
    found = document["runs"][0]["landing"]
    assert isinstance(found, dict)
    return found


def test_a_run_that_never_landed_has_none() -> None:
    story = Story()
    story.run(["One", "Two"])
    assert status_document(seen(story))["runs"][0]["landing"] is None


def test_the_schema_knows_every_state() -> None:
    states = SCHEMA["properties"]["runs"]["items"]["properties"]["landing"]["properties"]["state"]["enum"]
    assert states == [stage.value for stage in LandingStage]


def test_each_state_is_told() -> None:
    story, ref = landing()
    assert (told(story)["state"], told(story)["receipts"]) == ("checking", ["tests"])
    assert any("checking (2 tasks), " in one for one in status_lines(seen(story), NOW_S + 600))
    story.tell(ev.RunMergeStarted(run=ref.run))
    assert told(story)["state"] == "merging"
    story.tell(ev.RunLanded(run=ref.run))
    story.tell(ev.RunWorktreeRemoved(run=ref.run))
    assert (told(story)["state"], told(story)["tasks"], told(story)["worktree"]) == ("landed", [ref.task, "two"], None)
    assert any("landed (2 tasks), " in one and one.endswith(" ago") for one in status_lines(seen(story), NOW_S + 600))


def test_where_it_stopped_and_why() -> None:
    story, ref = landing()
    story.tell(ev.RunNotLanded(run=ref.run, reason="the check tests failed", culprit=ref, paths=("a.py",)))
    document = told(story)
    assert (document["state"], document["stopped_at"], document["paths"]) == ("not_landed", ref.task, ["a.py"])
    lines = status_lines(seen(story), NOW_S + 600)
    assert any(one.strip().startswith("not landed at One: the check tests failed, ") for one in lines)


@pytest.mark.parametrize("held", [True, False])
def test_one_that_nobody_works_on_any_more_is_cut_off(held: bool) -> None:
    story, _ = landing()
    assert told(story, held=held)["cut_off"] is not held
    text = "\n".join(status_lines(seen(story, held=held), NOW_S + 600))
    assert ("its landing was cut off while checking (2 tasks)" in text) is not held
