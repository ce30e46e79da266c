"""Which tasks begin now, and what each of the others waits for: one pure decision over everything that is planned.

A task begins when all that it depends on is done, a slot is free, and its claim on paths meets no claim of a task at
work. Among those that could begin, the higher priority goes first, then the longer chain of dependents, then plan
order.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.path_claims import claims_meet, first_name
from codex_orch_tui.domain.values import dataclass


class Standing(StrEnum):
    """What the scheduler needs to know of a task's state."""

    PLANNED = "planned"
    """It may begin as soon as nothing is in its way."""
    HELD = "held"
    """A person paused it, or its run."""
    AT_WORK = "at_work"
    DONE = "done"
    """Its result is there, reviewed or not, or it was skipped: dependents may begin."""
    STOPPED = "stopped"
    """It failed, was interrupted or discarded: dependents cannot begin."""


class Reason(StrEnum):
    """Why a task does not begin."""

    DEPENDENCY = "dependency"
    BLOCKED = "blocked"
    CLAIM = "claim"
    SLOT = "slot"
    HELD = "held"
    RATE_LIMIT = "rate_limit"


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a task does not begin, and the tasks that it waits for."""

    reason: Reason
    on: tuple[TaskRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A task as the scheduler sees it. `paths` are its claim, `chain` is the longest way from it to an end.

    `is_asked`: the person asked for this turn, so it goes first, and no rate limit holds it.
    """

    ref: TaskRef
    standing: Standing
    depends_on: tuple[TaskRef, ...] = ()
    paths: tuple[str, ...] = ()
    priority: int = 0
    chain: int = 0
    is_asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What begins now, first one first, and why the other planned tasks do not."""

    begin: tuple[TaskRef, ...]
    waits: Mapping[TaskRef, Wait]


@dataclasses.dataclass(slots=True)
class _Claims:
    """The claims of tasks at work, found by the folder at the top that they begin with."""

    by_first: defaultdict[str, dict[TaskRef, tuple[str, ...]]] = field(default_factory=lambda: defaultdict(dict))
    anywhere: dict[TaskRef, tuple[str, ...]] = field(default_factory=dict)
    everyone: dict[TaskRef, tuple[str, ...]] = field(default_factory=dict)

    def add(self, ref: TaskRef, paths: tuple[str, ...]) -> None:
        if not paths:
            return
        self.everyone[ref] = paths
        for glob in paths:
            name = first_name(glob)
            place = self.anywhere if name is None else self.by_first[name]
            place[ref] = paths

    def met_by(self, paths: tuple[str, ...]) -> tuple[TaskRef, ...]:
        """The tasks at work whose claims meet this one."""
        candidates: dict[TaskRef, tuple[str, ...]] = {}
        for glob in paths:
            name = first_name(glob)
            if name is None:
                candidates = self.everyone
                break
            candidates = {**candidates, **self.by_first.get(name, {}), **self.anywhere}
        return tuple(ref for ref, others in candidates.items() if claims_meet(paths, others))


def decide(tasks: Sequence[Planned], *, slots: int, is_rate_limited: bool = False) -> Decision:
    """The decision for the moment.

    Args:
        tasks: all tasks of all runs, in plan order; what a task depends on is among them.
        slots: how many tasks may be at work at once, those that are already counted.
        is_rate_limited: the account's window is about to run out; only what the person asked for begins.
    """
    standing = {task.ref: task.standing for task in tasks}
    waits: dict[TaskRef, Wait] = {}
    claims = _Claims()
    ready: list[Planned] = []
    at_work: list[TaskRef] = []
    for task in tasks:
        if task.standing is Standing.AT_WORK:
            at_work.append(task.ref)
            claims.add(task.ref, task.paths)
        elif task.standing is Standing.HELD:
            waits[task.ref] = Wait(Reason.HELD)
        elif task.standing is Standing.PLANNED:
            wait = _dependency_wait(task, standing)
            if wait is None:
                ready.append(task)
            else:
                waits[task.ref] = wait
    ready.sort(key=lambda task: (not task.is_asked, -task.priority, -task.chain))
    begin: list[TaskRef] = []
    for task in ready:
        if is_rate_limited and not task.is_asked:
            waits[task.ref] = Wait(Reason.RATE_LIMIT)
        elif len(at_work) >= slots:
            waits[task.ref] = Wait(Reason.SLOT)
        elif met := claims.met_by(task.paths):
            waits[task.ref] = Wait(Reason.CLAIM, met)
        else:
            begin.append(task.ref)
            at_work.append(task.ref)
            claims.add(task.ref, task.paths)
    return Decision(begin=tuple(begin), waits=waits)


def chains(depends_on: Mapping[TaskRef, Iterable[TaskRef]], order: Sequence[TaskRef]) -> Mapping[TaskRef, int]:
    """The longest way from each task to an end of the graph, in tasks.

    Args:
        depends_on: what each task needs.
        order: every task after all that it needs.
    """
    chain = dict.fromkeys(order, 0)
    for ref in reversed(order):
        for needed in depends_on[ref]:
            chain[needed] = max(chain[needed], chain[ref] + 1)
    return chain


def _dependency_wait(task: Planned, standing: Mapping[TaskRef, Standing]) -> Wait | None:
    open_ones = tuple(ref for ref in task.depends_on if standing[ref] is not Standing.DONE)
    if not open_ones:
        return None
    stopped = tuple(ref for ref in open_ones if standing[ref] is Standing.STOPPED)
    return Wait(Reason.BLOCKED, stopped) if stopped else Wait(Reason.DEPENDENCY, open_ones)
