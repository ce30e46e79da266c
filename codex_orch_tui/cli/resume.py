"""`resume`: a run goes on."""

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import RUN
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.run import EVENTS, HEADLESS


@click.command(short_help="Let a run go on that stopped.")
@click.option("--run-id", "--run", "run", type=RUN, required=True, metavar="R", help="The run; its beginning will do.")
@HEADLESS
@EVENTS
@in_place
def resume(place: Place, run: str, headless: bool, as_json: bool) -> int:
    """Let a run go on: tasks that failed, were interrupted or lost their worker are continued, what waits begins.

    A worker is told to look at what is done already and to finish its task. The screen opens; with --headless it is
    told here how it goes, as by `run --headless`, with the same exit codes. While another program holds the
    repository that one goes on with the run, and this one follows. Ends with 1 when nothing of the run has stopped.

    \b
    Example:
      codex-orch-tui resume --run-id 1120-1424 --headless
    """
    from codex_orch_tui.cli.begin import ResumeRun
    from codex_orch_tui.cli.names import find_run
    from codex_orch_tui.cli.repository_state import read_state

    if as_json and not headless:
        raise CommandFailedError("--json goes with --headless", ExitCode.NOT_USABLE)
    beginning = ResumeRun(run=find_run(read_state(place).state, run).id)
    if not headless:
        from codex_orch_tui.cli.tui import open_screen

        return open_screen(place.repo, place.config, place.overrides, beginning=beginning)
    from codex_orch_tui.cli.acting import ground_of
    from codex_orch_tui.cli.working import work

    return work(ground_of(place), beginning, as_json=as_json)
