"""`status`: what the state folder says, without a screen and without the lock."""

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import RUN


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.option("--run", "--run-id", "run", type=RUN, metavar="R", help="Only this run.")
@click.option("--watch", is_flag=True, help="Again and again, until ctrl+c.")
@click.option("--interval", type=click.FloatRange(0.1, 3600), metavar="N", help="With --watch: seconds.  [default: 2]")
@in_place
def status(place: Place, as_json: bool, run: str | None, watch: bool, interval: float | None) -> int:
    """Runs, tasks, branches and questions of this repository.

    Reads the files in .orchestrator/ and changes nothing, also while the screen is open elsewhere.

    The JSON document has "schema_version" 1 and is described by schemas/status.json. Fields may be added; none is
    renamed or gets another meaning without a new version. With --watch there is one on each line, whenever it changes.

    \b
    Examples:
      codex-orch-tui status --run 1120-1240-0a1b --watch
      codex-orch-tui status --json | jq '.runs[].tasks[].state'
    """
    from codex_orch_tui.cli.exit_codes import ExitCode
    from codex_orch_tui.cli.failure import CommandFailedError
    from codex_orch_tui.cli.output import say

    if interval is not None and not watch:
        raise CommandFailedError("--interval is for --watch", ExitCode.NOT_USABLE)
    if watch:
        from codex_orch_tui.cli.status_watch import watch_status

        return watch_status(place, run, as_json=as_json, interval_s=interval or 2.0)
    if as_json and run is None:
        from codex_orch_tui.cli.status_quick import quick_status

        if (text := quick_status(place)) is not None:
            say(text)
            return 0
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.cli.status_text import status_text

    say(status_text(read_state(place), run, as_json=as_json))
    return 0
