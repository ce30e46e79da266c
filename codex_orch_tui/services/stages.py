"""The commands of a pipeline, one after the other, until one is not green."""

import time
from collections.abc import Awaitable, Callable, Sequence

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.pipeline import Step
from codex_orch_tui.services.check_result import StageResult

_LEAST_S = 0.05
_GO_ON = frozenset({CheckOutcome.PASSED, CheckOutcome.SKIPPED})


async def run_stages(
    steps: Sequence[Step], run: Callable[[Step, float], Awaitable[StageResult]], time_limit_s: float
) -> list[tuple[Step, StageResult]]:
    """Run them.

    Args:
        steps: the pipeline, written out.
        run: runs one of them within so many seconds.
        time_limit_s: of a step that has none of its own.

    Returns:
        Those that have run, or should have; the last is the one that it ended at.
    """
    begun_s: dict[str, float] = {}
    done: list[tuple[Step, StageResult]] = []
    for step in steps:
        now_s = time.monotonic()
        own_s = step.time_limit_s if step.time_limit_s is not None else time_limit_s
        left_s = [limit_s - (now_s - begun_s.setdefault(path, now_s)) for path, limit_s in step.within]
        result = await run(step, max(_LEAST_S, min((own_s, *left_s))))
        done.append((step, result))
        if result.outcome not in _GO_ON:
            break
    return done


def whole(done: Sequence[tuple[Step, StageResult]]) -> StageResult:
    """How the pipeline ended: as its last step did, in the time of all."""
    _, last = done[-1]
    return StageResult(
        outcome=last.outcome,
        exit_code=last.exit_code,
        duration_ms=sum(result.duration_ms or 0 for _, result in done),
        output_tail=last.output_tail,
        reason=last.reason,
    )
