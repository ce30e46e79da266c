"""The run that a command is about when none is named: the only one that it can be about, and never a guess."""

from collections.abc import Callable
from textwrap import shorten

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.names import find_run
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import clean_line

_NAMED = 5
_TITLE_CHARS = 40


def one_run(state: State, text: str | None, *, has: Callable[[Run], bool], what: str) -> Run:
    """The run of this id, or the only one that has something.

    Args:
        state: What is known.
        text: What the person typed for the run; None: nothing.
        has: Whether a run has it.
        what: What that is, as in "no run has ...".

    Raises:
        CommandFailedError: No run has the id; or none was typed, and no run has it, or several have.
    """
    if text is not None:
        return find_run(state, text)
    if not state.runs:
        raise CommandFailedError("there is no run here yet → codex-orch-tui run starts one", ExitCode.NOT_USABLE)
    found = [run for run in state.runs.values() if has(run)]
    if len(found) == 1:
        return found[0]
    if not found:
        told = f"no run has {what}; the newest is {_named(list(state.runs.values())[-1])}"
    else:
        newest = ", ".join(map(_named, found[: -_NAMED - 1 : -1]))
        told = f"{len(found):,} runs have {what} → name one with --run-id: {newest}"
    raise CommandFailedError(clean_line(told), ExitCode.NOT_USABLE)


def _named(run: Run) -> str:
    return f"{run.id} ({shorten(run.title, _TITLE_CHARS, placeholder='…')})"
