"""Plans of several tasks on the real Codex: who begins when, and from which commit."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.plan import Limits
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell
from codex_orch_tui.services.errors import NotPossibleError
from tests.scenarios.plans import begin, files_of, reviewed_files, spec
from tests.scenarios.stage import add_file, change_line, git, stage

pytestmark = pytest.mark.codex

STOPPED = (TaskState.FAILED, TaskState.INTERRUPTED, TaskState.LOST)


def adds(marker: str, name: str) -> Script:
    return Script(marker, (Patch(text=add_file(name, marker.lower())), Say(text=f"{name} is there.")))


async def test_two_side_by_side_then_one_that_starts_from_both(scratch: Path) -> None:
    scripts = [
        Script("API", (Hang(name="api"), Patch(text=add_file("api.py", "api")), Say(text="ok"))),
        Script("PAGE", (Hang(name="page"), Patch(text=add_file("page.py", "page")), Say(text="ok"))),
        Script("TEST", (Shell(cmd="cat api.py page.py"), Patch(text=add_file("test_both.py", "t")), Say(text="ok"))),
    ]
    async with stage(scratch, scripts) as on:
        refs = await begin(on, spec("api", "API"), spec("page", "PAGE"), spec("both", "TEST", "api page"))
        await on.model.hanging("api")
        await on.model.hanging("page")
        assert on.orchestrator.waits() == {refs["both"]: Wait(Reason.DEPENDENCY, (refs["api"], refs["page"]))}
        on.model.release("api")
        on.model.release("page")
        task = await on.until_state(refs["both"], TaskState.DONE, *STOPPED)
        assert task.state is TaskState.DONE, task.fault
        assert task.joins == (refs["api"], refs["page"])
        assert files_of(on, task) == {"README.md", "api.py", "page.py", "test_both.py"}
        assert await reviewed_files(on, refs["both"]) == ["test_both.py"], "its review shows its own work"
        await on.reviewed(refs["both"])
        with pytest.raises(NotPossibleError, match="it stands on api and page, which is not merged yet"):
            await on.orchestrator.preview_merge(refs["both"])
        await on.merged(refs["api"])
        await on.orchestrator.update(refs["page"])
        await on.merged(refs["page"])
        await on.orchestrator.update(refs["both"])
        await on.merged(refs["both"])
        assert git(on.repository, "log", "--format=%s", "main").splitlines() == ["both", "page", "api", "first"]


async def test_results_that_clash_are_the_first_problem_of_who_needs_both(scratch: Path) -> None:
    scripts = [
        Script("ONE", (Patch(text=change_line("README.md", "hello", "hello one")), Say(text="ok"))),
        Script("TWO", (Patch(text=change_line("README.md", "hello", "hello two")), Say(text="ok"))),
        Script(
            "BOTH",
            (
                Shell(cmd="printf 'hello one and two\\n' > README.md"),
                Say(text="resolved"),
            ),
        ),
    ]
    async with stage(scratch, scripts) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"), spec("both", "BOTH", "one two"))
        task = await on.until_state(refs["both"], TaskState.DONE, *STOPPED)
        assert task.state is TaskState.DONE, task.fault
        assert task.conflicts == ("README.md",)
        assert task.turn is not None
        assert task.turn.prompt.startswith("You start from the results of one and two. They clash in these files")
        assert "- README.md\nFirst resolve each" in task.turn.prompt
        assert "they clash, with conflict markers in\n  README.md" in "\n".join(note.text for note in task.notes)
        assert task.worktree is not None
        assert git(on.repository, "show", f"{task.worktree.branch}:README.md") == "hello one and two"
        assert "<<<<<<< one" in git(on.repository, "show", f"{task.worktree.base_commit}:README.md")


async def test_what_failed_blocks_only_its_dependents_and_can_be_skipped(scratch: Path) -> None:
    scripts = [adds("GOOD", "good.txt"), adds("LAST", "last.txt"), adds("BASE", "base.txt")]
    async with stage(scratch, scripts, setup_command='test "${WORKTREE##*/}" != bad') as on:
        refs = await begin(
            on,
            spec("base", "BASE"),
            spec("bad", "BAD", "base"),
            spec("good", "GOOD", "base"),
            spec("last", "LAST", "bad"),
        )
        await on.until_state(refs["good"], TaskState.DONE)
        await on.until_state(refs["bad"], TaskState.FAILED)
        await on.orchestrator.wait_idle()
        assert on.orchestrator.waits() == {refs["last"]: Wait(Reason.BLOCKED, (refs["bad"],))}
        await on.orchestrator.skip(refs["bad"])
        task = await on.until_state(refs["last"], TaskState.DONE, *STOPPED)
        assert task.state is TaskState.DONE, task.fault
        assert files_of(on, task) == {"README.md", "base.txt", "last.txt"}, "what was skipped hands on what it needed"
        assert on.task(refs["bad"]).backup_ref


async def test_one_worktree_for_a_run_has_one_writer_at_a_time(scratch: Path) -> None:
    scripts = [adds("ONE", "one.txt"), adds("TWO", "two.txt"), adds("THREE", "three.txt")]
    async with stage(scratch, scripts, use_single_workspace=True) as on:
        most = 0

        def look() -> None:
            nonlocal most
            most = max(most, len(on.orchestrator._supervisor.at_work))

        on.orchestrator.watch(look)
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"), spec("three", "THREE", "one"))
        await on.until(lambda: all(on.task(ref).state is TaskState.DONE for ref in refs.values()))
        assert most == 1
        tasks = [on.task(ref) for ref in refs.values()]
        assert len({task.worktree.path for task in tasks if task.worktree}) == 1
        assert tasks[0].worktree is not None
        assert tasks[0].worktree.branch.endswith(f"/run-{tasks[0].ref.run}/workspace-shared")
        assert files_of(on, tasks[2]) == {"README.md", "one.txt", "two.txt", "three.txt"}
        for name in refs:
            assert await reviewed_files(on, refs[name]) == [f"{name}.txt"]
        with pytest.raises(NotPossibleError, match="share one worktree"):
            await on.orchestrator.preview_merge(refs["one"])
        await on.orchestrator.discard(refs["one"])
        assert Path(tasks[0].worktree.path).exists(), "the others work in it"


async def test_tokens_used_up_stop_the_task_with_the_reason(scratch: Path) -> None:
    scripts = [Script("LONG", (Shell(cmd="true"), Hang(name="never"), Say(text="ok")))]
    async with stage(scratch, scripts) as on:
        refs = await begin(on, spec("long", "LONG", limits=Limits(tokens=1)), spec("after", "LONG", "long"))
        task = await on.until_state(refs["long"], TaskState.FAILED)
        assert task.fault is not None
        assert "tokens are used; its limit is 1" in task.fault.message
        await on.orchestrator.wait_idle()
        assert on.orchestrator.waits() == {refs["after"]: Wait(Reason.BLOCKED, (refs["long"],))}
