"""Short forms of the figures that need a terminal of their own."""

import re
from pathlib import Path

import pytest

from tests.bench.asking import spread
from tests.figures import inbox, logs, replay, schedule, status, text_safety, twelve_workers, viewer
from tests.figures.__main__ import FIGURES
from tests.figures.hostile_strings import INVISIBLE, SEQUENCES, hostile_strings
from tests.figures.shown_text import BATCH
from tests.figures.text_safety import kinds_of

OURS = "\x1b[3;7H\x1b[0;38;2;1;2;3;48;2;9;9;9mwords\x1b[0m"


@pytest.mark.slow
def test_no_hostile_text_commands_the_terminal_in_any_widget() -> None:
    found = text_safety.run(2 * BATCH)
    assert found["kinds"] == {}
    assert found["not_painted"] == {}
    assert found["holds"]


@pytest.mark.parametrize("text", [*SEQUENCES, *INVISIBLE, "\x07", "\r", "\x00", "\udcff"])
def test_each_of_them_would_be_seen(text: str) -> None:
    assert kinds_of(f"{OURS}{text}x{OURS}") - kinds_of(OURS) - text_safety._ATTRIBUTES


def test_the_strings_are_the_same_at_every_run_and_hostile() -> None:
    strings = hostile_strings(400)
    assert strings == hostile_strings(400)
    assert len(set(strings)) == 400
    assert sum(1 for text in strings if kinds_of(text)) > 250


@pytest.mark.slow
def test_a_worker_that_waits_is_seen_and_heard_soon() -> None:
    """With bounds that a busy machine keeps; the figure itself has those of the goal."""
    delays = spread(1)
    assert delays.questions == 20
    assert delays.visible_ms["p50"] < 300
    assert delays.bell_ms["p50"] < 600


@pytest.mark.slow
def test_plans_are_scheduled_soon_and_right() -> None:
    """With a bound that a busy machine keeps; the figure itself has that of the goal."""
    assert schedule.decision_times(5)["best"] < 3 * schedule.DECISION_GOAL_MS
    assert schedule.play_plans(300)["wrong"] == {}


@pytest.mark.slow
def test_no_command_is_lost_or_done_twice_when_the_holder_is_killed() -> None:
    """With a bound that a busy machine keeps; the figure itself has that of the goal."""
    found = inbox.run(150, kills=2)
    assert {name: found[name] for name in ("lost", "twice", "told_and_not_done", "wrong")} == {
        "lost": 0,
        "twice": 0,
        "told_and_not_done": 0,
        "wrong": 0,
    }
    assert found["kills"] >= 1
    assert found["took_s"] < inbox.GOAL_S


@pytest.mark.slow
def test_a_viewer_shows_soon_what_happens() -> None:
    """With a bound that a busy machine keeps; the figure itself has that of the goal."""
    assert viewer.run(20)["shown_ms"]["p50"] < 2 * viewer.GOAL_MS


@pytest.mark.slow
async def test_stand_in_workers_lose_no_task_and_never_share_a_claim() -> None:
    found = await schedule.team_at_work(3, workers=12)
    assert found["holds"], found


@pytest.mark.slow
@pytest.mark.codex
def test_supervising_takes_a_part_of_what_the_workers_take() -> None:
    """Of memory; so few workers do not outweigh the processor time of our own start."""
    found = twelve_workers.run(workers=2, turns=2)
    assert found["turns_of_each"] == [2, 2]
    assert found["most_at_once"] == 2
    assert 0 < found["ratio"]["mib"] < 1
    assert min(found["ours"]["cpu_s"], found["workers_all"]["cpu_s"]) > 0


@pytest.mark.slow
def test_a_long_run_is_seen_at_once_and_at_constant_memory() -> None:
    """With bounds that a busy machine keeps; the figure itself has those of the goal."""
    found = replay.run(**FIGURES["replay"])
    assert found["first_frame_s"]["lowest"] < 10 * replay.FIRST_FRAME_GOAL_S
    assert found["more_than_the_short_one_mib"] < replay.GROWTH_GOAL_MIB


@pytest.mark.slow
def test_the_end_of_a_long_log_is_there_at_constant_memory() -> None:
    found = logs.run(**FIGURES["logs"])
    assert found["more_memory_than_the_short_one_mib"] < logs.GROWTH_GOAL_MIB
    assert found["tail"]["readable"]["long"]["processor_s"] < 3 * logs.GOAL_S


@pytest.mark.slow
def test_status_does_not_read_the_whole_past() -> None:
    found = status.run(**FIGURES["status"])
    assert found["same_text"]
    assert found["status_json"]["processor_s"] < status.GOAL_S
    assert found["help"]["processor_s"] < status.HELP_GOAL_S
    assert found["status_json"]["processor_s"] < found["from_the_whole_journal"]["processor_s"]


def test_every_figure_is_run_by_the_command() -> None:
    here = Path(__file__).parent
    made = {file.stem for file in here.glob("*.py") if re.search(r"^def run\(", file.read_text("utf-8"), re.MULTILINE)}
    assert made == set(FIGURES)
