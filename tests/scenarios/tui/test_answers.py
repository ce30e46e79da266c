"""An answer in JSON on the real Codex, as the person sees it come; and the specification that its worker got."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Say, Script
from tests.scenarios.tui.user import user

pytestmark = pytest.mark.codex

TASK = {
    "id": "search",
    "title": "Add the search",
    "level": "case",
    "parent": None,
    "role": "implementer",
    "prompt": "Add a search.",
    "depends_on": [],
    "paths": ["src/**"],
    "checks": [],
}
PLAN = {
    "summary": "The shop is small.",
    "title": "A searchable shop",
    "tasks": [TASK],
    "decisions": ["prices are in cents"],
    "questions": ["Descriptions, too?"],
}


@pytest.mark.slow
async def test_json_streams_as_one_word_is_readable_when_it_is_there_and_raw_by_its_key(scratch: Path) -> None:
    answer = json.dumps(PLAN)
    scripts = [Script("SENTENCE", (Say(text=answer, chunks=40, delay_s=0.05),))]
    files = {"README.md": "hello\n", "docs/spec.md": "Prices are in whole cents.\n"}
    async with user(scratch, scripts, files=files) as me:
        await me.press("n")
        await me.see("New task")
        await me.type("a SENTENCE")
        await me.press("ctrl+o")
        await me.see("A navigator proposes tasks")
        await me.press(*["tab"] * 5)
        await me.type("docs/spec.md")
        await me.press("ctrl+s")
        await me.on.until(lambda: bool(me.refs))
        (ref,) = me.refs
        await me.see("writing its answer …")
        assert '{"' not in me.painted
        await me.on.until_state(ref, TaskState.DONE)
        await me.see("proposed by", "docs/spec.md · 26 characters")
        await me.press("escape")
        await me.see("“ The shop is small.", "decisions:", "- prices are in cents", "questions:")
        assert '"summary"' not in me.painted
        await me.press("l")
        await me.see('\\"summary\\"')
        said = json.dumps(me.on.model.requests[0].input)
        assert "Prices are in whole cents." in said
