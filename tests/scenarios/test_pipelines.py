"""Pipelines as checks and guardrails before a merge, with the real Codex: what is red goes back, what stops is told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.checking import has_passed_checks
from codex_orch_tui.domain.guardrail import GuardrailOutcome
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.merge import RefusalReason
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.evidence.on_disk import rebuilt
from codex_orch_tui.services.evidence.run_evidence import Beside
from codex_orch_tui.services.evidence.schema import document_schema
from codex_orch_tui.services.guardrails import mend_prompt
from codex_orch_tui.store.layout import Layout
from tests.faults.rig import opened, standin
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import Stage, add_file, git, stage
from tests.scenarios.test_checks import mend, notes, write
from tests.scenarios.test_run_landing import OPEN, PLAYS, all_done, everything, landing

CI = {"ci": {"there": "ls greeting.txt", "greets": "grep -q bonjour greeting.txt"}}
SECRET = "ghp_" + "a1B2" * 9


def manifest(on: Stage, ref: TaskRef) -> dict[str, Any]:
    """The run's manifest as it would be made from the journal now."""
    layout = Layout(on.repository, on.repository / ".git")
    made = rebuilt(layout, on.orchestrator.state, ref.run, Beside(repository="", card={}), 2e9).evidence.manifest
    found: dict[str, Any] = json.loads(made.model_dump_json())
    Draft202012Validator(document_schema("manifest")).validate(found)
    return found


@pytest.mark.codex
async def test_a_red_stage_goes_back_to_the_implementer_and_all_stages_are_green_then(scratch: Path) -> None:
    async with stage(scratch, [write("hello"), mend("hello", "bonjour")], pipelines=CI) as on:
        (ref,) = await on.start("WRITE", checks=("ci",))
        task = await on.until_state(ref, TaskState.DONE)
        first, second = task.turns
        assert "Check `ci` failed with exit code 1 (stage `greets`: `grep -q bonjour greeting.txt`)." in second.prompt
        assert "1 check failed and goes back to the worker, retry 1 of 2" in notes(task)
        assert "check ci, stage there: ls greeting.txt · exit 0" in notes(task)
        assert "check ci, stage greets: grep -q bonjour greeting.txt · exit 1" in notes(task)
        (run,) = task.checks
        assert (run.name, run.outcome, run.commit) == ("ci", CheckOutcome.PASSED, task.tip)
        assert [(one.name, one.command, one.outcome, one.exit_code) for one in run.stages] == [
            ("there", "ls greeting.txt", CheckOutcome.PASSED, 0),
            ("greets", "grep -q bonjour greeting.txt", CheckOutcome.PASSED, 0),
        ]
        assert has_passed_checks(task)
        assert first.prompt == "WRITE"
        await on.merged(ref)
        (check,) = manifest(on, ref)["checks"]
        assert [(one["name"], one["outcome"], one["exit_code"]) for one in check["stages"]] == [
            ("there", "passed", 0),
            ("greets", "passed", 0),
        ]
        assert all(one["duration_ms"] is not None for one in check["stages"])


@pytest.mark.codex
async def test_a_guardrail_stops_a_merge_until_it_holds_and_a_warning_does_not(scratch: Path) -> None:
    leak = Script("WRITE", (Patch(text=add_file("key.txt", f"token = {SECRET}")), Say(text="written")))
    clean = Script(
        "key.txt:1", (Patch(text="*** Begin Patch\n*** Delete File: key.txt\n*** End Patch"), Say(text="gone"))
    )
    more = Script("again", (Patch(text=add_file("fine.txt", "x")), Say(text="done")))
    settings = {
        "keys": {"no_secrets": True},
        "size": {"max_files": 0, "severity": "warn"},
        "ci": {"forbidden_paths": [".github/**"]},
    }
    async with stage(scratch, [leak, clean, more], guardrails=settings) as on:
        (ref,) = await on.start("WRITE")
        task = await on.until_state(ref, TaskState.DONE)
        assert "guardrail keys (adds no secret) · 1 line holds a secret: key.txt:1 · nothing is merged" in notes(task)
        assert SECRET not in (on.repository / ".orchestrator" / "journal.jsonl").read_text()
        before = git(on.repository, "rev-parse", "main")
        await on.reviewed(ref)
        preview = await on.orchestrator.preview_merge(ref)
        assert preview.refusal is not None
        assert preview.refusal.reason is RefusalReason.GUARDRAIL
        assert preview.refusal.message == "a guardrail stops it: keys (adds no secret): 1 line holds a secret"
        assert preview.refusal.paths == ("key.txt:1",)
        with pytest.raises(NotPossibleError, match="a guardrail stops it: keys"):
            await on.orchestrator.merge(ref, replace(preview, refusal=None))
        assert git(on.repository, "rev-parse", "main") == before
        outcomes = {one["name"]: (one["outcome"], one["severity"]) for one in manifest(on, ref)["guardrails"]}
        assert outcomes == {"keys": ("failed", "stop"), "size": ("failed", "warn"), "ci": ("passed", "stop")}
        for text in (mend_prompt(preview.guardrails), "again please"):
            await on.orchestrator.message(ref, text)
            await on.until_state(ref, TaskState.STARTING, TaskState.RUNNING)
            await on.until_state(ref, TaskState.DONE)
        mended = on.task(ref).turns[1].prompt
        assert "- keys (adds no secret): 1 line holds a secret: key.txt:1\n" in mended
        assert "- size (at most 0 files changed): 1 files changed" in mended
        assert "- ci" not in mended and SECRET not in mended
        await on.reviewed(ref)
        green = await on.orchestrator.preview_merge(ref)
        assert green.refusal is None
        assert [(one.name, one.outcome) for one in green.guardrails] == [
            ("keys", GuardrailOutcome.PASSED),
            ("size", GuardrailOutcome.FAILED),
            ("ci", GuardrailOutcome.PASSED),
        ]
        merged = await on.orchestrator.merge(ref, green)
        assert {
            (one["outcome"], one["commit"]) for one in manifest(on, ref)["guardrails"] if one["name"] == "keys"
        } == {("passed", merged.new)}


