"""`message`, `interrupt` and `stop`: what a person tells a worker, or does to it."""

from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import TASK
from codex_orch_tui.cli.done import AS_JSON, tell_done
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_orch_tui.cli.acting import Ground
    from codex_orch_tui.domain.ids import TaskRef
    from codex_orch_tui.domain.state import State
    from codex_orch_tui.services.commands.model import Command
    from codex_orch_tui.services.commands.reply import Reply

_HOW = {
    "steered": "the running turn has it",
    "new turn": "a new turn begins with it",
    "first turn": "its first turn will get it",
}


@click.command(short_help="Tell a worker something.")
@click.argument("task", type=TASK)
@click.argument("text")
@AS_JSON
@in_place
def message(place: Place, task: str, text: str, as_json: bool) -> int:
    """Tell the worker of TASK something: steer its running turn, or begin a new one.

    TASK is RUN/TASK, or the task's own id when only one that is open has it; the beginning is enough. While another
    program holds the repository, its worker gets the message, and this command ends. When none does, this command
    opens it, and works until the turn is over, as `run --headless` does.

    Ends with 0 when the worker has it, and with 1 when it takes none, as when its work is merged; with the codes of
    `run` when this command works itself. The JSON document is described by schemas/done.json; a command that works
    itself prints events as JSONL instead, which schemas/event.schema.json describes.

    \b
    Example:
      codex-orch-tui message search "Use the index, not a full scan"
    """
    import sys

    from codex_orch_tui.cli.begin import SendMessage
    from codex_orch_tui.cli.working import work
    from codex_orch_tui.domain.task import TaskState
    from codex_orch_tui.services.commands.model import Message

    ground, state, ref = _found(place, task)
    if not text.strip():
        raise CommandFailedError("there is nothing to tell: the text is empty", ExitCode.NOT_USABLE)
    if ground.holder is None:
        return work(ground, SendMessage(ref=ref, text=text), as_json=as_json)
    if state.tasks[ref].state is TaskState.CHECKING:  # It takes as long as they do: nobody is to send it twice.
        sys.stderr.write(f"note: the checks of {ref} run; it gets this when they are over, also when you leave here\n")
    reply = _asked(ground, _checked(lambda: Message(task=str(ref), text=text)))
    how = str(reply.data.get("how", ""))
    tell_done("message", [f"{ref}: {_HOW.get(how, how)}"], as_json=as_json, task=str(ref), how=how)
    return ExitCode.DONE


@click.command(short_help="End a running turn; the worker stays.")
@click.argument("task", type=TASK)
@AS_JSON
@in_place
def interrupt(place: Place, task: str, as_json: bool) -> int:
    """End the running turn of TASK; its worker stays, and a message or `resume` goes on.

    Ends with 1 when no turn is running. The JSON document is described by schemas/done.json.

    \b
    Example:
      codex-orch-tui interrupt 1120-1424-ab3f/search
    """
    from codex_orch_tui.services.commands.model import Interrupt

    ground, _, ref = _found(place, task)
    _asked(ground, Interrupt(task=str(ref)))
    tell_done("interrupt", [f"{ref}: interrupted"], as_json=as_json, task=str(ref))
    return ExitCode.DONE


@click.command(short_help="End a worker, or all of a run.")
@click.argument("task", type=TASK, metavar="TASK|RUN")
@AS_JSON
@in_place
def stop(place: Place, task: str, as_json: bool) -> int:
    """End the worker of TASK, or all of a RUN; their edits are committed first.

    Of a run of several tasks, no further one begins. `resume` goes on. Ends with 1 when no program is at work here.

    The JSON document is described by schemas/done.json.

    \b
    Example:
      codex-orch-tui stop 1120-1424
    """
    import asyncio

    from codex_orch_tui.cli.acting import ground_of, through, told
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.cli.stopping import stop_run, whole_run
    from codex_orch_tui.services.commands.model import Stop

    seen = read_state(place)
    run = whole_run(seen.state, task)
    if run is None:
        ground, _, ref = _found(place, task)
        _asked(ground, Stop(task=str(ref)))
        tell_done("stop", [f"{ref}: stopped"], as_json=as_json, tasks=[str(ref)])
        return ExitCode.DONE
    ground = ground_of(place)
    _check_held(ground)
    with told():
        stopped = asyncio.run(through(ground, lambda viewer, _waiting: stop_run(viewer, run)))
    lines = [f"{ref}: stopped" for ref in stopped] or [f"{run}: nothing of it was at work; none of it begins now"]
    tell_done("stop", lines, as_json=as_json, run=run, tasks=[str(ref) for ref in stopped])
    return ExitCode.DONE


def _found(place: Place, task: str) -> "tuple[Ground, State, TaskRef]":
    from codex_orch_tui.cli.acting import ground_of
    from codex_orch_tui.cli.names import find_task
    from codex_orch_tui.cli.repository_state import read_state

    state = read_state(place).state
    return ground_of(place), state, find_task(state, task)


def _asked(ground: "Ground", command: "Command") -> "Reply":
    import asyncio

    from codex_orch_tui.cli.acting import ask_holder, told

    _check_held(ground)
    with told():
        return asyncio.run(ask_holder(ground, command))


def _check_held(ground: "Ground") -> None:
    if ground.holder is None:
        raise CommandFailedError("no program has this repository open: no worker is running here")


def _checked(make: "Callable[[], Command]") -> "Command":
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as error:
        told = "; ".join(one["msg"] for one in error.errors(include_url=False, include_input=False))
        raise CommandFailedError(f"the text cannot be sent: {told}", ExitCode.NOT_USABLE) from error
