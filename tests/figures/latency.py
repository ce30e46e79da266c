"""From the moment at which a worker waits for the person to what they see and hear, with twenty workers."""

from typing import Any

from tests.bench.figures import Settings, blocked


def run(questions: int = 5) -> dict[str, Any]:
    """The figure: percentiles in milliseconds, asked at random moments and by all workers at once.

    Args:
        questions: how often each worker asks.
    """
    found = blocked(Settings(questions=questions))
    holds = all(each[what]["holds"] for each in found.values() for what in ("visible_ms", "bell_ms"))
    return {**found, "goal": {"visible_ms": {"p95": 100}, "bell_ms": {"p95": 250}}, "holds": holds}
