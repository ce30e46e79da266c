"""Which claims of a plan match nothing, before it is started. What is told of it in a task's log: test_scheduling."""

from pathlib import Path

from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.task import TaskState
from tests.faults.rig import opened, standin
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import git


async def test_what_is_looked_at_is_the_branch_that_the_plan_starts_from(scratch: Path) -> None:
    async with opened(scratch, standin(scratch)) as on:
        plan = Plan(title="x", tasks=(spec("one", "O", paths=("only-here.txt", "*.md")), spec("group", paths=("no",))))
        assert await on.orchestrator.unmatched_paths(plan, "main") == {"one": ("only-here.txt",)}
        git(on.repository, "switch", "--quiet", "--create", "other")
        (on.repository / "only-here.txt").write_text("x\n")
        git(on.repository, "add", "only-here.txt")
        git(on.repository, "commit", "--quiet", "-m", "more")
        assert await on.orchestrator.unmatched_paths(plan, "other") == {}
        assert set(await on.orchestrator.unmatched_paths(plan, "main")) == {"one"}
        assert await on.orchestrator.unmatched_paths(plan, "no-such-branch") == {}


async def test_a_task_that_claims_nothing_that_is_there_does_its_work(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"NEW": [{"write": ["new/one.txt", "1\n"]}]})) as on:
        refs = await begin(on, spec("new", "NEW", paths=("new/**", "README.md")), spec("other", "O"))
        task = await on.until_state(refs["new"], TaskState.DONE)
        told = [note.text for note in task.notes if "paths that it claims" in note.text]
        assert told == ["there is no file yet in the paths that it claims: new/**"]
        assert len(task.commits) == 1
