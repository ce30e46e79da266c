"""What the steps of a landing make of its run."""

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.run_landing import LandingOutcome, LandingStage, LandingTask, RunLanding
from tests.fakes.states import BASE, Story, worktree

NEW = CommitId("b" * 40)


def begun() -> tuple[Story, TaskRef]:
    story = Story()
    ref, *_ = story.run(["One", "Two"])
    story.tell(
        ev.RunLandingStarted(
            run=ref.run,
            base_branch="main",
            old=BASE,
            new=NEW,
            tasks=(LandingTask(ref=ref, tip=NEW, commit=NEW, commits=1),),
            worktree=worktree(ref),
        )
    )
    return story, ref


def started(run: RunId, commit: CommitId = NEW) -> ev.RunCheckStarted:
    process = CheckProcess(pid=7, started_s=1.0)
    return ev.RunCheckStarted(run=run, check="unit", command="pytest", commit=commit, process=process)


def finished(run: RunId, outcome: CheckOutcome, commit: CommitId = NEW) -> ev.RunCheckFinished:
    return ev.RunCheckFinished(run=run, check="unit", command="pytest", commit=commit, outcome=outcome, exit_code=0)


def landing(story: Story, run: RunId) -> RunLanding:
    found = story.state.runs[run].landing
    assert found is not None
    return found


def test_a_receipt_is_a_check_that_passed_on_the_very_commit() -> None:
    story, ref = begun()
    story.tell(started(ref.run, BASE))
    story.tell(finished(ref.run, CheckOutcome.PASSED, BASE))
    assert landing(story, ref.run).receipts == ()
    story.tell(started(ref.run))
    assert landing(story, ref.run).check is not None
    story.tell(finished(ref.run, CheckOutcome.PASSED), after_s=2)
    now = landing(story, ref.run)
    assert now.check is None
    assert [(one.name, one.commit) for one in now.receipts] == [("unit", NEW)]
    assert len(now.checks) == 2


def test_it_lands_or_it_does_not_and_another_begins_anew() -> None:
    story, ref = begun()
    story.tell(ev.RunMergeStarted(run=ref.run))
    assert landing(story, ref.run).moving
    story.tell(ev.RunLanded(run=ref.run))
    assert (landing(story, ref.run).outcome, landing(story, ref.run).moving) == (LandingOutcome.LANDED, False)
    again, ref = begun()
    again.tell(started(ref.run))
    again.tell(ev.RunNotLanded(run=ref.run, reason="red", culprit=ref, paths=("a",)))
    now = landing(again, ref.run)
    assert (now.outcome, now.reason, now.culprit, now.paths) == (LandingOutcome.NOT_LANDED, "red", ref, ("a",))
    assert now.checks[0].outcome is CheckOutcome.NOT_RUN, "a check that was cut off says nothing"
    again.tell(ev.RunWorktreeKept(run=ref.run, reason="edits"))
    assert landing(again, ref.run).kept_because == "edits"


def test_steps_of_a_landing_that_nobody_began_change_nothing() -> None:
    story = Story()
    ref, *_ = story.run(["One"])
    before = story.state.runs
    for event in (ev.RunLanded(run=ref.run), started(ref.run), ev.RunMergeStarted(run=RunId("other"))):
        story.tell(event)
    assert story.state.runs == before


def test_how_far_it_is() -> None:
    story, ref = begun()
    stages = [landing(story, ref.run).stage]
    for event in (ev.RunMergeStarted(run=ref.run), ev.RunLanded(run=ref.run), ev.RunNotLanded(run=ref.run, reason="x")):
        story.tell(event)
        stages.append(landing(story, ref.run).stage)
    assert stages == [
        LandingStage.CHECKING,
        LandingStage.MERGING,
        LandingStage.LANDED,
        LandingStage.NOT_LANDED,
    ]


def test_what_was_red_is_known_with_its_commit() -> None:
    story, ref = begun()
    story.tell(finished(ref.run, CheckOutcome.PASSED))
    story.tell(finished(ref.run, CheckOutcome.FAILED, BASE))
    assert [run.commit for run in landing(story, ref.run).failed] == [BASE]
