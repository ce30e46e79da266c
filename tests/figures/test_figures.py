"""Short forms of the figures that need a terminal of their own."""

import re
from pathlib import Path

import pytest

from tests.bench.asking import spread
from tests.figures import schedule, text_safety
from tests.figures.__main__ import FIGURES
from tests.figures.hostile_strings import INVISIBLE, SEQUENCES, hostile_strings
from tests.figures.shown_text import BATCH
from tests.figures.text_safety import kinds_of

OURS = "\x1b[3;7H\x1b[0;38;2;1;2;3;48;2;9;9;9mwords\x1b[0m"


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


def test_a_worker_that_waits_is_seen_and_heard_soon() -> None:
    """With bounds that a busy machine keeps; the figure itself has those of the goal."""
    delays = spread(1)
    assert delays.questions == 20
    assert delays.visible_ms["p50"] < 300
    assert delays.bell_ms["p50"] < 600


def test_plans_are_scheduled_soon_and_right() -> None:
    """With a bound that a busy machine keeps; the figure itself has that of the goal."""
    assert schedule.decision_times(5)["best"] < 3 * schedule.DECISION_GOAL_MS
    assert schedule.play_plans(300)["wrong"] == {}


async def test_stand_in_workers_lose_no_task_and_never_share_a_claim() -> None:
    found = await schedule.team_at_work(3, workers=12)
    assert found["holds"], found


def test_every_figure_is_run_by_the_command() -> None:
    here = Path(__file__).parent
    made = {file.stem for file in here.glob("*.py") if re.search(r"^def run\(", file.read_text("utf-8"), re.MULTILINE)}
    assert made == set(FIGURES)
