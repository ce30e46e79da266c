"""What a person or a repository brings that cannot be worked with, or not as it is, from the person's side."""

from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.instructions import MAX_BYTES
from tests.faults.rig import opened, received, standin
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import git

FLOOD = "Indent with tabs, and end each file with a line.\n"


def told_workers(root: Path) -> list[str]:
    """What each worker was told when its thread began."""
    begun = [message for message in received(root) if message.get("method") == "thread/start"]
    return [str(message["params"].get("developerInstructions", "")) for message in begun]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"type": "object", "required": ["a"], "properties": {"a": false}}', r"no answer can meet it: \$\.a"),
        ('{"type": "object", "properties": {"a": {"type": "strng"}}}', "strng"),
        ("{", "JSON"),
    ],
)
async def test_a_schema_that_no_answer_can_meet_starts_nothing(scratch: Path, text: str, why: str) -> None:
    async with opened(scratch, standin(scratch)) as on:
        folder = on.repository / ".orchestrator" / "schemas"
        folder.mkdir(exist_ok=True)
        (folder / "reviewer.schema.json").write_text(text)
        with pytest.raises(NotPossibleError, match=rf"reviewer\.schema\.json.*{why}"):
            await begin(on, spec("look", "LOOK", role=Role.REVIEWER, checked_answer=True), spec("other", "OTHER"))
        assert on.orchestrator.state.runs == {}
        assert git(on.repository, "for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/main"


async def test_a_role_without_a_prompt_starts_nothing_and_names_the_file_to_write(scratch: Path) -> None:
    roles: dict[str, Any] = {"auditor": {"sandbox": "read-only"}}
    async with opened(scratch, standin(scratch), roles=roles) as on:
        prompts = on.repository / ".orchestrator" / "prompts"
        with pytest.raises(NotPossibleError, match=rf"no prompt; write it to {prompts}/auditor\.md"):
            await begin(on, spec("audit", "AUDIT", role="auditor"))
        prompts.mkdir(exist_ok=True)
        (prompts / "auditor.md").write_text(" \n")
        with pytest.raises(NotPossibleError, match=r"auditor\.md"):
            await begin(on, spec("audit", "AUDIT", role="auditor"))
        assert on.orchestrator.state.runs == {}
        (prompts / "auditor.md").write_text("You audit. {task}\n")
        ref = (await begin(on, spec("audit", "AUDIT", role="auditor")))["audit"]
        await on.until_state(ref, TaskState.DONE)


async def test_instructions_of_50_mb_are_told_to_their_bound_and_the_work_is_done(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"EDIT": [{"write": ["new.txt", "new\n"]}]})) as on:
        (on.repository / "AGENTS.md").write_text(FLOOD * (50 * 1024 * 1024 // len(FLOOD)))
        git(on.repository, "add", "AGENTS.md")
        git(on.repository, "-c", "core.compression=0", "commit", "--quiet", "-m", "rules")
        ref = (await begin(on, spec("edit", "EDIT"), spec("other", "OTHER")))["edit"]
        task = await on.until_state(ref, TaskState.DONE)
        assert len(task.commits) == 1
        told = told_workers(scratch)[0]
        assert FLOOD in told
        assert MAX_BYTES * 0.9 < len(told) < MAX_BYTES * 1.5
        assert "(Only the first 64 KiB of AGENTS.md stand here.)" in told
