"""What comes next, and why: what needs the person, what works, what begins next, and what holds the rest up."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.checking import can_check_again
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.domain.task import ACTIVE, ASKING, CONTINUABLE, ENDED, Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.clock import hour_minute
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS, Tone
from codex_orch_tui.ui.presentation.rows import Row
from codex_orch_tui.ui.presentation.wait_words import Waits, look_of

_SHOWN = 5
"""So many tasks of each kind are named; of the others there is the number."""
_NAMED = 4
"""So many of the tasks that one waits for are named."""
_UNDECIDED = frozenset({Reason.SLOT, Reason.CLAIM, Reason.RATE_LIMIT})
"""What holds up a task that could begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the answer is made of. `slots` is how many tasks may be at work at once."""

    state: State
    waits: Waits
    slots: int
    rate_hold: RateLimits | None = None
    ascii_only: bool = False


def what_next(now: Moment) -> tuple[Row, ...]:
    """The answer as rows: headings, tasks, and below each task why."""
    sections = (
        ("Needs you", list(_needing(now))),
        (_at_work(now), [(ref, "") for ref, task in now.state.tasks.items() if task.state in ACTIVE - ASKING]),
        ("Begins next", list(_beginning(now))),
        ("Waits for other tasks", list(_with(now, Reason.DEPENDENCY))),
        ("Cannot begin", list(_with(now, Reason.BLOCKED))),
        ("Paused", list(_paused(now))),
        ("To review", list(_to_review(now))),
    )
    rows = [row for title, found in sections if found for row in _section(now, title, found)]
    return tuple(rows) or (_line("nothing", _nothing(now.state), depth=0),)


# -- the sections -----------------------------------------------------------------------------------------------------


def _needing(now: Moment) -> Iterator[tuple[TaskRef, str]]:
    for ref in dict.fromkeys(approval.ref for approval in now.state.pending):
        yield ref, "It waits for your answer: g goes to it."
    behind = Counter(ref for wait in now.waits.values() for ref in wait.on)
    stopped = [task for task in now.state.tasks.values() if task.state in CONTINUABLE and not task.held]
    for task in sorted(stopped, key=lambda task: -behind[task.ref]):
        others = behind[task.ref]
        who = f"{others} task{'s wait' if others != 1 else ' waits'} for it. " if others else ""
        without = ", S does without" if others else ""
        yield task.ref, f"{who}c continues, r begins again{without}."


def _at_work(now: Moment) -> str:
    working = sum(1 for task in now.state.tasks.values() if task.state in ACTIVE)
    return f"At work: {working} of {now.slots}"


def _beginning(now: Moment) -> Iterator[tuple[TaskRef, str]]:
    """In the order in which they begin: the decision has it."""
    for ref, task in now.state.tasks.items():
        if sel.is_planned(task) and ref not in now.waits:
            yield ref, "Its worker is about to start."
    behind = Counter(ref for wait in now.waits.values() for ref in wait.on)
    for ref, wait in now.waits.items():
        if wait.reason in _UNDECIDED and ref in now.state.tasks:
            yield ref, _why_not_yet(now, now.state.tasks[ref], wait, behind[ref])


def _why_not_yet(now: Moment, task: Task, wait: Wait, behind: int) -> str:
    match wait.reason:
        case Reason.CLAIM:
            return f"Its paths meet those of {_told(now.state, wait.on)}."
        case Reason.RATE_LIMIT:
            return _limit(now.rate_hold)
        case _:
            why = f"Priority {task.spec.priority}. " if task.spec.priority else ""
            if behind:
                why += f"{behind} task{'s wait' if behind != 1 else ' waits'} for it. "
            return f"{why}All {now.slots} workers are busy: it begins when one is free."


def _limit(limits: RateLimits | None) -> str:
    if limits is None:
        return "The account's rate limit holds it."
    until = f" until {hour_minute(limits.resets_at_s)}" if limits.resets_at_s is not None else ""
    return f"The account's rate limit is used to {limits.used_percent}%: nothing begins{until}."


def _with(now: Moment, reason: Reason) -> Iterator[tuple[TaskRef, str]]:
    for ref, wait in now.waits.items():
        if wait.reason is not reason or ref not in now.state.tasks:
            continue
        told = _told(now.state, wait.on)
        if reason is Reason.BLOCKED:
            yield ref, f"It needs {told}: r there begins again, S there does without."
        else:
            yield ref, f"It needs {told}."


def _paused(now: Moment) -> Iterator[tuple[TaskRef, str]]:
    for run in now.state.runs.values():
        if run.paused and (first := first_open(now.state, run)) is not None:
            waiting = sum(1 for ref in run.tasks if sel.is_planned(now.state.tasks[ref]) or ref in run.cut_off)
            cause = clean_line(run.pause_cause) or "paused"
            yield first, f"{clean_line(run.title)}: {cause}. p on the run goes on, here first; {waiting} to do."
    for task in now.state.tasks.values():
        run = now.state.runs[task.ref.run]
        if task.held and not run.paused and task.state in CONTINUABLE | {TaskState.QUEUED}:
            yield task.ref, "You paused it: p lets it go on."


def first_open(state: State, run: Run) -> TaskRef | None:
    """Where a run goes on: its first task, in plan order, that is not done."""
    settled = ENDED | {TaskState.DONE}
    return next((task.ref for task in sel.work_of(state, run) if task.state not in settled), None)


def _to_review(now: Moment) -> Iterator[tuple[TaskRef, str]]:
    for ref, task in now.state.tasks.items():
        if task.is_to_review:
            if sel.is_planner(now.state, ref) and task.accepted:
                yield ref, "P opens its plan: nothing of it begins before you approve it."
            elif can_check_again(task):
                yield ref, "c runs its checks: they have not passed on what it is now."
            else:
                yield ref, "m merges it: you have reviewed it." if task.is_reviewed else "d reads its diff."


def _told(state: State, refs: Sequence[TaskRef]) -> str:
    """Tasks by id and state: `a (working), b (failed) and 2 more`."""
    known = [state.tasks[ref] for ref in refs[:_NAMED] if ref in state.tasks]
    told = [f"{clean_line(task.ref.task)} ({TASK_LOOKS[task.state].word})" for task in known]
    more = f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else ""
    return (", ".join(told) + more) if told else "another task"


def _nothing(state: State) -> str:
    return "Nothing waits: every task has come to its end. n starts another." if state.tasks else "n starts a task."


# -- rows -------------------------------------------------------------------------------------------------------------


def _section(now: Moment, title: str, found: Sequence[tuple[TaskRef, str]]) -> Iterator[Row]:
    yield Row(key=f"head:{title.partition(':')[0]}", text=title, text_tone=Tone.ACCENT)
    tells_run = sum(1 for run in now.state.runs.values() if len(run.tasks) > 1) > 1
    for ref, why in found[:_SHOWN]:
        task = now.state.tasks[ref]
        look = look_of(task, now.waits.get(ref))
        run = now.state.runs[ref.run]
        yield Row(
            key=f"{title.partition(':')[0]}:{ref}",
            ref=ref,
            depth=1,
            sign=look.sign(ascii_only=now.ascii_only),
            sign_tone=look.tone,
            text=task.spec.title,
            remark=look.word,
            remark_tone=look.tone if look.tone in {Tone.ASKS, Tone.BAD, Tone.GOOD} else Tone.QUIET,
            is_free=True,
            details=(clean_line(run.title),) if len(run.tasks) > 1 and tells_run else (),
        )
        if why:
            yield _line(f"{title}:{ref}:why", why, depth=2, ref=ref)
    if len(found) > _SHOWN:
        yield _line(f"{title}:more", f"and {len(found) - _SHOWN:,} more", depth=1)


def _line(key: str, text: str, *, depth: int, ref: TaskRef | None = None) -> Row:
    return Row(key=key, ref=ref, depth=depth, text=text, text_tone=Tone.QUIET, is_free=True)
