"""Which branches cleaning deletes: those that a run of ours made for itself, and none of a person's."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.cleaning import CleanHow, Part
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.clean_look import CleanPlan, Place
from codex_orch_tui.services.cleaning import Cleaning
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.integration import INTEGRATION
from tests.scenarios.stage import git
from tests.unit.services.test_cleaning import (
    CLEAN,
    GIVE_UP,
    PRUNE,
    branch_of,
    branches,
    cleaned,
    done,
    folder_of,
    landing_branch,
    looked,
    merged,
    parts,
    program,
    stopped,
    why,
)


@pytest.mark.parametrize("number", ["", "-2"])
async def test_what_a_person_checked_out_in_the_worktree_of_a_landing_is_theirs(scratch: Path, number: str) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        place = on.orchestrator.layout.worktree(ref.run, TaskId(f"{INTEGRATION}{number}"))
        made = f"{landing_branch(on, ref)}{number}"
        git(on.repository, "worktree", "add", "-qb", made, str(place), "main")
        git(on.repository, "switch", "-qc", "mine")
        git(on.repository, "branch", "other")
        for theirs, told in (("main", "main"), ("other", "other"), ("--detach", "no branch")):
            git(place, "switch", "-q", theirs)
            before = branches(on)
            for how in (CleanHow(keep_branches=True), CLEAN, GIVE_UP):
                dry = (await looked(on, ref, how)).told()
                assert f"is on {told} and not on {made}" in why(dry, Part.WORKTREE)
                found = await cleaned(on, ref, how)
                assert f"is on {told} and not on {made}" in why(found, Part.WORKTREE)
                assert place.is_dir() and branches(on) | {branch_of(on, ref)} == before | {branch_of(on, ref)}
        git(place, "switch", "-q", made)
        found = await cleaned(on, ref)
        assert found.kept == () and parts(found)[:2] == [Part.WORKTREE, Part.BRANCH]
        assert branches(on) == {"main", "mine", "other"}


async def test_a_landing_that_was_kept_since_somebody_switched_its_branch_is_cleaned_without_theirs(
    scratch: Path,
) -> None:
    async with program(scratch, check_sandbox="danger-full-access", allowed_programs=("sh",)) as on:
        ref = await done(on, "SWITCH")
        await on.reviewed(ref)
        git(on.repository, "switch", "-qc", "mine")
        git(on.repository, "branch", "other")
        on.orchestrator._use(on.orchestrator.config.model_copy(update={"run_checks": ("sh switch.sh",)}))
        with pytest.raises(NotPossibleError, match="is on other and not on"):
            await on.orchestrator.land_run(ref.run, await on.orchestrator.preview_run_landing(ref.run))
        landing = on.orchestrator.state.runs[ref.run].landing
        assert landing is not None and "is on other" in landing.kept_because
        await on.orchestrator.discard(ref)
        before = branches(on)
        assert before == {"main", "mine", "other", landing.worktree.branch}
        for how in (CLEAN, PRUNE):
            assert "is on other and not on" in why(await cleaned(on, ref, how), Part.WORKTREE)
            assert branches(on) == before and Path(landing.worktree.path).is_dir()


async def test_a_branch_that_is_not_ours_is_never_deleted_whatever_was_looked_at(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        worktree = on.task(ref).worktree
        assert worktree is not None
        git(on.repository, "switch", "-qc", "mine")
        git(on.repository, "branch", "other")
        for branch, told in (
            ("main", f"is the base branch of run {ref.run}"),
            ("other", f"is no branch that run {ref.run} made"),
            ("mine", f"is no branch that run {ref.run} made"),
        ):
            wrong = Place(
                worktree=replace(worktree, branch=branch), tasks=(), has_folder=False, has_branch=True, ref=ref
            )
            plan = CleanPlan(run=on.orchestrator.state.runs[ref.run], places=[wrong])

            async def stale(*_: object, plan: CleanPlan = plan) -> CleanPlan:
                return plan

            monkeypatch.setattr(Cleaning, "_look", stale)
            found = await cleaned(on, ref)
            assert found.removed == () and told in why(found, Part.BRANCH)
            assert branches(on) >= {"main", "mine", "other"}


async def test_a_branch_that_another_run_goes_back_to_stays(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        spec = replace(on.task(ref).spec, title="TALK", prompt="TALK")
        (other,) = await on.orchestrator.create_run(Plan(title="TALK", tasks=(spec,)), branch_of(on, ref))
        await on.until_state(other, TaskState.DONE)
        told = f"{branch_of(on, ref)} is the base branch of run {other.run}"
        assert told in why((await looked(on, ref, CLEAN)).told(), Part.BRANCH)
        assert told in why(await cleaned(on, ref), Part.BRANCH)
        assert not (await cleaned(on, ref, CleanHow(keep_branches=True))).kept, "it was not to go anyway"
        assert branch_of(on, ref) in branches(on)
        assert not (await cleaned(on, other, PRUNE)).kept
        assert parts(await cleaned(on, ref)) == [Part.BRANCH]


async def test_a_task_whose_branch_was_switched_is_not_given_up(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await stopped(on)
        git(on.repository, "switch", "-qc", "mine")
        git(folder_of(on, ref), "switch", "-q", "main")
        for how in (CLEAN, GIVE_UP):
            found = await cleaned(on, ref, how)
            assert found.removed == () and "main" in branches(on) and branch_of(on, ref) in branches(on)
        assert f"is on main and not on {branch_of(on, ref)}" in why(found, Part.WORKTREE)
        assert on.task(ref).state is TaskState.INTERRUPTED


async def test_a_task_whose_branch_is_checked_out_elsewhere_is_not_discarded(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await done(on)
        git(on.repository, "worktree", "move", "-f", "-f", str(folder_of(on, ref)), str(scratch / "moved"))
        with pytest.raises(NotPossibleError, match=f"nothing was removed: .* is checked out in {scratch}/moved"):
            await on.orchestrator.discard(ref)
        assert branch_of(on, ref) in branches(on) and git(scratch / "moved", "status", "--porcelain") == ""
