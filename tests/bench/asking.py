"""How soon a person can see, and hear, that a worker waits for them: twenty workers, a terminal, and a clock for both.

A worker writes down the moment at which it asks. The terminal keeps every block of output with its time. The count of
open questions on the top line tells which questions a frame shows; the bell that follows such a frame tells of them.
"""

import json
import re
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tests.bench.scene import scene
from tests.bench.session import Session, percentiles, probed

WORKERS = 20
LINES_PER_S = 100
"""Of each worker, beside its questions: nobody asks into a silent program."""
QUESTION_EVERY_S = 2.0
"""Of each worker: ten a second from all of them together."""
_SETTLED_S = 2.0
_COUNT = re.compile(rb"! (\d+) needs? you")
_OSC = re.compile(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Percentiles in milliseconds."""

    questions: int
    visible_ms: dict[str, float]
    bell_ms: dict[str, float]


def spread(questions: int) -> Delays:
    """Each worker asks so many questions at random moments."""
    return _measured(questions, questions * QUESTION_EVERY_S, together=False)


def at_once(questions: int) -> Delays:
    """All workers ask in the same moment, so many times."""
    return _measured(questions, questions * QUESTION_EVERY_S, together=True)


def _measured(questions: int, within_s: float, *, together: bool) -> Delays:
    with scene() as place:
        go = place.root / "go"
        lines = round(LINES_PER_S * (within_s + 60))
        order = {
            "lines": lines,
            "per_s": LINES_PER_S,
            "asks": questions,
            "within_s": within_s,
            "together": together,
            "go": str(go),
        }
        with probed(place, WORKERS, order) as session:
            session.until_all(lambda log: log.stat().st_size > 20_000)
            session.stop_probe()
            time.sleep(_SETTLED_S)
            offset = session.terminal.offset
            go.touch()
            session.wait(lambda: len(_asked_s(session)) == WORKERS * questions)
            time.sleep(_SETTLED_S)
            return _delays(_asked_s(session), session.terminal.timed_since(offset))


def _asked_s(session: Session) -> list[float]:
    """When each question was asked, in order."""
    told = [json.loads(line) for log in session.logs() for line in (log.parent / "stderr.log").read_text().splitlines()]
    return sorted(each["asked_s"] for each in told if "asked_s" in each)


def _delays(asked_s: Sequence[float], blocks: Sequence[tuple[float, bytes]]) -> Delays:
    output = b"".join(block for _, block in blocks)
    ends = list(accumulate(len(block) for _, block in blocks))

    def time_of(position: int) -> float:
        return blocks[bisect_right(ends, position)][0]

    counts = [(match.end(), int(match[1])) for match in _COUNT.finditer(output)]
    silent = _OSC.sub(lambda match: b"." * len(match[0]), output)
    bells = [match.start() for match in re.finditer(rb"\x07", silent)]
    visible_ms, bell_ms = [], []
    for number, at_s in enumerate(asked_s, start=1):
        shown = next(position for position, count in counts if count >= number)
        heard = next(position for position in bells if position >= shown)
        visible_ms.append((time_of(shown - 1) - at_s) * 1000)
        bell_ms.append((time_of(heard) - at_s) * 1000)
    return Delays(questions=len(asked_s), visible_ms=percentiles(visible_ms), bell_ms=percentiles(bell_ms))
