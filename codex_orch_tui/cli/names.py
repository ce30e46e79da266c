"""Runs, tasks and questions by what a person types: the whole id, or a beginning that only one has."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import clean_line

T = TypeVar("T")

_NAMED = 5
_FAR = 0.4
"""How alike the nearest one has to be, from 0 to 1; ids of one day are alike anyway."""


def find_run(state: State, text: str) -> Run:
    """The run of this id.

    Raises:
        CommandFailedError: none has it, or several begin so; the nearest are named.
    """
    return state.runs[RunId(_find("run", text, {str(run): run for run in state.runs}))]


def find_task(state: State, text: str) -> TaskRef:
    """A task: `RUN/TASK`, the task's own id when only one that is open has it, or a run that is of one task.

    Raises:
        CommandFailedError: none has it, or several do.
    """
    run_text, slash, task_text = text.partition("/")
    if slash:
        run = find_run(state, run_text)
        inside = {str(task.ref.task): task.ref for task in sel.work_of(state, run)}
        return _find("task", task_text, inside)
    working = {ref: task for ref, task in state.tasks.items() if not task.spec.is_group}
    both = [ref for ref, task in working.items() if sel.has_worktree(task)], list(working)
    exact = [[ref for ref in candidates if ref.task == text] for candidates in both]
    for named in (*exact, *(_beginning(text, _by_id(candidates)) for candidates in both)):
        if len(named) == 1:
            return named[0]
        if named:
            raise _several("task", text, map(str, named))
    by_id = {str(ref.task): ref for ref in working}
    return _find("task", text, {str(ref): ref for ref in working} | _only_tasks(state) | by_id)


def find_approval(state: State, text: str) -> Approval:
    """The question of this id, or of the beginning of one.

    Where several begin so, the one that waits is named and not taken: questions of one worker begin with the same
    characters, so an answer to the one before could reach a question that nobody has read.

    Raises:
        CommandFailedError: none has it, or several begin so.
    """
    known = {str(approval): found for approval, found in state.approvals.items()}
    waiting = [str(approval.id) for approval in state.pending if approval.id.startswith(text)]
    if len(waiting) == 1 and text not in known and len(_beginning(text, known.items())) > 1:
        told = f"several questions begin with {text!r}; {waiting[0]} waits: type its whole id"
        raise CommandFailedError(clean_line(told), ExitCode.NOT_USABLE)
    return _find("question", text, known)


def _by_id(refs: Iterable[TaskRef]) -> list[tuple[str, TaskRef]]:
    return [(str(ref.task), ref) for ref in refs]


def _only_tasks(state: State) -> dict[str, TaskRef]:
    """The runs that are of one task: their id is enough for it."""
    found = {}
    for run in state.runs.values():
        work = sel.work_of(state, run)
        if len(work) == 1:
            found[str(run.id)] = work[0].ref
    return found


def _find(what: str, text: str, known: Mapping[str, T]) -> T:
    if text in known:
        return known[text]
    named = _beginning(text, known.items())
    if len(set(map(id, named))) == 1:
        return named[0]
    if named:
        raise _several(what, text, (name for name in known if name.startswith(text)))
    raise _none(what, text, known)


def _beginning(text: str, known: Iterable[tuple[str, T]]) -> list[T]:
    return [value for name, value in known if text and name.startswith(text)]


def _several(what: str, text: str, names: Iterable[str]) -> CommandFailedError:
    found = sorted(names)
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    told = f"{what} {text!r} can be {', '.join(found[:_NAMED])}{more}; type more of it"
    return CommandFailedError(clean_line(told), ExitCode.NOT_USABLE)


def _none(what: str, text: str, known: Iterable[str]) -> CommandFailedError:
    names = list(known)
    near = get_close_matches(text, names, n=1, cutoff=_FAR)
    if near:
        hint = f"; did you mean {near[0]}?"
    elif names:
        hint = f"; the newest is {names[-1]}"
    else:
        hint = f"; there is no {what} here yet"
    return CommandFailedError(clean_line(f"there is no {what} {text!r}{hint}"), ExitCode.NOT_USABLE)
