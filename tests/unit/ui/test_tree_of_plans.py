"""The rows of a plan: sums of groups, what waits for what, the filter; kept up to date as if they were made anew."""

import random
from dataclasses import replace
from itertools import islice

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.cost import Rates
from codex_orch_tui.domain.ids import TaskId, TaskRef, ThreadId
from codex_orch_tui.domain.item import Fault, FaultKind, ItemKind, Usage
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.presentation.clock import dollars
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.roll_up import spent
from codex_orch_tui.ui.presentation.rows import Row, Sheet
from codex_orch_tui.ui.presentation.task_filter import parsed
from codex_orch_tui.ui.presentation.task_rows import TaskRows
from codex_orch_tui.ui.presentation.wait_words import is_stuck, wait_words
from codex_orch_tui.ui.presentation.what_next import Moment, first_open, what_next
from codex_orch_tui.ui.presentation.worktree_rows import WorktreeRows
from tests.bench.tree import big_plan, big_story, big_waits, happenings
from tests.fakes.plans import planned, spec
from tests.fakes.states import NOT_LOGGED_IN, Story

CARD = {"gpt-5.5": Rates(input=1.0, cached=0.5, output=10.0)}


def two_levels() -> tuple[Story, dict[str, TaskRef]]:
    return planned(
        spec("epic", "Epic", prompt=""),
        spec("feature", "Feature", prompt="", parent="epic"),
        spec("one", "One", parent="feature", model="gpt-5.5"),
        spec("two", "Two", parent="feature", model="gpt-5.5"),
        spec("three", "Three", parent="epic"),
        title="The plan",
    )


def named(rows: TaskRows, story: Story, text: str, waits: dict[TaskRef, Wait] | None = None) -> Row:
    return next(row for row in rows.sheet(story.state, waits).rows if row.text == text)


def shape(sheet: Sheet) -> list[str]:
    return ["  " * row.depth + f"{row.sign} {row.text}" for row in sheet.rows]


# -- groups -----------------------------------------------------------------------------------------------------------


def test_groups_hold_their_tasks_and_look_like_their_most_urgent_one() -> None:
    story, refs = two_levels()
    rows = TaskRows()
    assert shape(rows.sheet(story.state)) == [
        "◌ The plan",
        "  ◌ Epic",
        "    ◌ Feature",
        "      ◌ One",
        "      ◌ Two",
        "    ◌ Three",
    ]
    story.start(refs["one"])
    assert named(rows, story, "Feature").sign == "●"
    story.ask(refs["one"])
    assert {named(rows, story, text).sign for text in ("The plan", "Epic", "Feature")} == {"!"}
    assert named(rows, story, "Epic").details == ("1 asks",)


def test_progress_counts_what_is_done_and_leaves_out_what_was_given_up() -> None:
    story, refs = two_levels()
    rows = TaskRows()
    assert named(rows, story, "Feature").remark == "░░░░░░ 0/2"
    story.start(refs["one"])
    story.finish(refs["one"])
    assert named(rows, story, "Feature").remark == "▓▓▓░░░ 1/2"
    assert named(rows, story, "The plan").remark == "▓▓░░░░ 1/3"
    story.tell(ev.TaskDiscarded(ref=refs["two"], backup_ref=""))
    assert named(rows, story, "Feature").remark == "▓▓▓▓▓▓ 1/1"
    assert named(TaskRows(ascii_only=True), story, "The plan").remark == "###... 1/2"


def test_a_level_takes_from_its_first_start_to_its_last_end() -> None:
    story, refs = two_levels()
    rows = TaskRows()
    assert (named(rows, story, "Feature").tail, named(rows, story, "Feature").since_s) == ("", None)
    story.start(refs["one"])
    began_s = story.state.tasks[refs["one"]].started_at_s
    assert named(rows, story, "Feature").since_s == began_s
    story.finish(refs["one"])
    first_end_s = story.now_s
    assert named(rows, story, "Feature").tail == f"{int(first_end_s - (began_s or 0))}s"
    story.start(refs["two"], after_s=60)
    story.finish(refs["two"])
    assert named(rows, story, "Feature").tail == "2m11s"
    story.tell(ev.TaskRestarted(ref=refs["one"]))
    assert named(rows, story, "Feature").tail == named(TaskRows(), story, "Feature").tail == "1m05s"


