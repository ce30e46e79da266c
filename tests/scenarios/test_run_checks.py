"""The checks that the settings want of every run: on the commit that becomes the tip, and after its tasks' own."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.config.guardrail_settings import GuardrailSettings
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.merge import RefusalReason
from codex_orch_tui.domain.run_landing import LandingOutcome
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.errors import NotPossibleError
from tests.faults.rig import opened, standin
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import git
from tests.scenarios.test_run_landing import OPEN, PLAYS, all_done, everything, integration, landing, subjects

WHOLE = "test ! -e broken.txt"


async def test_they_run_once_after_the_tasks_own_and_are_receipts_of_the_new_tip(scratch: Path) -> None:
    settings = OPEN | {"checks": {"whole": WHOLE}, "run_checks": ("ls one.txt", "whole")}
    async with opened(scratch, standin(scratch, PLAYS), **settings) as on:
        refs = await begin(on, spec("one", "ONE", checks=("ls one.txt",)), spec("two", "TWO", checks=("ls two.txt",)))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        assert [(check.name, check.is_of_runs, [ref.task for ref in check.wanted_by]) for check in preview.checks] == [
            ("ls one.txt", True, ["one"]),
            ("ls two.txt", False, ["two"]),
            ("whole", True, []),
        ]
        merged = await on.orchestrator.land_run(run, preview)
        assert [(one.name, one.commit) for one in landing(on, run).checks] == [
            ("ls one.txt", merged.new),
            ("ls two.txt", merged.new),
            ("whole", merged.new),
        ]
        assert landing(on, run).receipts == landing(on, run).checks
        assert [run.name for ref in refs.values() for run in on.task(ref).checks] == ["ls one.txt", "ls two.txt"]


async def test_a_red_one_names_the_task_with_which_it_became_red_and_nothing_moves(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), run_checks=(WHOLE,), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("bad", "BREAK"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one bad two")
        before = everything(on)
        preview = await on.orchestrator.preview_run_landing(run)
        with pytest.raises(NotPossibleError, match=r"the check test ! -e broken\.txt failed with exit code 1 with bad"):
            await on.orchestrator.land_run(run, preview)
        assert (everything(on), integration(on, run)) == (before, ([], False))
        ended = landing(on, run)
        assert (ended.outcome, ended.culprit) == (LandingOutcome.NOT_LANDED, refs["bad"])
        assert {on.task(ref).state for ref in refs.values()} == {TaskState.DONE}
        preview = await on.orchestrator.preview_run_landing(run, without={refs["bad"]})
        await on.orchestrator.land_run(run, preview)
        assert subjects(on) == ["first", "one", "two"]


async def test_one_that_is_red_without_the_run_says_so_and_blames_no_task(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), run_checks=("ls never.txt",), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        before = everything(on)
        with pytest.raises(NotPossibleError, match=r"failed with exit code \d, and so it does on main as it is"):
            await on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run))
        assert everything(on) == before
        ended = landing(on, run)
        assert ended.culprit is None
        assert "never.txt" in ended.checks[0].output_tail
        assert "out of run_checks" in ended.reason


async def test_those_of_the_repository_count_after_trust_and_are_never_left_out_in_silence(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), run_checks=("ls two.txt",), **OPEN) as on:
        settings = on.repository / ".orchestrator" / "orchestrator.yaml"
        settings.write_text("checks: {one: ls one.txt}\nrun_checks: [one, ls README.md]\n")
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is not None
        assert preview.refusal.reason is RefusalReason.CHECK
        assert "the check one cannot be run" in preview.refusal.message
        assert "codex-orch-tui trust" in preview.refusal.next_step
        with pytest.raises(NotPossibleError, match="is not trusted as it is now"):
            await on.orchestrator.land_run(run, preview)
        (item,) = await on.orchestrator.trust_wanted()
        assert item.what == ("checks.one: ls one.txt", "run_checks: one", "run_checks: ls README.md")
        await on.orchestrator.trust(item)
        preview = await on.orchestrator.preview_run_landing(run)
        assert [check.name for check in preview.checks] == ["ls two.txt", "one", "ls README.md"]
        settings.write_text("run_checks: [one\n")
        with pytest.raises(NotPossibleError, match="settings have changed since the preview: other checks"):
            await on.orchestrator.land_run(run, preview)
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is not None
        assert "holds a mistake" in preview.refusal.message, "a broken file wants no fewer checks than a whole one"
        assert git(on.repository, "rev-parse", "main") == preview.old


async def test_a_check_whose_command_was_changed_meanwhile_is_not_the_one_that_was_shown(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), run_checks=("ls one.txt",), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        (check,) = preview.checks
        shown = replace(preview, checks=(replace(check, command="ls two.txt"),))
        with pytest.raises(NotPossibleError, match=r"other checks are wanted now → look at it again \(m on the run\)"):
            await on.orchestrator.land_run(run, shown)
        assert on.orchestrator.state.runs[run].landing is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"run_checks": ("ls one.txt", "ls two.txt")}, "other checks are wanted now"),
        ({"run_checks": ()}, "other checks are wanted now"),
        ({"guardrails": {"small": GuardrailSettings(max_files=0)}}, "the guardrails say something else now"),
    ],
)
async def test_settings_that_changed_since_the_preview_ask_for_another_look(
    scratch: Path, changed: dict[str, Any], told: str
) -> None:
    async with opened(scratch, standin(scratch, PLAYS), run_checks=("ls one.txt",), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        before, shown = everything(on), on.orchestrator.config
        on.orchestrator._use(shown.model_copy(update=changed))
        with pytest.raises(NotPossibleError, match=f"the settings have changed since the preview: {told}"):
            await on.orchestrator.land_run(run, preview)
        assert everything(on) == before and on.orchestrator.state.runs[run].landing is None
        on.orchestrator._use(shown)
        await on.orchestrator.land_run(run, preview)
        assert subjects(on) == ["first", "one", "two"]


async def test_settings_that_change_while_the_checks_run_stop_the_landing_before_it_moves(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), run_checks=("sleep 0.2",), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        before = everything(on)
        trying = asyncio.create_task(on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run)))
        await on.until(lambda: (found := on.orchestrator.state.runs[run].landing) is not None and bool(found.checks))
        on.orchestrator._use(on.orchestrator.config.model_copy(update={"run_checks": ("sleep 0.2", "ls never.txt")}))
        with pytest.raises(NotPossibleError, match="other checks are wanted now"):
            await trying
        assert (everything(on), integration(on, run)) == (before, ([], False))


async def test_a_landing_whose_worktree_was_moved_away_keeps_the_branch_that_is_checked_out_there(
    scratch: Path,
) -> None:
    moved = scratch / "moved"
    plays = {**PLAYS, "MOVE": [{"write": ["move.sh", f"git worktree move -f -f . '{moved}'\n"]}]}
    async with opened(scratch, standin(scratch, plays), run_checks=("sh move.sh",), **OPEN) as on:
        refs = await begin(on, spec("one", "MOVE"))
        run = await all_done(on, refs, review="one")
        with pytest.raises(NotPossibleError, match=f"was kept: .* is checked out in {moved}"):
            await on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run))
        assert git(moved, "rev-parse", "HEAD") == landing(on, run).new
        assert git(moved, "rev-parse", landing(on, run).worktree.branch) == landing(on, run).new
        assert git(on.repository, "rev-parse", "main") == landing(on, run).old


async def test_in_a_dry_run_nothing_passes_and_nothing_lands(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), run_checks=("ls one.txt",), dry_run=True, **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        with pytest.raises(NotPossibleError, match=r"the check ls one\.txt was not run: this is a dry run"):
            await on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run))
        assert [one.outcome for one in landing(on, run).checks] == [CheckOutcome.SKIPPED]
