"""What is planned, as the scheduler's pure decision takes it: made from the state, for who decides and who looks on."""

from collections.abc import Callable, Collection
from functools import lru_cache

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.path_claims import counted_claims
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.schedule import Planned, Standing
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.domain.task import ACTIVE, CONTINUABLE, Task, TaskState
from codex_orch_tui.services.run_graphs import RunGraphs

_SHARED_CLAIM = "\0worktree-of-"
"""A claim that no path meets, held by the tasks of a run in one worktree: one of them works at a time."""


class PlannedTasks:
    """Remembers what it made: most tasks are as they were at the last decision."""

    def __init__(self) -> None:
        self._graphs = RunGraphs()
        self._known: dict[TaskRef, tuple[tuple[object, ...], Planned]] = {}

    def of(
        self,
        state: State,
        settings: Config,
        *,
        at_work: Collection[TaskRef],
        is_asked: Callable[[TaskRef], bool] = lambda _ref: False,
        left_out: Collection[RunId] = (),
    ) -> list[Planned]:
        """All tasks that matter for the decision; runs in which nothing can happen are left out.

        Args:
            state: what is known.
            settings: those in force.
            at_work: the tasks that hold a slot.
            is_asked: whether the person asked for the turn that a task is queued for.
            left_out: runs of which nothing may begin yet.
        """
        planned: list[Planned] = []
        for run in state.runs.values():
            if run.id not in left_out and any(_may_move(state.tasks[ref], at_work) for ref in run.tasks):
                planned += self._of_run(state, run, settings, at_work, is_asked)
        return planned

    def _of_run(
        self,
        state: State,
        run: Run,
        settings: Config,
        at_work: Collection[TaskRef],
        asked: Callable[[TaskRef], bool],
    ) -> list[Planned]:
        needs, chains = self._graphs.needs(state, run.id), self._graphs.chains(state, run.id)
        planned = []
        for ref, needed in needs.items():
            task = state.tasks[ref]
            is_asked = asked(ref)
            standing = Standing.AT_WORK if ref in at_work else _standing(task, run, is_asked=is_asked)
            # Making them anew is most of what a decision costs.
            facts = (task.spec, needed, task.worktree is None, standing, is_asked, settings, chains[ref])
            known = self._known.get(ref)
            if known is None or known[0] != facts:
                claims = _counted(task.spec.paths, settings.claims_allow, settings.claims_ignore)
                one = Planned(
                    ref=ref,
                    standing=standing,
                    depends_on=needed if task.worktree is None else (),
                    paths=(*claims, _SHARED_CLAIM + run.id) if run.shares_worktree else claims,
                    priority=task.spec.priority,
                    chain=chains[ref],
                    is_asked=is_asked,
                )
                known = self._known[ref] = (facts, one)
            planned.append(known[1])
        return planned


def rate_hold(state: State, settings: Config, now_s: float, at_work: Collection[TaskRef]) -> RateLimits | None:
    """The rate limits, while they let no task begin; `now_s` in seconds since the epoch."""
    limits = state.rate_limits
    if limits is None or limits.used_percent < settings.rate_limit_hold_percent:
        return None
    if limits.resets_at_s is not None:
        return limits if now_s < limits.resets_at_s else None
    # Nobody says when it ends: the tasks at work bring newer figures, and without any the next one has to try.
    return limits if any(state.tasks[ref].state in ACTIVE for ref in at_work) else None


@lru_cache(maxsize=16_384)
def _counted(paths: tuple[str, ...], allow: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[str, ...]:
    return counted_claims(paths, allow, ignore)


def _may_move(task: Task, at_work: Collection[TaskRef]) -> bool:
    return task.state is TaskState.QUEUED or task.ref in at_work or (task.held and task.state in CONTINUABLE)


def _standing(task: Task, run: Run, *, is_asked: bool) -> Standing:
    """Where a task without a job stands."""
    if task.state is TaskState.QUEUED:
        is_held = task.held or (run.paused and not is_asked)
        return Standing.HELD if is_held else Standing.PLANNED
    if task.state in ACTIVE:
        return Standing.AT_WORK
    if task.state in {TaskState.DONE, TaskState.MERGED, TaskState.SKIPPED}:
        return Standing.DONE
    return Standing.HELD if task.held and task.state in CONTINUABLE else Standing.STOPPED
