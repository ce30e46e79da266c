"""`logs`: what a worker did, line by line, without a screen; as it happens with --follow."""

from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import RUN, TASK

if TYPE_CHECKING:
    from codex_orch_tui.cli.log_source import LogSource

_LINES = 200


@click.command(short_help="What a worker said, ran and edited.")
@click.argument("task", type=TASK, required=False)
@click.option("--run", "--run-id", "run", type=RUN, metavar="R", help="The task's run.  [default: the newest]")
@click.option("--lines", type=click.IntRange(0), metavar="N", help=f"The last N lines; 0 is all.  [default: {_LINES}]")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added, until the task ends.")
@click.option("--raw", is_flag=True, help="The worker's own JSONL instead, without secrets.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, for programs.")
@in_place
def logs(
    place: Place, task: str | None, run: str | None, lines: int | None, follow: bool, raw: bool, as_json: bool
) -> int:
    """The log of a task: what its worker said, ran and edited, and our notes.

    TASK is a task's id, RUN/TASK, or a beginning that only one has. It may be left out where the run has one task.
    Reads files and changes nothing, also while a program works on the task. Secrets that are known as such are left
    out, with --raw too; the file itself is .orchestrator/runs/RUN/tasks/TASK/events.jsonl.

    With --json each line is described by schemas/log.json and has "schema_version" 1; with --raw it is
    what Codex wrote.

    \b
    Examples:
      codex-orch-tui logs                        the newest run's only task
      codex-orch-tui logs search --follow        as it happens
      codex-orch-tui logs 1120-1240-0a1b/search --raw --lines 0
    """
    from codex_orch_tui.cli.exit_codes import ExitCode
    from codex_orch_tui.cli.failure import CommandFailedError, unreadable
    from codex_orch_tui.cli.log_source import LogSource
    from codex_orch_tui.store.errors import StoreError
    from codex_orch_tui.store.event_codec import NewerSchemaError

    if raw and as_json:
        raise CommandFailedError("--raw is JSON already: leave --json out", ExitCode.NOT_USABLE)
    try:
        with LogSource(place, task, run) as source:
            return _tell(source, _LINES if lines is None else lines, follow=follow, raw=raw, as_json=as_json)
    except (StoreError, NewerSchemaError) as error:
        raise unreadable(error) from error


def _tell(source: "LogSource", count: int, *, follow: bool, raw: bool, as_json: bool) -> int:
    import sys

    from codex_orch_tui.cli.log_text import RawText, ReadText

    text = RawText(source) if raw else ReadText(source, as_json=as_json)

    def say(told: list[str]) -> None:
        if told:
            sys.stdout.write("".join(f"{line}\n" for line in told))
            sys.stdout.flush()

    if count:
        say(text.last(count))
    else:
        for told in text.everything():
            say(told)
    goes_on = follow
    while goes_on:
        goes_on = source.wait()
        while told := text.added():
            say(told)
    return 0
