"""`wait`: return when something is so, for scripts."""

from typing import TYPE_CHECKING, NamedTuple

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import RUN
from codex_orch_tui.cli.done import AS_JSON, tell_done
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex_orch_tui.cli.acting import Ground
    from codex_orch_tui.domain.ids import RunId
    from codex_orch_tui.domain.run import Run
    from codex_orch_tui.domain.state import State

_TO_BEGIN_S = 10.0
"""What is started beside us has so long to begin: until then the newest run is not yet the one that is meant."""
_LOOK_AGAIN_S = 0.1
_HOLDER_EVERY_S = 1.0


class _Over(NamedTuple):
    """How the wait ended."""

    code: ExitCode
    told: str


@click.command(short_help="Wait until something asks, is idle or done.")
@click.option("--until", "what", type=click.Choice(("asks", "idle", "done")), required=True, help="What to wait for.")
@click.option("--run", "--run-id", "run", type=RUN, metavar="R", help="Of this run.  [default: of all]")
@click.option("--timeout", type=click.FloatRange(0), metavar="S", help="Give up after so many seconds.")
@AS_JSON
@in_place
def wait(place: Place, what: str, run: str | None, timeout: float | None, as_json: bool) -> int:
    """Wait for what another program does here, and say by the exit code how it came.

    \b
    asks    a question waits for you
    idle    nothing is at work, and nothing begins without you
    done    every task is done; without --run, of the newest run

    Ends with 0 when it is so. Ends with 1 when a task failed that was to be done, and with 4 when it cannot come about
    without you any more, when the program that was at work has ended, or when the time is over. If nothing is at work
    yet, 10 seconds are given to begin, as a program that was started beside this one has to; a shorter --timeout gives
    less, and then it is told how it stands.

    The JSON document is described by schemas/done.json.

    \b
    Example:
      codex-orch-tui run "Add a search" --headless &
      codex-orch-tui wait --until asks && codex-orch-tui approvals list
    """
    import asyncio

    from codex_orch_tui.cli.acting import ground_of
    from codex_orch_tui.store.errors import StoreError
    from codex_orch_tui.store.event_codec import NewerSchemaError

    try:
        state, over = asyncio.run(_waited(ground_of(place), what, run, timeout))
    except NewerSchemaError as error:
        raise CommandFailedError(f"{error} → install a newer codex-orch-tui") from error
    except StoreError as error:
        raise CommandFailedError(str(error)) from error
    if over.code is not ExitCode.DONE:
        raise CommandFailedError(over.told, over.code)
    questions = [str(approval.id) for approval in state.pending]
    tell_done("wait", [over.told], as_json=as_json, until=what, questions=questions)
    return over.code


async def _waited(ground: "Ground", what: str, run_text: str | None, timeout_s: float | None) -> "tuple[State, _Over]":
    """Look until it is over.

    Raises:
        CommandFailedError: there is no such run.
        StoreError, NewerSchemaError: the journal cannot be read.
    """
    import asyncio
    import time

    from codex_orch_tui.cli.names import find_run
    from codex_orch_tui.services.follower import Follower

    began_s = looked_s = time.monotonic()
    follower = Follower(ground.layout.journal)
    run = find_run(follower.state, run_text).id if run_text is not None else None
    has_holder, was_at_work = ground.holder is not None, False
    while True:
        state, now_s = follower.state, time.monotonic()
        is_at_work = has_holder and _is_at_work(state, run)
        was_at_work = was_at_work or is_at_work
        may_begin = not was_at_work and now_s - began_s < _TO_BEGIN_S
        if over := _look(state, what, run, is_at_work=is_at_work, has_holder=has_holder, may_begin=may_begin):
            return state, over
        if timeout_s is not None and now_s - began_s >= timeout_s:
            # What was to begin beside us has had its time.
            over = _look(state, what, run, is_at_work=is_at_work, has_holder=has_holder, may_begin=False)
            return state, over or _Over(ExitCode.WAITING, f"after {timeout_s:g} s {not_yet(state, what, run)}")
        await asyncio.sleep(_LOOK_AGAIN_S)
        if now_s - looked_s >= _HOLDER_EVERY_S:  # before the journal: what a holder wrote last is there by then
            looked_s, has_holder = now_s, ground.holder is not None
        await follower.look()


def _look(
    state: "State", what: str, run: "RunId | None", *, is_at_work: bool, has_holder: bool, may_begin: bool
) -> _Over | None:
    """How it ended, if it has."""
    if what == "asks":
        asking = [one for one in state.pending if has_holder and (run is None or one.ref.run == run)]
        if asking:
            many = f"{len(asking)} questions wait" if len(asking) > 1 else "1 question waits"
            return _Over(ExitCode.DONE, f"{many} for you: codex-orch-tui approvals list")
    if what == "done" and run is not None and (over := _done(state, run)).code is ExitCode.DONE:
        return over
    if is_at_work or may_begin:
        return None
    if what == "idle":
        return _Over(ExitCode.DONE, f"nothing is at work: {_standing(state, run)}")
    if what == "asks":
        return _Over(ExitCode.WAITING, f"nothing is at work that could ask: {_standing(state, run)}")
    return _done(state, run)


def not_yet(state: "State", what: str, run: "RunId | None") -> str:
    """What was waited for while something is at work, and how it stands instead."""
    if what == "done" and (over := _done(state, run)).code is not ExitCode.DONE:
        return over.told
    if what == "asks":
        words = "nothing asks yet" if run is None else f"{run} asks nothing yet"
    else:
        words = "it is not idle yet" if run is None else f"{run} is not idle yet"
    return f"{words}: {_standing(state, run)}"


def _done(state: "State", run_id: "RunId | None") -> _Over:
    from codex_orch_tui.cli.run_end import run_code

    run = state.runs.get(run_id) if run_id is not None else next(reversed(tuple(state.runs.values())), None)
    if run is None:
        return _Over(ExitCode.WAITING, "there is no run here")
    code = run_code(state, run)
    told = f"{run.id} is done" if code is ExitCode.DONE else f"{run.id} is not done: {_standing(state, run.id)}"
    return _Over(code, told)


def _runs(state: "State", run: "RunId | None") -> "Iterator[Run]":
    return (one for one in state.runs.values() if run is None or one.id == run)


def _is_at_work(state: "State", run: "RunId | None") -> bool:
    from codex_orch_tui.cli.run_end import is_at_rest

    return any(not is_at_rest(state, one) for one in _runs(state, run))


def _standing(state: "State", run: "RunId | None") -> str:
    """What stands where, in a few words."""
    from collections import Counter

    from codex_orch_tui.domain import selectors as sel
    from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS

    words = Counter(TASK_LOOKS[task.state].word for one in _runs(state, run) for task in sel.work_of(state, one))
    return ", ".join(f"{count} {word}" for word, count in words.items()) or "no task is here"
