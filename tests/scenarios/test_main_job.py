"""The whole way without a screen: typed task, worktree, worker, commit, review, fast-forward."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from tests.scenarios.stage import add_file, git, stage

pytestmark = pytest.mark.codex


async def test_a_task_becomes_a_commit_and_the_base_is_fast_forwarded(scratch: Path) -> None:
    script = Script(
        "EDIT", (Shell(cmd="ls"), Patch(text=add_file("search.py", "def search(): ...")), Say(text="Done: search.py."))
    )
    async with stage(scratch, [script]) as on:
        before = git(on.repository, "rev-parse", "main")
        (ref,) = await on.start("EDIT: add a search")
        task = await on.until_state(ref, TaskState.DONE, TaskState.FAILED)
        assert task.state is TaskState.DONE, task.fault
        assert task.answer == "Done: search.py."
        assert git(on.repository, "rev-parse", "main") == before
        assert task.worktree is not None
        message = git(on.repository, "log", "-1", "--format=%B", task.worktree.branch)
        assert message.startswith("EDIT: add a search\n")
        assert f"Codex-Thread: {task.thread}" in message
        assert (
            git(on.repository, "log", "-1", "--format=%an <%ae>", task.worktree.branch)
            == "Robin Example <robin@example.org>"
        )
        await on.merged(ref)
        assert on.task(ref).state is TaskState.MERGED
        assert git(on.repository, "rev-parse", "main") == on.task(ref).tip
        assert (on.repository / "search.py").read_text() == "def search(): ...\n"
        assert git(on.repository, "status", "--porcelain") == ""
        assert not Path(task.worktree.path).exists()
        assert on.model.requests[0].user_agent.startswith("codex-orch-tui/")