def test_tokens_and_cost_are_summed_and_a_model_without_rates_has_no_figure() -> None:
    story, refs = two_levels()
    rows = TaskRows(card=CARD)
    used = Usage(input_tokens=100_000, cached_input_tokens=60_000, output_tokens=2_000, total_tokens=102_000)
    for name in ("one", "two"):
        story.start(refs[name])
        story.tell(ev.UsageUpdated(ref=refs[name], usage=used))
    assert named(rows, story, "Feature").details[0] == "204k tok $0.18"
    assert named(rows, story, "The plan").details[0] == "204k tok $0.18"
    story.start(refs["three"])
    story.tell(ev.UsageUpdated(ref=refs["three"], usage=used))
    assert named(rows, story, "Feature").details[0] == "204k tok $0.18"
    assert named(rows, story, "The plan").details[0] == "306k tok"


def test_tokens_of_earlier_attempts_stay_in_the_sum() -> None:
    story, refs = two_levels()
    story.start(refs["one"])
    story.tell(ev.UsageUpdated(ref=refs["one"], usage=Usage(input_tokens=1_000_000, total_tokens=1_000_000)))
    story.fail(refs["one"], NOT_LOGGED_IN)
    story.tell(ev.TaskRestarted(ref=refs["one"]))
    assert named(TaskRows(card=CARD), story, "Feature").details[0] == "1.0M tok $1.00"


@pytest.mark.parametrize(
    ("cost", "told"), [(0.0004, "<$0.001"), (0.09, "$0.090"), (1.924, "$1.92"), (412.4, "$412"), (12_345.0, "$12,345")]
)
def test_small_and_large_amounts(cost: float, told: str) -> None:
    assert dollars(cost) == told


def test_nothing_used_is_nothing_told() -> None:
    assert spent(0, None) == spent(0, 0.0) == ""
    assert spent(900, 0.0) == "900 tok"


def test_a_parent_that_cannot_be_leaves_its_tasks_at_the_top() -> None:
    story, _ = planned(
        spec("a", "A", parent="b"), spec("b", "B", parent="a"), spec("c", "C", parent="nowhere"), title="Odd"
    )
    assert shape(TaskRows().sheet(story.state)) == ["◌ Odd", "  ◌ A", "  ◌ B", "  ◌ C"]


def test_a_nesting_of_five_thousand_levels_is_shown() -> None:
    story, _ = planned(
        spec("t0", "T0", prompt=""),
        *(spec(f"t{number}", f"T{number}", parent=f"t{number - 1}") for number in range(1, 5_000)),
        title="Deep",
    )
    assert len(TaskRows().sheet(story.state).rows) == 5_001


def test_sub_agents_are_seen_without_unfolding_the_turn() -> None:
    story, refs = two_levels()
    story.start(refs["one"])
    story.item(refs["one"], ItemKind.SUB_AGENT, "spawnAgent look at the routes", done=False)
    story.item(refs["one"], ItemKind.SUB_AGENT, "spawnAgent find the tests")
    rows = [row for row in TaskRows().sheet(story.state).rows if row.sign == "◇"]
    assert [(row.text, row.remark) for row in rows] == [
        ("spawnAgent look at the routes", "working"),
        ("spawnAgent find the tests", ""),
    ]


def test_a_paused_run_says_so() -> None:
    story, refs = two_levels()
    story.tell(ev.RunPaused(run=refs["one"].run, cause="paused by you"))
    rows = TaskRows()
    row = named(rows, story, "The plan")
    assert row.details == ("paused",)
    assert rows.told(row) == "3 tasks · paused by you · 3 queued"


