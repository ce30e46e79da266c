"""`m` on a run: the question, its answers, and a landing that is under way."""

from dataclasses import replace
from typing import Any

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.domain.run_landing import LandingCheck, LandingTask, LeftOut, RunLandingPreview, StaysOut
from codex_orch_tui.ui.presentation.land_run import LandAnswer, land_lines
from codex_orch_tui.ui.presentation.paragraphs import plain_text
from codex_orch_tui.ui.screens.land_run import LandingScreen, LandRunScreen
from codex_orch_tui.ui.screens.review import ReviewScreen
from tests.fakes.states import BASE, Story, worktree
from tests.ui import test_dialogs as dialogs
from tests.ui import test_main_screen as main_screen

NEW = CommitId("9b07d31" + "0" * 33)


def told() -> tuple[Story, tuple[TaskRef, ...], RunLandingPreview]:
    """A run of four: two land, one of them with a clash resolved, one is not reviewed, one stands on that."""
    story = Story()
    refs = story.run(["Add search", "Rename [/] it", "Write docs", "Check docs"], title="The plan")
    for ref in refs[:3]:
        story.start(ref)
        story.finish(ref)
    preview = RunLandingPreview(
        run=refs[0].run,
        base_branch="main",
        old=BASE,
        new=NEW,
        tasks=(
            LandingTask(ref=refs[0], tip=BASE, commit=NEW, commits=0),
            LandingTask(ref=refs[1], tip=BASE, commit=NEW, commits=2),
        ),
        left=(
            LeftOut(ref=refs[2], why=StaysOut.NOT_REVIEWED, text="not reviewed"),
            LeftOut(ref=refs[3], why=StaysOut.STANDS_ON, text="stands on Write docs"),
        ),
        checks=(LandingCheck(name="unit", command="pytest -q", wanted_by=(refs[0],)),),
        files=3,
        checkout="/home/ada/shop-api",
    )
    return story, refs, preview


async def test_it_tells_the_order_what_stays_out_and_the_checks_and_enter_lands() -> None:
    story, _, preview = told()
    async with dialogs.shown(LandRunScreen(story.state, preview)) as on:
        assert "main 4f1c2aa → 9b07d31   fast-forward, 2 commits" in on.text
        assert "lands 1  Add search · in one commit with what resolved its clash" in on.text
        assert "2  Rename [/] it · 2 commits" in on.text
        assert "stays out Write docs · not reviewed\nCheck docs · stands on Write docs" in on.text
        assert "checks unit: pytest -q" in on.text
        assert "files 3 files change in /home/ada/shop-api" in on.text
        assert str(on.screen.query_one(".box").border_title) == "Land The plan on main?"
        assert on.keys == {"enter", "d", "esc"}
        await on.press("m", "o", "space")
        assert on.app.results == []
        await on.press("enter")
        assert on.app.results == [LandAnswer.LAND]


async def test_a_clash_offers_to_leave_it_out_and_never_to_land() -> None:
    story, refs, preview = told()
    refusal = Refusal(
        reason=RefusalReason.CONFLICT, message="“x” clashes", paths=("a.py", "[b].py"), next_step="o leaves it out"
    )
    preview = replace(preview, refusal=refusal, culprit=refs[1], tasks=(), checks=(), new=None, left=())
    async with dialogs.shown(LandRunScreen(story.state, preview)) as on:
        assert "Rename [/] it: “x” clashes" in on.text
        assert "a.py\n[b].py" in on.text
        assert "so far nothing was moved" in on.text
        assert on.keys == {"o", "esc"}
        await on.press("enter", "d")
        assert on.app.results == []
        await on.press("o")
        assert on.app.results == [LandAnswer.WITHOUT]


def begun(story: Story, preview: RunLandingPreview) -> None:
    assert preview.old is not None
    assert preview.new is not None
    story.tell(
        ev.RunLandingStarted(
            run=preview.run,
            base_branch="main",
            old=preview.old,
            new=preview.new,
            tasks=preview.tasks,
            worktree=worktree(preview.tasks[0].ref),
        )
    )
    story.tell(
        ev.RunCheckStarted(
            run=preview.run,
            check="unit",
            command="pytest -q",
            commit=NEW,
            process=CheckProcess(pid=7, started_s=1.0),
        )
    )


