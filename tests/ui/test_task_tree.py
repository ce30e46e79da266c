"""The tree of a plan on screen: filter, folds, what the marked row tells, and the keys of the scheduler."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.widgets import Input

from codex_orch_tui.config.rates import RateSettings
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import Usage
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.domain.state import RateLimits
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.screens.confirm import ConfirmScreen
from codex_orch_tui.ui.screens.what_next import WhatNextScreen
from tests.fakes.plans import planned, spec
from tests.fakes.states import NOT_LOGGED_IN, Story
from tests.keyboard import type_text
from tests.ui.test_main_screen import NARROW, WIDE, Screen, shown

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW])


def story() -> tuple[Story, dict[str, TaskRef]]:
    """A group of two tasks of which one works, a task that failed, one that waits for it, one that is queued."""
    told, refs = planned(
        spec("search", "Product search", prompt=""),
        spec("endpoint", "Search endpoint", parent="search", model="gpt-5.5"),
        spec("try-it", "Try it", parent="search", role="tester", depends_on=("endpoint",)),
        spec("lint", "Upgrade the linter"),
        spec("mend", "Mend what it finds", depends_on=("lint",)),
        spec("limits", "Rate limits"),
        title="The plan",
    )
    told.start(refs["lint"])
    told.fail(refs["lint"], NOT_LOGGED_IN)
    told.start(refs["endpoint"])
    usage = Usage(input_tokens=100_000, cached_input_tokens=60_000, output_tokens=2_000, total_tokens=102_000)
    told.tell(ev.UsageUpdated(ref=refs["endpoint"], usage=usage))
    return told, refs


def waits(refs: dict[str, TaskRef]) -> dict[TaskRef, Wait]:
    return {
        refs["try-it"]: Wait(Reason.DEPENDENCY, (refs["endpoint"],)),
        refs["mend"]: Wait(Reason.BLOCKED, (refs["lint"],)),
        refs["limits"]: Wait(Reason.SLOT),
    }


@asynccontextmanager
async def tree(size: tuple[int, int] = WIDE, **settings: Any) -> AsyncIterator[Screen]:
    """The story on screen, with the focus in the tree."""
    told, refs = story()
    async with shown(told, size, **settings) as on:
        on.fake.waiting = waits(refs)
        on.fake.wake()
        await on.press("2")
        await on.until_shown("blocked: lint failed")
        yield on


def marked(on: Screen) -> str:
    return on.main.task_tree.cursor_row.text


async def mark(on: Screen, text: str) -> None:
    rows = on.main.task_tree.rows.rows
    on.main.task_tree.move(next(index for index, row in enumerate(rows) if row.text == text))
    await on.pilot.pause()


@SIZES
async def test_the_tree_tells_how_far_it_is_and_what_waits_for_what(size: tuple[int, int]) -> None:
    async with tree(size) as on:
        for part in ("░░░░░░ 0/5", "░░░░░░ 0/2", "waits for endpoint", "blocked: lint failed"):
            assert part in on.text(), part


async def test_a_long_title_leaves_room_for_what_is_waited_for() -> None:
    title = "A title that is much longer than the pane is wide, as titles of plans often are"
    told, refs = planned(spec("a", "A"), spec("b", title, depends_on=("a",)), title="Both")
    async with shown(told) as on:
        on.fake.waiting = {refs["b"]: Wait(Reason.DEPENDENCY, (refs["a"],))}
        on.fake.wake()
        await on.until_shown("…  waits for a")


async def test_the_marked_row_tells_tokens_and_cost_of_models_on_the_card() -> None:
    card = {"gpt-5.5": RateSettings(input=1.0, cached=0.5, output=10.0)}
    async with tree(rate_card=card) as on:
        await mark(on, "Search endpoint")
        assert str(on.main.task_tree.border_subtitle) == "implementer · 102k tok $0.090"
        await mark(on, "The plan")
        whole = "5 tasks · 102k tok $0.090 · 1 failed · 1 working · 3 queued"
        assert str(on.main.task_tree.border_subtitle) == whole
        assert "102k tok  $0.090" in on.text().splitlines()[0]


async def test_without_a_card_there_is_no_figure() -> None:
    async with tree() as on:
        await mark(on, "Search endpoint")
        assert str(on.main.task_tree.border_subtitle) == "implementer · 102k tok"
        assert "$" not in on.text().splitlines()[0]


@SIZES
async def test_slash_filters_by_words_and_state_and_escape_ends_it(size: tuple[int, int]) -> None:
    async with tree(size) as on:
        await on.press("slash")
        assert isinstance(on.app.focused, Input)
        await type_text(on.pilot, "limit")
        await on.until_shown("Tasks · /limit")
        assert [row.text for row in on.main.task_tree.rows.rows] == ["The plan", "Rate limits"]
        assert on.main.current == on.task("limits")
        await on.press("enter")
        assert on.app.focused is on.main.task_tree
        assert "1 of 5" in on.text()
        await on.press("slash", "backspace", "backspace", "backspace", "backspace", "backspace")
        await type_text(on.pilot, ":fail,work")
        titles = [row.text for row in on.main.task_tree.rows.rows if row.ref and row.sign and ":" not in row.key[-8:]]
        assert "Upgrade the linter" in titles
        assert "Search endpoint" in titles
        assert "Rate limits" not in titles
        await on.press("enter", "escape")
        await on.until_shown("Rate limits")
        assert str(on.main.task_tree.border_title) == "Tasks"
        await on.press("escape")
        assert on.app.focused is on.main.task_tree


async def test_a_filter_that_nothing_fits_says_how_to_end_it() -> None:
    async with tree() as on:
        await on.press("slash")
        await type_text(on.pilot, "xyzzy")
        await on.until_shown("No task fits. esc ends the filter.")
        await on.press("escape")
        await on.until_shown("Rate limits")


async def test_slash_elsewhere_looks_in_the_log() -> None:
    async with tree() as on:
        await on.press("3", "slash")
        assert on.app.focused.id == "search"


async def test_z_folds_every_group_and_unfolds_them_again() -> None:
    async with tree() as on:
        await on.press("z")
        assert [row.text for row in on.main.task_tree.rows.rows] == ["The plan"]
        await on.press("z")
        assert "Rate limits" in [row.text for row in on.main.task_tree.rows.rows]


async def test_enter_on_a_group_folds_it() -> None:
    async with tree() as on:
        await mark(on, "Product search")
        await on.press("enter")
        assert "Try it" not in [row.text for row in on.main.task_tree.rows.rows]
        assert on.app.focused is on.main.task_tree


async def test_p_pauses_a_task_and_lets_it_go_on() -> None:
    async with tree() as on:
        await mark(on, "Rate limits")
        await on.press("p")
        await on.until(lambda: on.fake.asked("pause") == [(on.task("limits"),)])
        await on.until_shown("‖ Rate limits")
        await on.press("p")
        await on.until(lambda: on.fake.asked("unpause") == [(on.task("limits"),)])


async def test_p_on_the_run_pauses_all_of_it() -> None:
    async with tree() as on:
        run = on.task("lint").run
        await mark(on, "The plan")
        await on.press("p")
        await on.until(lambda: on.fake.asked("pause_run") == [(run,)])
        await on.until(lambda: "paused by you" in str(on.main.task_tree.border_subtitle))
        await on.press("p")
        await on.until(lambda: on.fake.asked("resume_run") == [(run,)])


async def test_plus_and_minus_change_the_order() -> None:
    async with tree() as on:
        await mark(on, "Rate limits")
        await on.press("plus", "plus", "minus")
        await on.until(lambda: on.fake.asked("change_priority") == [(on.task("limits"), by) for by in (1, 1, -1)])
        await on.until_shown("priority 1")
        await mark(on, "Search endpoint")
        await on.press("plus")
        await on.until(lambda: "It has begun" in on.notes())


async def test_plus_on_the_run_is_for_all_that_has_not_begun() -> None:
    async with tree() as on:
        await mark(on, "The plan")
        await on.press("plus")
        wanted = [(on.task(name), 1) for name in ("try-it", "mend", "limits")]
        await on.until(lambda: on.fake.asked("change_priority") == wanted)


async def test_skip_asks_only_where_something_was_made() -> None:
    async with tree() as on:
        await mark(on, "Rate limits")
        await on.press("S")
        await on.until(lambda: on.fake.asked("skip") == [(on.task("limits"),)])
        await mark(on, "Upgrade the linter")
        await on.press("S")
        await on.until(lambda: isinstance(on.app.screen, ConfirmScreen))
        await on.press("escape")
        assert len(on.fake.asked("skip")) == 1
        await on.press("S")
        await on.until(lambda: isinstance(on.app.screen, ConfirmScreen))
        await on.press("S")
        await on.until(lambda: on.fake.asked("skip")[-1] == (on.task("lint"),))


async def test_retry_of_a_run_names_those_that_stopped() -> None:
    async with tree() as on:
        await mark(on, "The plan")
        await on.press("r")
        await on.until_shown("Begin again: 1 task?")
        await on.press("r")
        await on.until(lambda: on.fake.asked("retry") == [(on.task("lint"),)])


async def test_what_is_refused_is_told() -> None:
    async with tree() as on:
        on.fake.raises["pause"] = NotPossibleError("its turn did not end")
        await mark(on, "Rate limits")
        await on.press("p")
        await on.until(lambda: "its turn did not end" in on.notes())


async def test_keys_for_work_say_that_a_group_has_none() -> None:
    async with tree() as on:
        await mark(on, "Product search")
        for key in ("s", "d", "m", "i"):
            await on.press(key)
            await on.until(lambda: "It holds other tasks" in on.notes())


@SIZES
async def test_w_tells_what_next_and_goes_there(size: tuple[int, int]) -> None:
    async with tree(size) as on:
        await on.press("w")
        await on.until(lambda: isinstance(on.app.screen, WhatNextScreen))
        for part in ("Needs you", "1 task waits for it.", "At work: 1 of 8", "Begins next"):
            await on.until_shown(part)
        on.fake.apply(ev.TaskHeld(ref=on.task("limits")))
        on.fake.waiting = {**on.fake.waiting, on.task("limits"): Wait(Reason.HELD)}
        on.fake.wake()
        if size == WIDE:
            await on.until_shown("You paused it")
        await on.press("enter")
        await on.until(lambda: not isinstance(on.app.screen, WhatNextScreen))
        assert on.main.current == on.task("lint")


async def test_a_rate_limit_that_holds_tasks_is_on_the_screen() -> None:
    async with tree() as on:
        on.fake.rate_hold = RateLimits(used_percent=96, resets_at_s=None)
        on.fake.wake()
        await on.until_shown("rate limit 96%")
        assert "rate limit 96%: nothing begins" in on.text().splitlines()[0]


async def test_waiting_to_close_ends_when_only_the_person_could_go_on() -> None:
    told, refs = planned(spec("lint", "Lint"), spec("mend", "Mend", depends_on=("lint",)), title="Both")
    told.start(refs["lint"])
    async with shown(told) as on:
        on.fake.waiting = {refs["mend"]: Wait(Reason.DEPENDENCY, (refs["lint"],))}
        on.main.wait_to_close(True)
        await on.pilot.pause()
        assert on.app.return_value is None
        told.fail(refs["lint"], NOT_LOGGED_IN)
        on.fake.waiting = {refs["mend"]: Wait(Reason.BLOCKED, (refs["lint"],))}
        on.fake.wake()
        await on.until(lambda: on.app.return_value == 0)