# -- what waits for what ----------------------------------------------------------------------------------------------


def test_each_reason_has_its_words() -> None:
    story, refs = two_levels()
    story.start(refs["one"])
    story.fail(refs["one"], NOT_LOGGED_IN)
    some = tuple(TaskRef(refs["one"].run, TaskId(name)) for name in "abcd")
    told = {reason: wait_words(Wait(reason, some), story.state) for reason in (Reason.DEPENDENCY, Reason.CLAIM)}
    assert told == {Reason.DEPENDENCY: "waits for a, b +2", Reason.CLAIM: "same files as a, b +2"}
    assert wait_words(Wait(Reason.BLOCKED, (refs["one"],)), story.state) == "blocked: one failed"
    assert wait_words(Wait(Reason.HELD), story.state) == "paused"
    assert wait_words(Wait(Reason.RATE_LIMIT), story.state) == "rate limit"
    assert wait_words(Wait(Reason.SLOT), story.state) == ""


def test_the_row_of_a_task_says_what_it_waits_for() -> None:
    story, refs = two_levels()
    rows = TaskRows()
    waits = {refs["two"]: Wait(Reason.DEPENDENCY, (refs["one"],)), refs["three"]: Wait(Reason.SLOT)}
    two, three = (named(rows, story, text, waits) for text in ("Two", "Three"))
    assert (two.sign, two.remark, two.is_cut) == ("○", "waits for one", True)
    assert (three.sign, three.remark, three.is_cut) == ("◌", "queued", False)
    story.start(refs["one"])
    story.fail(refs["one"], Fault(kind=FaultKind.OTHER, message="no"))
    waits = {refs["two"]: Wait(Reason.BLOCKED, (refs["one"],))}
    assert named(rows, story, "Two", waits).remark == "blocked: one failed"
    story.tell(ev.TaskDiscarded(ref=refs["one"], backup_ref=""))
    assert named(rows, story, "Two", waits).remark == "blocked: one discarded"


def test_a_paused_task_says_so_also_when_its_turn_was_interrupted() -> None:
    story, refs = two_levels()
    story.tell(ev.TaskHeld(ref=refs["two"]))
    story.start(refs["one"])
    story.tell(ev.TaskHeld(ref=refs["one"]))
    story.tell(ev.TaskInterrupted(ref=refs["one"], cause="paused by you"))
    rows = TaskRows()
    assert [(row.sign, row.remark) for row in (named(rows, story, "One"), named(rows, story, "Two"))] == [
        ("‖", "paused"),
        ("‖", "paused"),
    ]


def test_one_typed_task_has_no_sums_and_no_details() -> None:
    story = Story()
    (ref,) = story.run(("Only task",))
    story.start(ref)
    story.tell(ev.UsageUpdated(ref=ref, usage=Usage(total_tokens=9_000)))
    rows = TaskRows(card=CARD)
    first = rows.sheet(story.state).rows[0]
    assert (first.text, first.depth, first.details, first.remark, first.remark_tone) == (
        "Only task",
        0,
        (),
        "working",
        Tone.QUIET,
    )
    assert rows.told(first) == ""


# -- the filter -------------------------------------------------------------------------------------------------------


def found(rows: TaskRows, story: Story, typed: str, waits: dict[TaskRef, Wait] | None = None) -> list[str]:
    rows.set_filter(parsed(typed))
    return [row.text for row in rows.sheet(story.state, waits).rows if row.sign]


def test_words_fit_title_id_role_and_state() -> None:
    story, refs = two_levels()
    rows = TaskRows()
    story.start(refs["one"])
    assert found(rows, story, "thr") == ["The plan", "Epic", "Three"]
    assert found(rows, story, "working") == ["The plan", "Epic", "Feature", "One"]
    assert found(rows, story, "implementer two") == ["The plan", "Epic", "Feature", "Two"]
    assert found(rows, story, "feature") == ["The plan", "Epic", "Feature", "One", "Two"]
    assert found(rows, story, ":work") == ["The plan", "Epic", "Feature", "One"]
    assert found(rows, story, ":work,queued thr") == ["The plan", "Epic", "Three"]
    assert found(rows, story, "nothing like it") == []
    assert found(rows, story, "") == ["The plan", "Epic", "Feature", "One", "Two", "Three"]


