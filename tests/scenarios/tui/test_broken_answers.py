"""An answer that breaks its schema, as the person at the screen sees it, on the real Codex."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Hang, Say, Script
from tests.scenarios.tui.user import user

pytestmark = pytest.mark.codex

REVIEW = json.dumps({"summary": "Nothing is wrong.", "verdict": "merge", "findings": [], "decisions": []})
BROKEN = json.dumps({"summary": "I looked at it.", "verdict": "perhaps"})


async def test_an_answer_that_breaks_its_schema_twice_is_seen_and_a_message_mends_it(scratch: Path) -> None:
    scripts = [
        Script("LOOK", (Say(text=BROKEN),)),
        Script("is not the answer that your task has to end with", (Hang(name="again"), Say(text=BROKEN))),
        Script("ONCE-MORE", (Say(text=REVIEW),)),
    ]
    async with user(scratch, scripts) as me:
        (ref,) = await me.on.start("LOOK", role=Role.REVIEWER, checked_answer=True)
        await me.on.model.hanging("again")
        await me.see("the answer does not fit its schema; it is asked once more", "verdict")
        me.on.model.release("again")
        task = await me.on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        await me.see("failed", task.fault.message[:40], "perhaps")
        assert len(task.turns) == 2
        await me.press("s")
        await me.type("ONCE-MORE, as it has to be")
        await me.press("ctrl+s")
        await me.done(ref)
        await me.see("Nothing is wrong.")
        assert me.on.task(ref).accepted == REVIEW
