"""Guardrails and stages where a merge or a landing is asked about, and in the lines of a run without a screen."""

from typing import Any

import pytest

from codex_orch_tui.cli.event_words import event_lines
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.guardrail import GuardedTask, GuardrailOutcome, GuardrailResult, Severity
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.merge import MergePreview, Refusal, RefusalReason
from codex_orch_tui.domain.run_landing import LandingTask, RunLandingPreview
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.land_run import land_lines, progress_lines
from codex_orch_tui.ui.presentation.merge import MergeAnswer, answers, guardrail_lines, merge_lines, merge_title
from codex_orch_tui.ui.presentation.paragraphs import plain_text
from tests.fakes.states import BASE, Story, worktree

NEW = CommitId("9b07d31" + "0" * 33)


def result(name: str, outcome: GuardrailOutcome, **more: Any) -> GuardrailResult:
    facts = {"condition": "at most 3 files changed", "severity": Severity.STOP} | more
    return GuardrailResult(name=name, outcome=outcome, **facts)


HOLDS = result("size", GuardrailOutcome.PASSED, detail="2 files changed")
WARNS = result("ci", GuardrailOutcome.FAILED, severity=Severity.WARN, detail="1 path changed", paths=("[/]ci.yml",))
STOPS = result("locks", GuardrailOutcome.UNKNOWN, detail="which packages it names cannot be told")


@pytest.fixture
def told() -> tuple[Story, TaskRef]:
    story = Story()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    story.finish(ref)
    return story, ref


def test_each_has_a_line_and_what_does_not_hold_stands_out() -> None:
    lines = guardrail_lines([HOLDS, WARNS, STOPS])
    assert [line.tone for line in lines] == [Tone.PLAIN, Tone.ASKS, Tone.BAD]
    said = plain_text(lines)
    assert "size · at most 3 files changed · holds" in said
    assert "ci · at most 3 files changed · does not hold: 1 path changed: [/]ci.yml" in said
    assert "locks · at most 3 files changed · cannot be told: which packages" in said


def test_a_merge_that_one_stops_is_no_question(told: tuple[Story, TaskRef]) -> None:
    story, ref = told
    task = story.state.tasks[ref]
    refusal = Refusal(reason=RefusalReason.GUARDRAIL, message="a guardrail stops it: ci", paths=("ci.yml",))
    preview = MergePreview(base_branch="main", branch="b", old=BASE, new=NEW, commit_count=1, refusal=refusal)
    assert answers(task, preview) == (MergeAnswer.TELL,)
    assert merge_title(task, preview).endswith("cannot be merged into main now")
    said = plain_text(merge_lines(task, preview))
    assert "a guardrail stops it: ci" in said
    assert "ci.yml" in said


def test_a_landing_tells_what_does_not_hold_and_that_the_rest_does(told: tuple[Story, TaskRef]) -> None:
    story, ref = told

    def preview(*results: GuardrailResult) -> RunLandingPreview:
        return RunLandingPreview(
            run=ref.run,
            base_branch="main",
            old=BASE,
            new=NEW,
            tasks=(LandingTask(ref=ref, tip=NEW, commit=NEW, commits=1),),
            guarded=(GuardedTask(ref=ref, base=BASE, commit=NEW, results=results),) if results else (),
        )

    assert "guardrails" not in plain_text(land_lines(story.state, preview()))
    assert "guardrails 1 holds" in plain_text(land_lines(story.state, preview(HOLDS)))
    said = plain_text(land_lines(story.state, preview(HOLDS, WARNS)))
    assert "guardrails Add search · ci · at most 3 files changed: 1 path changed" in said
    assert "size" not in said


def test_the_stage_that_runs_is_told_while_a_run_lands(told: tuple[Story, TaskRef]) -> None:
    story, ref = told
    process = CheckProcess(pid=7, started_s=1.0)
    landing = (LandingTask(ref=ref, tip=NEW, commit=NEW, commits=1),)
    story.tell(
        ev.RunLandingStarted(run=ref.run, base_branch="main", old=BASE, new=NEW, tasks=landing, worktree=worktree(ref))
    )
    facts: dict[str, Any] = {"run": ref.run, "check": "ci", "command": "a: ls → b: cat", "commit": NEW}
    for stage in "ab":
        story.tell(ev.RunCheckStarted(**facts, process=process, stage=stage, stage_command="ls"))
        now = story.state.runs[ref.run].landing
        assert now is not None
        assert f"ci: a: ls → b: cat · runs, stage {stage}, on 9b07d31" in plain_text(progress_lines(now))
        story.tell(ev.RunCheckFinished(**facts, outcome=CheckOutcome.PASSED, exit_code=0, stage=stage))
    story.tell(ev.RunCheckFinished(**facts, outcome=CheckOutcome.PASSED, exit_code=0))
    now = story.state.runs[ref.run].landing
    assert now is not None
    assert [[one.name for one in run.stages] for run in now.checks] == [["a", "b"]]
    assert len(now.receipts) == 1


def test_a_run_without_a_screen_tells_them_too(told: tuple[Story, TaskRef]) -> None:
    story, ref = told
    event = ev.GuardrailsEvaluated(ref=ref, base=BASE, commit=NEW, results=(HOLDS, WARNS, STOPS))
    story.tell(event)
    assert [line for _, line in event_lines(event, story.state)] == [
        "guardrail ci does not hold (a warning): 1 path changed",
        "guardrail locks does not hold (nothing is merged): which packages it names cannot be told",
    ]
    guarded = story.state.tasks[ref].guarded
    assert guarded is not None
    assert (guarded.commit, guarded.results) == (NEW, (HOLDS, WARNS, STOPS))