def test_waiting_and_blocked_tasks_are_found_by_these_words() -> None:
    story, refs = two_levels()
    waits = {refs["two"]: Wait(Reason.BLOCKED, (refs["one"],)), refs["three"]: Wait(Reason.HELD)}
    rows = TaskRows()
    assert found(rows, story, ":blocked", waits)[-1] == "Two"
    assert found(rows, story, ":waits", waits)[-1] == "Two"
    assert found(rows, story, ":paused", waits)[-1] == "Three"


def test_what_happens_while_it_is_filtered_changes_what_fits() -> None:
    story, refs = two_levels()
    rows = TaskRows()
    assert found(rows, story, ":work") == []
    story.start(refs["two"])
    assert [row.text for row in rows.sheet(story.state).rows if row.sign] == ["The plan", "Epic", "Feature", "Two"]
    assert rows.fitting() == (1, 3)
    story.finish(refs["two"])
    assert [row.text for row in rows.sheet(story.state).rows] == []


def test_folds_under_a_filter_do_not_outlive_it() -> None:
    story, _ = two_levels()
    rows = TaskRows()
    rows.set_filter(parsed("two"))
    rows.set_open(named(rows, story, "Epic"), False)
    assert [row.text for row in rows.sheet(story.state).rows] == ["The plan", "Epic"]
    rows.set_filter(parsed(""))
    assert len(rows.sheet(story.state).rows) == 6


# -- kept up to date --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_rows_that_were_kept_are_those_that_would_be_made_anew(seed: int) -> None:
    chance = random.Random(seed)
    story = big_story(120)
    waits = big_waits(story)
    kept, table = TaskRows(card=CARD), WorktreeRows()
    refs = list(story.state.tasks)
    coming = happenings(story)
    for step in range(60):
        for event in islice(coming, chance.randrange(40)):
            story.tell(event, after_s=1.0)
        _disturb(chance, story, refs)
        if chance.random() < 0.5:
            waits = {
                ref: wait if chance.random() < 0.9 else Wait(Reason.BLOCKED, (chance.choice(refs),))
                for ref, wait in waits.items()
            }
        if step == 30:
            story.tell(ev.RunCreated(run=refs[0].run.__class__("later"), plan=big_plan(30), base_branch="main"))
        wanted = parsed(chance.choice(["", "", ":work", "case 1", ":waits,review"]))
        fresh = TaskRows(card=CARD)
        for rows in (kept, fresh):
            rows.set_filter(wanted)
        assert kept.sheet(story.state, waits) == fresh.sheet(story.state, waits)
        assert kept.fitting() == fresh.fitting()
        assert table.sheet(story.state) == WorktreeRows().sheet(story.state)


def _disturb(chance: random.Random, story: Story, refs: list[TaskRef]) -> None:
    """What comes from the side: a retry, a discard, another priority, a pause, an edited plan."""
    ref = chance.choice(refs)
    task = story.state.tasks[ref]
    if task.spec.is_group:
        return
    match chance.randrange(6):
        case 0:
            story.tell(ev.TaskRestarted(ref=ref))
        case 1:
            story.tell(ev.TaskDiscarded(ref=ref, backup_ref=""))
        case 2:
            story.tell(ev.PriorityChanged(ref=ref, priority=chance.randrange(3)))
        case 3:
            story.tell(ev.TaskHeld(ref=ref))
        case 4:
            edited = replace(task, spec=replace(task.spec, parent=TaskId("feature-0"), title="Edited"))
            story.state = replace(story.state, tasks={**story.state.tasks, ref: edited})
        case _:
            story.tell(ev.TaskFailed(ref=ref, fault=NOT_LOGGED_IN))


