"""What is in a run or a group, added up: how many tasks are where, tokens, cost, and the time from first to last.

The sums are kept by adding what one task became and taking away what it was, so a change costs the same in a run of
5,000 tasks as in one of two.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from codex_orch_tui.domain.cost import RateCard, cost_usd, tokens_of
from codex_orch_tui.domain.task import ACTIVE, ASKING, Task, TaskState
from codex_orch_tui.ui.presentation.clock import count, dollars, elapsed
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS, Look

BAR_CELLS = 6
_SETTLED = (TaskState.DONE, TaskState.MERGED, TaskState.SKIPPED)
"""States in which nothing of a task is left to do but to look at it and to merge it."""

_WORDS: Sequence[tuple[frozenset[TaskState], str, str]] = (
    (ASKING, "asks", "ask"),
    (frozenset({TaskState.FAILED}), "failed", "failed"),
    (frozenset({TaskState.LOST}), "lost", "lost"),
    (frozenset({TaskState.INTERRUPTED}), "interrupted", "interrupted"),
    (ACTIVE - ASKING, "working", "working"),
    (frozenset({TaskState.DONE}), "to review", "to review"),
    (frozenset({TaskState.MERGED}), "merged", "merged"),
    (frozenset({TaskState.SKIPPED}), "skipped", "skipped"),
    (frozenset({TaskState.DISCARDED}), "discarded", "discarded"),
    (frozenset({TaskState.QUEUED}), "queued", "queued"),
)
"""From what is the most urgent to what is the least, with the words for one and for more."""

_LOOKS: Sequence[tuple[frozenset[TaskState], TaskState]] = (
    (ASKING, TaskState.WAITING_APPROVAL),
    (frozenset({TaskState.FAILED}), TaskState.FAILED),
    (frozenset({TaskState.LOST}), TaskState.LOST),
    (ACTIVE - ASKING, TaskState.RUNNING),
    (frozenset({TaskState.INTERRUPTED}), TaskState.INTERRUPTED),
    (frozenset({TaskState.QUEUED}), TaskState.QUEUED),
    (frozenset({TaskState.DONE}), TaskState.DONE),
    (frozenset({TaskState.MERGED}), TaskState.MERGED),
    (frozenset({TaskState.SKIPPED}), TaskState.SKIPPED),
    (frozenset({TaskState.DISCARDED}), TaskState.DISCARDED),
)
"""A group looks like the first of these that one of its tasks is in."""


class Part(NamedTuple):
    """What one task adds. `started_s` and `ended_s` are infinite where there is no such moment."""

    state: TaskState
    tokens: int
    cost: float | None
    started_s: float
    ended_s: float


def part_of(task: Task, card: RateCard) -> Part:
    """What a task adds to the groups that hold it."""
    started_s = math.inf if task.started_at_s is None else task.started_at_s
    ended_s = -math.inf if task.ended_at_s is None or task.started_at_s is None else task.ended_at_s
    return Part(task.state, tokens_of(task), cost_usd(task, card), started_s, ended_s)


@dataclass(slots=True)
class RollUp:
    """The sums."""

    states: Counter[TaskState] = field(default_factory=Counter)
    tokens: int = 0
    priced: float = 0.0
    unpriced: int = 0
    """Tasks with tokens of a model without a rate: with one of them there is no figure for the whole."""
    first_s: float = math.inf
    last_s: float = -math.inf
    is_stale: bool = False
    """The first or last moment was taken away: both have to be looked for again."""

    def add(self, part: Part) -> None:
        """One more task."""
        self.states[part.state] += 1
        self.tokens += part.tokens
        if part.cost is None:
            self.unpriced += 1
        else:
            self.priced += part.cost
        self.first_s = min(self.first_s, part.started_s)
        self.last_s = max(self.last_s, part.ended_s)

    def change(self, old: Part, new: Part) -> None:
        """A task became another one."""
        self.states[old.state] -= 1
        self.tokens -= old.tokens
        if old.cost is None:
            self.unpriced -= 1
        else:
            self.priced -= old.cost
        took_first = old.started_s == self.first_s and new.started_s > old.started_s
        took_last = old.ended_s == self.last_s and new.ended_s < old.ended_s
        self.is_stale = self.is_stale or took_first or took_last
        self.add(new)

    def look_again(self, parts: Iterable[Part]) -> None:
        """Find the first and the last moment anew among all parts."""
        self.first_s, self.last_s, self.is_stale = math.inf, -math.inf, False
        for part in parts:
            self.first_s = min(self.first_s, part.started_s)
            self.last_s = max(self.last_s, part.ended_s)

    # -- in words -----------------------------------------------------------------------------------------------

    def number(self, states: Iterable[TaskState]) -> int:
        """How many tasks are in one of the states."""
        return sum(self.states[state] for state in states)

    @property
    def total(self) -> int:
        """All tasks but those that were given up."""
        return self.states.total() - self.states[TaskState.DISCARDED]

    @property
    def settled(self) -> int:
        """How many of them are done, merged, or skipped."""
        return self.number(_SETTLED)

    @property
    def look(self) -> Look:
        """The sign and word of the whole: those of its most urgent task."""
        for states, shown in _LOOKS:
            if self.number(states):
                return TASK_LOOKS[shown]
        return TASK_LOOKS[TaskState.QUEUED]

    def words(self) -> list[str]:
        """How many tasks are where, the most urgent first: `1 asks`, `2 working`, `3 to review`."""
        told = ((self.number(states), one, more) for states, one, more in _WORDS)
        return [f"{number} {one if number == 1 else more}" for number, one, more in told if number]

    def progress(self, *, ascii_only: bool = False) -> str:
        """How far it is: `▓▓▓▓░░ 5/7`; the word of the whole where every task was given up."""
        if not self.total:
            return self.look.word
        full, empty = ("#", ".") if ascii_only else ("▓", "░")
        filled = self.settled * BAR_CELLS // self.total
        if self.settled and not filled:
            filled = 1
        figures = f"{self.settled:>{len(str(self.total))}}/{self.total}"
        return f"{full * filled}{empty * (BAR_CELLS - filled)} {figures}"

    def spent(self) -> str:
        """Tokens and, where every model has a rate, cost: `412k tok $1.92`."""
        return spent(self.tokens, None if self.unpriced else max(0.0, round(self.priced, 6)))

    def time(self) -> tuple[str, float | None]:
        """How long it took from the first task's start to the last one's end, or since when it has been going on."""
        if math.isinf(self.first_s):
            return "", None
        if self.number(ACTIVE):
            return "", self.first_s
        return (elapsed(self.last_s - self.first_s) if self.last_s >= self.first_s else ""), None


def spent(tokens: int, cost: float | None) -> str:
    """Tokens and cost; nothing where nothing was used, no cost where a model has no rate or all of them are free."""
    if not tokens:
        return ""
    return f"{count(tokens)} tok {dollars(cost)}" if cost else f"{count(tokens)} tok"
