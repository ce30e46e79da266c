"""The commands of a pipeline one after the other: the first that is not green ends it, and time is shared."""

import pytest

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.pipeline import Step
from codex_orch_tui.services import stages
from codex_orch_tui.services.check_result import StageResult
from codex_orch_tui.services.stages import run_stages, whole

RED = StageResult(outcome=CheckOutcome.FAILED, exit_code=3, duration_ms=20, output_tail="no")
GREEN = StageResult(outcome=CheckOutcome.PASSED, exit_code=0, duration_ms=10)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(stages, "time", made)
    return made


async def limits(steps: list[Step], clock: Clock, *, each_s: float = 0.0, result: StageResult = GREEN) -> list[float]:
    """The seconds that each command was given, when each takes so many."""
    given: list[float] = []

    async def run(_step: Step, limit_s: float) -> StageResult:
        given.append(limit_s)
        clock.now_s += each_s
        return result

    await run_stages(steps, run, 600.0)
    return given


@pytest.mark.parametrize(
    ("outcome", "ran"),
    [
        (CheckOutcome.FAILED, 2),
        (CheckOutcome.TIMED_OUT, 2),
        (CheckOutcome.NOT_RUN, 2),
        (CheckOutcome.SKIPPED, 3),
        (CheckOutcome.PASSED, 3),
    ],
)
async def test_the_first_that_is_not_green_ends_it(outcome: CheckOutcome, ran: int) -> None:
    seen: list[str] = []

    async def run(step: Step, _limit_s: float) -> StageResult:
        seen.append(step.path)
        return GREEN if step.path != "b" else StageResult(outcome=outcome)

    done = await run_stages([Step(path=path, line="ls") for path in "abc"], run, 600.0)
    assert seen == ["a", "b", "c"][:ran]
    assert [step.path for step, _ in done] == seen


async def test_a_command_has_its_own_limit_or_that_of_all_checks(clock: Clock) -> None:
    steps = [Step(path="a", line="ls"), Step(path="b", line="ls", time_limit_s=5.0)]
    assert await limits(steps, clock) == [600.0, 5.0]


async def test_what_is_in_a_nested_pipeline_shares_its_time(clock: Clock) -> None:
    around = (("outer", 100.0), ("outer/inner", 30.0))
    steps = [
        Step(path="before", line="ls"),
        Step(path="outer/inner/a", line="ls", within=around),
        Step(path="outer/inner/b", line="ls", within=around, time_limit_s=25.0),
        Step(path="outer/c", line="ls", within=around[:1]),
        Step(path="after", line="ls"),
    ]
    assert await limits(steps, clock, each_s=20.0) == [600.0, 30.0, 10.0, 60.0, 600.0]


async def test_time_that_is_over_leaves_next_to_none(clock: Clock) -> None:
    steps = [Step(path=f"n/{name}", line="ls", within=(("n", 10.0),)) for name in "ab"]
    assert (await limits(steps, clock, each_s=20.0))[1] < 0.1


def test_it_ended_as_its_last_command_did_in_the_time_of_all() -> None:
    step = Step(path="a", line="ls")
    assert whole([(step, GREEN), (step, RED)]) == StageResult(
        outcome=CheckOutcome.FAILED, exit_code=3, duration_ms=30, output_tail="no"
    )