def test_an_unchanged_state_costs_no_row() -> None:
    story = big_story(200)
    rows = TaskRows()
    before = rows.sheet(story.state, {}).rows
    after = rows.sheet(story.state, {}).rows
    assert all(one is other for one, other in zip(before, after, strict=True))


# -- what next --------------------------------------------------------------------------------------------------------


def told(state: State, waits: dict[TaskRef, Wait], slots: int = 2) -> list[str]:
    return [row.text for row in what_next(Moment(state=state, waits=waits, slots=slots))]


def test_what_next_tells_what_needs_you_first_and_why_the_rest_waits() -> None:
    story, refs = planned(
        *(spec(name, name.title()) for name in ("ask", "broken", "after", "queued", "same", "held")), title="The plan"
    )
    story.start(refs["ask"])
    story.ask(refs["ask"])
    story.start(refs["broken"])
    story.fail(refs["broken"], NOT_LOGGED_IN)
    story.tell(ev.TaskHeld(ref=refs["held"]))
    waits = {
        refs["after"]: Wait(Reason.BLOCKED, (refs["broken"],)),
        refs["queued"]: Wait(Reason.SLOT),
        refs["same"]: Wait(Reason.CLAIM, (refs["ask"],)),
        refs["held"]: Wait(Reason.HELD),
    }
    assert told(story.state, waits) == [
        "Needs you",
        "Ask",
        "It waits for your answer: g goes to it.",
        "Broken",
        "1 task waits for it. c continues, r begins again, S does without.",
        "Begins next",
        "Queued",
        "All 2 workers are busy: it begins when one is free.",
        "Same",
        "Its paths meet those of ask (asks).",
        "Cannot begin",
        "After",
        "It needs broken (failed): r there begins again, S there does without.",
        "Paused",
        "Held",
        "You paused it: p lets it go on.",
    ]


def test_a_paused_run_goes_on_at_its_first_case_that_is_not_done() -> None:
    story, refs = planned(spec("one", "One"), spec("two", "Two"), spec("three", "Three"), title="The plan")
    story.start(refs["one"])
    story.finish(refs["one"])
    run = refs["one"].run
    story.tell(ev.RunPaused(run=run, cause="the program ended"))
    assert first_open(story.state, story.state.runs[run]) == refs["two"]
    waits = {refs[name]: Wait(Reason.HELD) for name in ("two", "three")}
    lines = told(story.state, waits)
    assert lines[:3] == [
        "Paused",
        "Two",
        "The plan: the program ended. p on the run goes on, here first; 2 to do.",
    ]


def test_of_thousands_a_few_are_named() -> None:
    story = big_story(5_000)
    lines = told(story.state, big_waits(story))
    assert len(lines) < 40
    assert "and 4,795 more" in lines


def test_with_nothing_to_do_it_says_so() -> None:
    assert told(Story().state, {}) == ["n starts a task."]


def test_stuck_is_when_only_a_person_can_go_on() -> None:
    story, refs = planned(spec("one", "One"), spec("two", "Two"), title="Both")
    blocked = {refs["two"]: Wait(Reason.BLOCKED, (refs["one"],))}
    assert not is_stuck(story.state, blocked)
    story.start(refs["one"])
    assert not is_stuck(story.state, blocked)
    story.fail(refs["one"], NOT_LOGGED_IN)
    assert is_stuck(story.state, blocked)
    assert not is_stuck(story.state, {refs["two"]: Wait(Reason.RATE_LIMIT)})


def test_the_model_that_codex_names_counts_for_the_cost() -> None:
    story, refs = two_levels()
    story.start(refs["three"])
    story.tell(ev.ThreadOpened(ref=refs["three"], thread=ThreadId("t"), resumed=False, model="gpt-5.5"))
    story.tell(ev.UsageUpdated(ref=refs["three"], usage=Usage(output_tokens=100_000, total_tokens=100_000)))
    assert named(TaskRows(card=CARD), story, "Epic").details[0] == "100k tok $1.00"
