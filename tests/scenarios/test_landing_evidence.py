"""What the evidence tells of a landing of several tasks: where the base branch really was, and what was checked."""

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.evidence.schema import document_schema
from codex_orch_tui.store.layout import Layout
from tests.faults.rig import opened, standin
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import Stage, git

PLAYS: dict[str, list[dict[str, Any]]] = {
    "ONE": [{"write": ["one.txt", "1\n"]}],
    "TWO": [{"write": ["two.txt", "2\n"]}],
    "BOTH": [{"write": ["both.txt", "3\n"]}],
    "LATE": [{"write": ["late.txt", "4\n"]}],
    "LOOK": [],
}
OPEN: dict[str, Any] = {"check_sandbox": "danger-full-access", "allowed_programs": ("ls",)}
"""The stand-in has no sandbox for checks."""
MOVE = re.compile(r"`main` `([0-9a-f]{7})` → `([0-9a-f]{7})`")


async def land(on: Stage, refs: dict[str, TaskRef], names: str) -> RunId:
    """Read these, and land what can land."""
    await on.until(lambda: all(on.task(refs[name]).state is TaskState.DONE for name in names.split()))
    await on.orchestrator.wait_idle()
    for name in names.split():
        if on.task(refs[name]).commits:
            await on.reviewed(refs[name])
    run = next(iter(refs.values())).run
    await on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run))
    return run


def moves(on: Stage, run: RunId) -> tuple[str, list[str]]:
    """The section Merges of the run's report; the places of `main`, the last one first, as git kept them."""
    report = Layout(on.repository, on.repository / ".git").run_report(run).read_text("utf-8")
    section = report.partition("## Merges\n\n")[2].partition("\n\n## ")[0]
    return section, git(on.repository, "reflog", "--format=%h", "--abbrev=7", "main").splitlines()


async def test_a_landing_is_one_move_and_no_check_of_it_is_denied(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(
            on,
            spec("one", "ONE"),
            spec("two", "TWO", checks=("ls two.txt",)),
            spec("both", "BOTH", "one two", checks=("ls both.txt",)),
            spec("look", "LOOK", "both"),
        )
        before = git(on.repository, "rev-parse", "main")
        run = await land(on, refs, "one two both look")
        tip = {name: str(on.task(ref).tip)[:7] for name, ref in refs.items()}
        commit = {name: str(on.task(ref).merged_as)[:7] for name, ref in refs.items()}
        joined = str(on.task(refs["both"]).worktree.base_commit)[:7]  # type: ignore[union-attr]
    layout = Layout(on.repository, on.repository / ".git")
    section, places = moves(on, run)
    lines = section.splitlines()
    assert MOVE.findall(section) == [(before[:7], places[0])], "no place of main that it never had"
    assert places[1] == before[:7]
    assert lines[0].startswith("- the run as a whole: `main` ")
    assert lines[0].endswith("; passed on exactly this commit: `ls two.txt`, `ls both.txt`")
    also = ", and with the whole run"
    assert lines[1:] == [
        f"  - `one` as `{commit['one']}`; checked with the whole run",
        f"  - `two` as `{commit['two']}`; passed before it moved, on `{tip['two']}`: `ls two.txt`{also}",
        f"  - `both` as `{commit['both']}`; passed before it moved, on `{tip['both']}`: `ls both.txt`{also}",
        "  - `look` changed nothing",
    ]
    assert "no check was asked for" not in section

    manifest = json.loads(layout.manifest(run).read_text("utf-8"))
    Draft202012Validator(document_schema("manifest")).validate(manifest)
    whole = manifest["merges"][-1]
    assert (whole["old"], whole["tasks"]) == (before, ["one", "two", "both", "look"])
    assert [(one["task"], one["old"], one["with_run"]) for one in manifest["merges"][:-1]] == [
        (name, None, True) for name in ("one", "two", "both", "look")
    ]
    assert [one["commit"][:7] for one in manifest["merges"][1]["earlier_receipts"]] == [tip["two"]]

    files = {name: layout.task(*ref) for name, ref in refs.items()}
    assert f"| `one` and `two`, joined as `{joined}`" in re.sub(" +", " ", files["both"].report.read_text("utf-8"))
    assert f"| `main` `{before[:7]}`" in files["two"].report.read_text("utf-8")
    assert [name for name, of in files.items() if of.patch.exists()] == ["one", "two", "both"]
    integration = layout.run_folder(run) / "tasks" / "integration"
    assert [path.name for path in integration.iterdir()] == ["logs.txt"]
    assert [name for name, of in files.items() if of.patch.exists()] == ["one", "two", "both"]
    integration = layout.run_folder(run) / "tasks" / "integration"
    assert [path.name for path in integration.iterdir()] == ["logs.txt"]
    log = files["both"].logs.read_text("utf-8")
    assert f"landed with its run: main has it as {commit['both']}" in log
    assert "merged: main" not in log
    assert "landed with its run: it changed nothing" in files["look"].logs.read_text("utf-8")
    assert f"| `both` at `{tip['both']}`" in files["look"].report.read_text("utf-8")


async def test_every_move_of_a_run_that_lands_twice_is_told(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("late", "LATE"))
        first = git(on.repository, "rev-parse", "main")
        await on.until(lambda: all(on.task(ref).state is TaskState.DONE for ref in refs.values()))
        await land(on, refs, "one")
        second = git(on.repository, "rev-parse", "main")
        run = await land(on, refs, "late")
        third = git(on.repository, "rev-parse", "main")
    section, _ = moves(on, run)
    assert MOVE.findall(section) == [(first[:7], second[:7]), (second[:7], third[:7])]
    assert section.count("; no check was asked for") == 4, "of both moves and of what they brought"


async def test_what_a_shared_worktree_held_is_not_called_the_base_branch(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), use_single_workspace=True, **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO", "one"))
        base = git(on.repository, "rev-parse", "--short=7", "main")
        await land(on, refs, "one two")
        before = str(on.task(refs["one"]).tip)[:7]
    layout = Layout(on.repository, on.repository / ".git")
    told = {name: layout.task(*ref).report.read_text("utf-8") for name, ref in refs.items()}
    assert f"`main` `{base}`" in told["one"]
    assert f"what tasks before it committed, `{before}`" in told["two"]
    assert f"from work of its run {before}" in layout.task(*refs["two"]).logs.read_text("utf-8")


async def test_a_merge_alone_names_the_place_that_main_had(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("two", "TWO", checks=("ls two.txt",)))
        before = git(on.repository, "rev-parse", "main")
        await on.until(lambda: on.task(refs["two"]).state is TaskState.DONE)
        await on.orchestrator.wait_idle()
        await on.merged(refs["two"])
        after = git(on.repository, "rev-parse", "main")
    section, _ = moves(on, refs["two"].run)
    assert MOVE.findall(section) == [(before[:7], after[:7])]
    assert section.endswith("; passed on exactly this commit: `ls two.txt`")
