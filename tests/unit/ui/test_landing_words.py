"""A run's landing in the run's own row, and in the line below the tree."""

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.run_landing import LandingTask
from codex_orch_tui.ui.presentation.rows import Row
from codex_orch_tui.ui.presentation.task_rows import TaskRows
from tests.fakes.plans import planned, spec
from tests.fakes.states import BASE, Story, worktree

NEW = CommitId("b" * 40)


def landing() -> tuple[Story, TaskRef]:
    story, refs = planned(spec("one", "One"), spec("two", "Two"), title="The plan")
    ref = refs["one"]
    tasks = tuple(LandingTask(ref=each, tip=NEW, commit=NEW, commits=1) for each in refs.values())
    story.tell(
        ev.RunLandingStarted(run=ref.run, base_branch="main", old=BASE, new=NEW, tasks=tasks, worktree=worktree(ref))
    )
    return story, ref


def top(rows: TaskRows, story: Story) -> Row:
    return rows.sheet(story.state).rows[0]


def test_the_row_of_the_run_follows_its_landing() -> None:
    story, ref = landing()
    rows = TaskRows()
    run = ref.run
    assert top(rows, story).details[-1] == "checking"
    story.tell(
        ev.RunCheckStarted(
            run=run, check="tests", command="pytest", commit=NEW, process=CheckProcess(pid=7, started_s=1.0)
        )
    )
    row = top(rows, story)
    assert row.details[-1] == "checking tests"
    assert rows.told(row) == "2 tasks · checking tests (2 tasks) · 2 queued"
    story.tell(ev.RunCheckFinished(run=run, check="tests", command="pytest", commit=NEW, outcome=CheckOutcome.PASSED))
    story.tell(ev.RunMergeStarted(run=run))
    assert top(rows, story).details[-1] == "merging"
    story.tell(ev.RunLanded(run=run))
    row = top(rows, story)
    assert row.details[-1] == "landed"
    assert rows.told(row) == "2 tasks · landed (2 tasks) · 2 queued"


def test_one_that_did_not_land_says_where_it_stopped_and_why() -> None:
    story, ref = landing()
    rows = TaskRows()
    story.tell(ev.RunNotLanded(run=ref.run, reason="the check tests failed\nmore", culprit=ref))
    row = top(rows, story)
    assert row.details[-1] == "not landed"
    assert rows.told(row) == "2 tasks · not landed at One: the check tests failed · 2 queued"
