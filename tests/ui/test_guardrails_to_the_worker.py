"""`s` in the question about a merge or a landing: the worker is told which guardrails do not hold."""

from dataclasses import replace
from typing import Any

import pytest

from codex_orch_tui.domain.guardrail import GuardedTask, GuardrailOutcome, GuardrailResult, Severity
from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.services.guardrails import mend_prompt
from codex_orch_tui.ui.presentation.merge import MergeAnswer
from codex_orch_tui.ui.screens.merge import MergeScreen
from tests.ui import test_dialogs as dialogs
from tests.ui import test_land_run as land_run
from tests.ui import test_main_screen as main_screen
from tests.ui.test_dialogs import PREVIEW, finished, reviewed


def result(name: str, **more: Any) -> GuardrailResult:
    facts = {"severity": Severity.STOP, "outcome": GuardrailOutcome.FAILED, "detail": "1 path changed"} | more
    return GuardrailResult(name=name, condition="changes nothing in [ci]/**", paths=("[ci]/a.yml",), **facts)


STOPS, WARNS = result("ci"), result("size", severity=Severity.WARN)
HOLDS = result("small", outcome=GuardrailOutcome.PASSED)
REFUSAL = Refusal(reason=RefusalReason.GUARDRAIL, message="a guardrail stops it: ci", next_step="s tells the worker")
STOPPED = replace(PREVIEW, guardrails=(STOPS, HOLDS), refusal=REFUSAL)


@pytest.mark.parametrize(
    ("task", "preview", "keys"),
    [
        (reviewed, STOPPED, {"s", "esc"}),
        (reviewed, replace(PREVIEW, guardrails=(WARNS,)), {"enter", "s", "esc"}),
        (finished, replace(PREVIEW, guardrails=(WARNS,)), {"d", "s", "esc"}),
    ],
)
async def test_it_is_offered_where_one_does_not_hold(task: Any, preview: Any, keys: set[str]) -> None:
    async with dialogs.shown(MergeScreen(task(), preview)) as on:
        assert on.keys == keys
        await on.press("s")
        assert on.app.results == [MergeAnswer.TELL]


async def test_it_is_not_offered_where_all_hold() -> None:
    async with dialogs.shown(MergeScreen(reviewed(), replace(PREVIEW, guardrails=(HOLDS,)))) as on:
        assert on.keys == {"enter", "esc"}
        await on.press("s")
        assert on.app.results == []


async def test_the_worker_of_the_task_gets_what_is_on_screen() -> None:
    async with main_screen.shown() as on:
        ref = on.task("correct-the-docs")
        on.main.go_to_task(ref)
        on.fake.preview = STOPPED
        await on.press("m")
        await on.until(lambda: isinstance(on.app.screen, MergeScreen))
        await on.pilot.pause()
        await on.press("s")
        await on.until(lambda: on.fake.asked("message") == [(ref, mend_prompt(STOPPED.guardrails))])
        await on.until(lambda: "The worker of Correct the docs has it." in on.notes())
        assert not on.fake.asked("merge")


async def test_of_a_run_each_worker_gets_its_own() -> None:
    async with main_screen.shown() as on:
        story, refs, preview = land_run.told()
        guarded = tuple(
            GuardedTask(ref=ref, base=land_run.BASE, commit=land_run.NEW, results=results)
            for ref, results in zip(refs, [(HOLDS,), (STOPS,), (HOLDS, WARNS)], strict=False)
        )
        await land_run.ask(on, story, replace(preview, guarded=guarded, refusal=REFUSAL, culprit=refs[1]))
        await on.press("s")
        told = [(refs[1], mend_prompt([STOPS])), (refs[2], mend_prompt([WARNS]))]
        await on.until(lambda: on.fake.asked("message") == told)
