"""`resume`: a run goes on."""

from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import run_option
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.run import EVENTS, HEADLESS

if TYPE_CHECKING:
    from codex_orch_tui.cli.repository_state import SeenState
    from codex_orch_tui.domain.run import Run


@click.command(short_help="Let a run go on that stopped.")
@run_option("that stopped")
@HEADLESS
@EVENTS
@in_place
def resume(place: Place, run: str | None, headless: bool, as_json: bool) -> int:
    """Let a run go on: tasks that failed, were interrupted or lost their worker are continued, what waits begins.

    A worker is told to look at what is done already and to finish its task. The screen opens; with --headless it is
    told here how it goes, as by `run --headless`, with the same exit codes. While another program holds the
    repository that one goes on with the run, and this one follows. Ends with 1 when nothing of the run has stopped.

    Without --run-id it is the only run with tasks that stopped; with none or several of them it ends with 2.

    With --json each line is an event, as schemas/event.schema.json describes it.

    \b
    Example:
      codex-orch-tui resume --run-id 1120-1424 --headless
    """
    from codex_orch_tui.cli.begin import ResumeRun
    from codex_orch_tui.cli.one_run import one_run
    from codex_orch_tui.cli.repository_state import read_state

    if as_json and not headless:
        raise CommandFailedError("--json goes with --headless", ExitCode.NOT_USABLE)
    seen = read_state(place)
    found = one_run(seen.state, run, has=lambda one: has_stopped(seen, one), what="tasks that stopped")
    beginning = ResumeRun(run=found.id)
    if not headless:
        from codex_orch_tui.cli.tui import open_screen

        return open_screen(place.repo, place.config, place.overrides, beginning=beginning)
    from codex_orch_tui.cli.acting import ground_of
    from codex_orch_tui.cli.working import work

    return work(ground_of(place), beginning, as_json=as_json)


def has_stopped(seen: "SeenState", run: "Run") -> bool:
    """A task of it stopped before its end, or waits in a run that is paused."""
    from codex_orch_tui.domain import selectors as sel
    from codex_orch_tui.domain.task import TaskState

    return any(
        sel.can_continue(task) or seen.is_cut_off(task) or (run.paused and task.state is TaskState.QUEUED)
        for task in sel.work_of(seen.state, run)
    )