async def test_a_pipeline_that_every_run_wants_is_one_receipt_with_its_stages(scratch: Path) -> None:
    both = {"whole": {"one": "ls one.txt", "rest": {"pipeline": "rest"}}, "rest": {"two": "ls two.txt"}}
    async with opened(scratch, standin(scratch, PLAYS), pipelines=both, run_checks=("whole",), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        assert [(one.name, one.command) for one in preview.checks] == [
            ("whole", "one: ls one.txt → rest/two: ls two.txt")
        ]
        merged = await on.orchestrator.land_run(run, preview)
        (receipt,) = landing(on, run).receipts
        assert (receipt.name, receipt.commit) == ("whole", merged.new)
        assert [(one.name, one.outcome) for one in receipt.stages] == [
            ("one", CheckOutcome.PASSED),
            ("rest/two", CheckOutcome.PASSED),
        ]


async def test_a_red_stage_of_a_run_names_its_task_and_nothing_moves(scratch: Path) -> None:
    whole = {"whole": {"any": "ls README.md", "sound": "test ! -e broken.txt", "never": "ls nowhere"}}
    async with opened(scratch, standin(scratch, PLAYS), pipelines=whole, run_checks=("whole",), **OPEN) as on:
        refs = await begin(on, spec("bad", "BREAK"))
        more = await begin(on, spec("one", "ONE"), spec("bad", "BREAK"))
        await all_done(on, refs)
        run = await all_done(on, more, review="one bad")
        before = everything(on)
        preview = await on.orchestrator.preview_run_landing(run)
        with pytest.raises(NotPossibleError, match="the check whole, stage sound, failed with exit code 1"):
            await on.orchestrator.land_run(run, preview)
        assert everything(on) == before
        assert [one.name for one in landing(on, run).failed[0].stages] == ["any", "sound"]


async def test_a_stage_of_the_guard_is_for_the_person(scratch: Path) -> None:
    async with opened(
        scratch, standin(scratch, PLAYS), pipelines={"ci": {"a": "ls", "b": "cat one.txt"}}, **OPEN
    ) as on:
        ref = (await begin(on, spec("one", "ONE", checks=("ci",))))["one"]
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.message.startswith("the check ci, stage b was not run: cat is not among the programs")
        assert len(task.turns) == 1
        assert [(one.name, one.outcome) for one in task.checks[0].stages] == [
            ("a", CheckOutcome.PASSED),
            ("b", CheckOutcome.NOT_RUN),
        ]


async def test_a_guardrail_stops_the_task_that_breaks_it_and_the_others_land_without_it(scratch: Path) -> None:
    guardrails = {"claims": {"within_claims": True}, "size": {"max_files": 5}}
    async with opened(scratch, standin(scratch, PLAYS), guardrails=guardrails, **OPEN) as on:
        refs = await begin(on, spec("one", "ONE", paths=("one.txt",)), spec("two", "TWO", paths=("docs/**",)))
        run = await all_done(on, refs, review="one two")
        before = everything(on)
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is not None
        assert (preview.refusal.reason, preview.refusal.paths) == (RefusalReason.GUARDRAIL, ("two.txt",))
        assert preview.culprit == refs["two"]
        assert everything(on) == before
        preview = await on.orchestrator.preview_run_landing(run, [refs["two"]])
        assert preview.refusal is None
        merged = await on.orchestrator.land_run(run, preview)
        guarded = on.task(refs["one"]).guarded
        assert guarded is not None
        assert (guarded.commit, [one.outcome for one in guarded.results]) == (
            merged.new,
            [GuardrailOutcome.PASSED, GuardrailOutcome.PASSED],
        )
