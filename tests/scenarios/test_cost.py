"""What a task costs when Codex lets another model do a turn."""

from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.cost import Rates, cost_usd
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.domain.usage import usage_by_model
from tests.faults.rig import opened, shown, standin
from tests.scenarios.plans import begin, spec

CARD = {"small": {"input": 1.0, "cached": 0.1, "output": 10.0}}


def used(output: int) -> dict[str, Any]:
    """A step: so many tokens so far."""
    total = {"totalTokens": output, "inputTokens": 0, "cachedInputTokens": 0, "outputTokens": output}
    params = {"threadId": "$THREAD", "turnId": "$TURN", "tokenUsage": {"total": total, "last": total}}
    return {"send": {"method": "thread/tokenUsage/updated", "params": params}}


def rerouted(before: str, after: str) -> dict[str, Any]:
    """A step: another model does the turn."""
    params = {"threadId": "$THREAD", "turnId": "$TURN", "fromModel": before, "toModel": after, "reason": "x"}
    return {"send": {"method": "model/rerouted", "params": params}}


async def test_usage_counts_under_the_model_that_did_the_work_and_the_log_says_which(scratch: Path) -> None:
    plays = {"WORK": [used(1_000_000), rerouted("big", "small"), used(3_000_000)], "MORE": [used(3_500_000)]}
    async with opened(scratch, standin(scratch, plays), rate_card=CARD) as on, shown(on) as me:
        ref = (await begin(on, spec("work", "WORK", model="big"), spec("other", "OTHER")))["work"]
        await on.until_state(ref, TaskState.DONE)
        assert {name: one.total_tokens for name, one in usage_by_model(on.task(ref)).items()} == {
            "big": 1_000_000,
            "small": 2_000_000,
        }
        card = {name: Rates(**rates) for name, rates in CARD.items()}
        assert cost_usd(on.task(ref), card) is None, "the card does not name the first one"
        assert cost_usd(on.task(ref), {**card, "big": Rates(input=0, cached=0, output=1)}) == pytest.approx(21.0)
        await me.select(ref)
        await me.see("Codex uses small instead of big")
        await on.orchestrator.message(ref, "MORE")
        await on.until(lambda: on.task(ref).state is TaskState.DONE and len(on.task(ref).turns) == 2)
        assert usage_by_model(on.task(ref))["big"].total_tokens == 1_500_000, "it was for that turn only"
