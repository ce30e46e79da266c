"""Landing a run on the real Codex: its workers made the commits, and its sandbox runs the checks."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.merge import RefusalReason
from codex_orch_tui.domain.run_landing import LandingOutcome
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script
from codex_orch_tui.services.errors import NotPossibleError
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import Stage, add_file, change_line, git, stage

pytestmark = pytest.mark.codex

UNIT = "python test_shop.py"
FILES = {
    "shop.py": "RATE = 5\n",
    "test_shop.py": "import shop\nassert shop.RATE < 10, shop.RATE\nprint('ok')\n",
    "README.md": "hello\n",
}


def adds(marker: str, name: str) -> Script:
    return Script(marker, (Patch(text=add_file(name, marker.lower())), Say(text="ok")))


def changes(marker: str, name: str, old: str, new: str) -> Script:
    return Script(marker, (Patch(text=change_line(name, old, new)), Say(text="ok")))


async def reviewed(on: Stage, refs: dict[str, TaskRef]) -> RunId:
    """Every task is done and was looked at."""
    await on.until(lambda: all(on.task(ref).state is TaskState.DONE for ref in refs.values()))
    await on.orchestrator.wait_idle()
    for ref in refs.values():
        await on.reviewed(ref)
    return next(iter(refs.values())).run


def state_of(on: Stage) -> tuple[str, str, str]:
    return (
        git(on.repository, "rev-parse", "main"),
        git(on.repository, "status", "--porcelain"),
        git(on.repository, "for-each-ref", "refs/heads"),
    )


@pytest.mark.slow
async def test_two_and_one_that_needs_both_land_although_the_base_moved_in_between(scratch: Path) -> None:
    scripts = [adds("PAGE", "page.py"), adds("API", "api.py"), adds("TEST", "test_both.py")]
    async with stage(scratch, scripts, files=FILES, checks={"unit": UNIT}) as on:
        refs = await begin(
            on,
            spec("page", "PAGE", checks=("unit",)),
            spec("api", "API", checks=("unit",)),
            spec("both", "TEST", "page api"),
        )
        run = await reviewed(on, refs)
        preview = await on.orchestrator.preview_run_landing(run)
        git(on.repository, "commit", "--quiet", "--allow-empty", "-m", "moved")
        before = state_of(on)
        with pytest.raises(NotPossibleError, match="main has changed since it was shown"):
            await on.orchestrator.land_run(run, preview)
        assert state_of(on) == before
        preview = await on.orchestrator.preview_run_landing(run)
        merged = await on.orchestrator.land_run(run, preview)
        assert git(on.repository, "log", "--reverse", "--format=%s", "main").split() == [
            *("first", "moved", "page", "api", "both")
        ]
        landing = on.orchestrator.state.runs[run].landing
        assert landing is not None
        assert [(one.name, one.outcome, one.commit) for one in landing.receipts] == [
            ("unit", CheckOutcome.PASSED, merged.new)
        ]
        assert git(on.repository, "rev-parse", "main") == merged.new
        assert git(on.repository, "status", "--porcelain") == ""
        assert all(on.task(ref).worktree_removed for ref in refs.values())
        log = on.repository / ".orchestrator" / "runs" / run / "tasks" / "integration" / "logs.txt"
        assert "ok" in log.read_text()


@pytest.mark.slow
async def test_a_clash_and_then_a_red_check_move_nothing(scratch: Path) -> None:
    scripts = [
        changes("FASTER", "shop.py", "RATE = 5", "RATE = 8"),
        changes("OTHER", "shop.py", "RATE = 5", "RATE = 6"),
        changes("STRICT", "test_shop.py", "assert shop.RATE < 10, shop.RATE", "assert shop.RATE < 7, shop.RATE"),
        adds("FINE", "fine.py"),
    ]
    async with stage(scratch, scripts, files=FILES, checks={"unit": UNIT}) as on:
        refs = await begin(
            on,
            spec("faster", "FASTER", checks=("unit",)),
            spec("other", "OTHER", checks=("unit",)),
            spec("strict", "STRICT", checks=("unit",)),
            spec("fine", "FINE"),
        )
        run = await reviewed(on, refs)
        before = state_of(on)
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is not None
        assert (preview.refusal.reason, preview.refusal.paths) == (RefusalReason.CONFLICT, ("shop.py",))
        assert preview.culprit == refs["other"]
        # Each was green by itself; together the second is red.
        preview = await on.orchestrator.preview_run_landing(run, without={refs["other"]})
        with pytest.raises(NotPossibleError, match="the check unit failed with exit code 1 with strict"):
            await on.orchestrator.land_run(run, preview)
        assert state_of(on) == before
        landing = on.orchestrator.state.runs[run].landing
        assert landing is not None
        assert (landing.outcome, landing.culprit) == (LandingOutcome.NOT_LANDED, refs["strict"])
        assert (landing.worktree_removed, landing.kept_because) == (True, "")
        assert "AssertionError: 8" in on.task(refs["strict"]).notes[-1].text
        # Without it the rest lands.
        preview = await on.orchestrator.preview_run_landing(run, without={refs["other"], refs["strict"]})
        await on.orchestrator.land_run(run, preview)
        assert git(on.repository, "log", "--reverse", "--format=%s", "main").split() == ["first", "faster", "fine"]
        assert git(on.repository, "show", "main:shop.py") == "RATE = 8"