def test_what_was_red_last_time_is_told_and_can_be_left_out() -> None:
    story, refs, preview = told()
    begun(story, preview)
    story.tell(ev.RunNotLanded(run=preview.run, reason="the check unit failed with Rename", culprit=refs[1]))
    assert "last time the check unit failed with Rename" in plain_text(land_lines(story.state, preview))
    screen = LandRunScreen(story.state, preview)
    assert LandAnswer.WITHOUT in screen._answers
    # Another one's trouble is no news when that one is not among them.
    others = replace(preview, tasks=preview.tasks[:1])
    assert "last time" not in plain_text(land_lines(story.state, others))


async def ask(on: Any, story: Story, preview: RunLandingPreview) -> None:
    """Press `m` on the run's row; the question about it comes."""
    on.fake.story = story
    on.fake.run_preview = preview
    on.fake.wake()
    await on.pilot.pause()
    await on.press("2", "home")
    await on.until(lambda: on.main.marked_run == preview.run)
    await on.press("m")
    await on.until(lambda: isinstance(on.app.screen, LandRunScreen))
    await on.pilot.pause()


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_on_a_run_s_row_m_asks_and_lands_what_is_shown(size: tuple[int, int]) -> None:
    async with main_screen.shown(size=size) as on:
        story, _, preview = told()
        await ask(on, story, preview)
        assert on.fake.asked("preview_run_landing") == [(preview.run, frozenset())]
        await on.press("enter")
        await on.until(lambda: on.fake.asked("land_run"))
        assert on.fake.asked("land_run") == [(preview.run, preview)]
        await on.until(lambda: "Landed: main is at 9b07d31." in on.notes())
        assert not on.fake.asked("preview_merge")
        # While it is under way, the same key shows how far it is.
        begun(story, preview)
        on.fake.wake()
        await on.press("m")
        await on.until(lambda: isinstance(on.app.screen, LandingScreen))
        await on.pilot.pause()
        await on.press("x")
        await on.until(lambda: on.fake.asked("stop_landing") == [(preview.run,)])
        await on.press("m")
        await on.until(lambda: isinstance(on.app.screen, LandingScreen))
        story.tell(
            ev.RunCheckFinished(
                run=preview.run,
                check="unit",
                command="pytest -q",
                commit=NEW,
                outcome=CheckOutcome.PASSED,
                exit_code=0,
            )
        )
        story.tell(ev.RunLanded(run=preview.run))
        on.fake.wake()
        await on.until(lambda: on.app.screen is on.main)


async def test_a_run_that_has_landed_is_not_said_to_wait() -> None:
    async with main_screen.shown() as on:
        story, refs, preview = told()
        for ref in refs[:3]:
            story.merge(ref)
        story.tell(ev.TaskSkipped(ref=refs[3]))
        on.fake.story = story
        on.fake.run_preview = preview
        on.fake.wake()
        await on.pilot.pause()
        await on.press("2", "home")
        await on.until(lambda: on.main.marked_run == preview.run)
        await on.press("m")
        await on.until(lambda: "has landed; nothing of it is left to merge" in on.notes())
        assert not on.fake.asked("preview_run_landing")


async def test_without_and_review_lead_back_to_the_run() -> None:
    async with main_screen.shown() as on:
        story, refs, preview = told()
        refusal = Refusal(reason=RefusalReason.CONFLICT, message="“x” clashes")
        await ask(on, story, replace(preview, refusal=refusal, culprit=refs[1]))
        await on.press("o")
        await on.until(lambda: len(on.fake.asked("preview_run_landing")) == 2)
        assert on.fake.asked("preview_run_landing")[-1] == (preview.run, frozenset({refs[1]}))
        await on.until(lambda: isinstance(on.app.screen, LandRunScreen))
        await on.pilot.pause()
        await on.press("d")
        await on.until(lambda: isinstance(on.app.screen, ReviewScreen))
