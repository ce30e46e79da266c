"""What a run leaves behind, written by the whole program above the real Codex."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from codex_orch_tui.services.evidence.mark import run_mark
from codex_orch_tui.services.evidence.schema import DOCUMENTS
from codex_orch_tui.store.layout import Layout
from tests.scenarios.stage import DECLINE, add_file, change_line, git, stage

pytestmark = pytest.mark.codex


def documents(layout: Layout, ref: TaskRef) -> dict[str, Any]:
    """Every document of a task and its run, each as its schema says."""
    folder = layout.run_folder(ref.run)
    paths = {name: folder / f"{name}.json" for name in DOCUMENTS} | {"result": layout.task(*ref).result}
    found = {name: json.loads(path.read_text("utf-8")) for name, path in paths.items()}
    for name, document in found.items():
        schema = json.loads(read_resource(ResourceKind.SCHEMAS, f"{name}.schema"))
        Draft202012Validator(schema).validate(document)
    return found


async def test_a_run_with_a_question_and_a_merge_leaves_everything_behind(scratch: Path) -> None:
    outside = scratch / "outside" / "mark"
    scripts = [
        Script(
            "EDIT",
            (
                Patch(text=add_file("search.py", "def search():", "\treturn 'found'")),
                Patch(text=change_line("README.md", "hello", "hello, search")),
                Shell(cmd=f"touch {outside}", escalate=True, justification="the mark lies outside"),
                Say(text="Done: search.py."),
            ),
        ),
        Script("LOOK", (Shell(cmd="ls"), Say(text="There is a README."))),
    ]
    async with stage(scratch, scripts) as on:
        layout = Layout(on.repository, on.repository / ".git")
        edit, look = await on.start("EDIT: add a search", "LOOK around")
        approval = await on.asked()
        await on.orchestrator.answer(approval.id, DECLINE)
        await on.until_state(edit, TaskState.DONE)
        await on.until_state(look, TaskState.DONE)
        await on.merged(edit)
        tip = on.task(edit).tip
        base = on.task(edit).worktree
        assert base is not None
    found = documents(layout, edit)
    _check_result(found["result"], tip)
    _check_manifest(found["manifest"], edit, look, tip, on.orchestrator.state)
    total = found["metrics"]["total"]
    assert (total["turns"], total["commits"], total["approvals"]["declined"]) == (2, 1, 1)
    assert total["lines"] == {"files": 2, "insertions": 3, "deletions": 1}
    assert total["tokens"]["total"] > 0
    assert found["context"]["next_steps"] == ["read what task-2 says: it changed no file"]
    assert [task["task"] for task in found["context"]["done"]] == ["task-2", "task-1"]

    files = layout.task(*edit)
    git(on.repository, "checkout", "--quiet", "--detach", base.base_commit)
    git(on.repository, "apply", "--check", str(files.patch))
    log = files.logs.read_text("utf-8")
    assert "  ask       asks to run a command" in log
    assert "declined by you" in log
    assert "  commit    merged: main" in log
    report = layout.run_report(edit.run).read_text("utf-8")
    for told in (
        "2 tasks: 1 merged, 1 to review.",
        "| `search.py`",
        "1 question: 1 declined",
        "`main`",
        "## What is left",
    ):
        assert told in report
    assert "Done: search.py." in files.report.read_text("utf-8")
    assert {path.stat().st_mode & 0o777 for path in (files.result, files.patch, files.logs, files.report)} == {0o600}
    assert subprocess.run(["find", str(layout.folder), "-name", "*.tmp"], capture_output=True, check=True).stdout == b""


def _check_result(result: dict[str, Any], tip: str | None) -> None:
    assert result["task"]["state"] == "merged"
    assert result["task"]["tip"] == result["task"]["merged_as"] == tip
    assert result["task"]["reviewed"] is True
    assert result["answer"] == "Done: search.py."
    assert [(file["path"], file["insertions"], file["deletions"]) for file in result["files"]] == [
        ("README.md", 1, 1),
        ("search.py", 2, 0),
    ]
    assert result["patch"]["file"] == "patch.diff"
    assert result["patch"]["redacted"] is False
    assert [asked["outcome"] for asked in result["approvals"]] == ["declined"]


def _check_manifest(manifest: dict[str, Any], edit: TaskRef, look: TaskRef, tip: str | None, state: State) -> None:
    assert manifest["evidence_of"] == run_mark(state, edit.run)
    assert manifest["heartbeat"]["pid"] is None
    assert [task["id"] for task in manifest["tasks"]] == [edit.task, look.task]
    assert [(merge["task"], merge["new"]) for merge in manifest["merges"]] == [(edit.task, tip)]
    assert [(command["task"], command["command"], command["exit_code"]) for command in manifest["commands"]] == [
        (look.task, "ls", 0)
    ]
    assert manifest["versions"]["codex"]
    assert manifest["versions"]["git"]
    assert manifest["guardrails"] == []
