"""Short forms of the figures, with bounds that a busy machine keeps and a design fault does not.

What `python -m tests.bench` measures at leisure is compared here with a bare Textual app in the same minute, or is
counted, which no machine can make worse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import pytest

from tests.bench.figures import Settings, keys, starts
from tests.bench.session import PER_S, WORKERS, working
from tests.bench.tree import measured as tree_frames

FLOOD_S = 4


pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Flooded:
    """What a session told while its workers streamed, and afterwards."""

    lags_ms: dict[str, float]
    cores: float
    sent: dict[str, int]
    kept: dict[str, int]
    uss_mib: float
    at_rest: dict[str, float]


@pytest.fixture(scope="module")
def flooded() -> Iterator[Flooded]:
    """Eight workers at full pace for some seconds, then the same workers with nothing to do."""
    with working(lines=PER_S * FLOOD_S) as session:
        session.until_flowing()
        session.terminal.press(b"3")
        lags_ms = session.lags_ms(FLOOD_S * 0.35)
        cores = session.cores(FLOOD_S * 0.35)
        session.until_done()
        session.until_reported()
        session.terminal.until_quiet(1.2)
        at_rest = session.at_rest(2.5)
        sent, kept = session.lines()
        yield Flooded(lags_ms=lags_ms, cores=cores, sent=sent, kept=kept, uss_mib=session.uss_mib(), at_rest=at_rest)


def test_every_line_that_a_worker_sent_is_in_its_file(flooded: Flooded) -> None:
    assert len(flooded.sent) == WORKERS
    assert min(flooded.sent.values()) > PER_S * FLOOD_S
    assert flooded.kept == flooded.sent


def test_a_flood_takes_half_a_core_and_leaves_the_event_loop_free(flooded: Flooded) -> None:
    assert flooded.cores < 0.75
    assert flooded.lags_ms["p50"] < 4
    assert flooded.lags_ms["p95"] < 60


def test_two_hundred_thousand_lines_do_not_stay_in_memory(flooded: Flooded) -> None:
    assert sum(flooded.kept.values()) > 200_000
    assert flooded.uss_mib < 120


def test_idle_workers_cost_nothing(flooded: Flooded) -> None:
    assert flooded.at_rest["terminal_bytes"] == 0
    assert flooded.at_rest["cpu_percent"] < 2


def test_the_first_paint_comes_soon_after_that_of_a_bare_app() -> None:
    lowest = {name: min(times) for name, times in starts(rounds=2).items()}
    assert lowest["tasks_0"] < 4 * lowest["bare"]
    assert lowest["tasks_200"] < 5.5 * lowest["bare"]


def test_a_tree_of_five_thousand_tasks_is_drawn_in_a_frame() -> None:
    found = tree_frames(frames=40)
    assert median(found["tree"]) < 16
    assert median(found["screen"]) < 33


def test_a_key_is_painted_about_as_soon_as_in_a_bare_app() -> None:
    found = keys(Settings(presses=12))
    assert found["p50"] < 4 * found["bare"]["p50"]
