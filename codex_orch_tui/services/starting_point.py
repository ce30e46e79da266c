"""The commit that a task starts from: its base branch's tip, or the results of the tasks that it depends on, joined."""

from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.join import Tip, join_tips
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.run_graphs import Needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a task starts. `base_tip` None: its base branch is gone."""

    commit: CommitId
    base_tip: CommitId | None
    joins: tuple[TaskRef, ...] = ()
    conflicts: tuple[str, ...] = ()


async def starting_point(repository: Repository, state: State, task: Task, needs: Needs) -> Start | None:
    """Where the task starts; None when there is nothing to start from: its base branch is gone.

    Raises:
        GitRepoError: git does not tell.
    """
    base = await repository.tip(task.base_branch)
    results = [state.tasks[ref] for ref in _sources(state, task.ref, needs)]
    if all(one.state is TaskState.MERGED for one in results):
        return Start(commit=base, base_tip=base) if base is not None else None
    tips = [Tip(name=one.ref.task, commit=await _tip(repository, one)) for one in results]
    joined = await join_tips(repository, tips, identity=await repository.identity())
    return Start(
        commit=joined.commit,
        base_tip=base,
        joins=tuple(one.ref for one in results),
        conflicts=joined.conflicts,
    )


def clash_text(task: Task) -> str:
    """What its worker is told first, when the results that the task starts from clash; empty when they do not."""
    if not task.joins or not task.conflicts:
        return ""
    names = " and ".join(ref.task for ref in task.joins)
    files = "\n".join(f"- {path}" for path in task.conflicts)
    return (
        f"You start from the results of {names}. They clash in these files, which hold conflict markers "
        f"(<<<<<<<, =======, >>>>>>>):\n{files}\n"
        "First resolve each so that both intentions hold, and remove every marker. Then go on with your task:"
    )


def _sources(state: State, ref: TaskRef, needs: Needs) -> list[TaskRef]:
    """The tasks with commits that the task starts from, in plan order; what was skipped hands on what it needed."""
    found: set[TaskRef] = set()
    todo = list(needs.get(ref, ()))
    while todo:
        one = state.tasks[todo.pop()]
        if one.state is TaskState.SKIPPED:
            todo += needs.get(one.ref, ())
        elif one.worktree is not None and (one.joins or one.tip != one.worktree.base_commit):
            found.add(one.ref)
    return [one for one in needs if one in found]


async def _tip(repository: Repository, task: Task) -> CommitId:
    """A result. A merged one is where it was merged; another is its branch, which the person may have moved."""
    assert task.worktree is not None, "a result is in a worktree"
    assert task.tip is not None, "a task with a worktree has a tip"
    if task.merged_as is not None:
        return task.merged_as
    return await repository.tip(task.worktree.branch) or task.tip
