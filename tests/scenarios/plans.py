"""Plans for scenarios, and what became of them."""

from typing import Any

from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.task import Task
from tests.scenarios.stage import Stage, git


def spec(name: str, prompt: str = "", needs: str = "", **fields: Any) -> TaskSpec:
    """A task with a free answer; without a prompt it is a group. `needs` are ids, separated by blanks."""
    fields = {"checked_answer": False} | fields
    return TaskSpec(id=TaskId(name), title=name, prompt=prompt, depends_on=tuple(map(TaskId, needs.split())), **fields)


async def begin(on: Stage, *specs: TaskSpec) -> dict[str, TaskRef]:
    """Start a plan; its tasks by id."""
    refs = await on.orchestrator.create_run(Plan(title="the plan", tasks=specs), "main")
    return {ref.task: ref for ref in refs}


def files_of(on: Stage, task: Task) -> set[str]:
    """What is in the task's branch."""
    assert task.worktree is not None
    return set(git(on.repository, "ls-tree", "-r", "--name-only", task.worktree.branch).splitlines())


async def reviewed_files(on: Stage, ref: TaskRef) -> list[str]:
    """What the review of a task shows."""
    return sorted(change.path for change in (await on.orchestrator.review(ref)).files)
