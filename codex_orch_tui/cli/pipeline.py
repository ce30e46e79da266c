"""`pipeline`: the pipelines that there are, and one of them run."""

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import TASK
from codex_orch_tui.cli.done import AS_JSON
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError


@click.group(short_help="List and run pipelines of checks.")
def pipeline() -> None:
    """Pipelines: named stages, each a command or another pipeline, that run one after the other.

    They stand in the settings under pipelines, and are what a task names as its check. codex-orch-tui config default
    shows how they are written.
    """


@pipeline.command(name="list", short_help="Show the pipelines that there are.")
@AS_JSON
@in_place
def list_all(place: Place, as_json: bool) -> int:
    """Show the pipelines that there are here, with their stages and where each stands.

    The JSON document has "schema_version" 1 and is described by schemas/pipelines.json.
    """
    from codex_orch_tui.cli.output import say
    from codex_orch_tui.cli.pipeline_here import runs_here
    from codex_orch_tui.cli.pipeline_text import list_document, list_lines

    known = runs_here(place).known
    if as_json:
        import json

        say(json.dumps(list_document(known), indent=2))
    else:
        say(*list_lines(known))
    return ExitCode.DONE


@pipeline.command(short_help="Run a pipeline and tell how each stage ended.")
@click.argument("name")
@click.option("--target-stage", metavar="STAGE", default="", help="Run up to this stage and no further: tests, or a/b.")
@click.option("--task", type=TASK, metavar="TASK", help="Run in the worktree of this task.  [default: this checkout]")
@AS_JSON
@in_place
def run(place: Place, name: str, target_stage: str, task: str | None, as_json: bool) -> int:
    """Run the pipeline NAME in the checkout that you are in, or in the worktree of a task.

    Its stages run in their order, as checks do: behind the guard, in the sandbox of checks and within their time. The
    first red one ends it. What is in the files counts, also what is in no commit yet. So it is no receipt for a task:
    only the task's own checks are, which run on a commit.

    Ends with 0 when every stage is green, with 1 when one is red, or none ran because of --dry-run, and with 5 when one
    must not run: the repository's settings are not trusted, or the guard refuses its program.

    The JSON document has "schema_version" 1 and is described by schemas/pipeline.json.

    \b
    Examples:
      codex-orch-tui pipeline run full
      codex-orch-tui pipeline run full --target-stage lint
      codex-orch-tui pipeline run full --task 1120-1424/login --json
    """
    import asyncio

    from codex_orch_tui.cli.output import say
    from codex_orch_tui.cli.pipeline_here import place_here, runs_here
    from codex_orch_tui.cli.pipeline_text import EndLines, run_document
    from codex_orch_tui.domain.check import CheckOutcome
    from codex_orch_tui.domain.pipeline import PipelineError
    from codex_orch_tui.store.errors import StoreError

    runs = runs_here(place)
    try:
        check = runs.find(name, target_stage)
    except PipelineError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error
    if check.why_not:
        raise CommandFailedError(f"the pipeline {name} was not run: {check.why_not}", ExitCode.REFUSED)
    at = place_here(place, task)
    teller = EndLines(show=(lambda _line: None) if as_json else _say_now)
    if not as_json:
        _say_now(teller.head(check, at))
    try:
        result = asyncio.run(runs.run(check, at, teller))
    except StoreError as error:
        raise CommandFailedError(str(error)) from error
    if as_json:
        import json

        say(json.dumps(run_document(result, teller.ended_stages, at, runs.log(name)), indent=2))
    else:
        say(*teller.last(result, runs.log(name)))
    match result.outcome:
        case CheckOutcome.PASSED:
            return ExitCode.DONE
        case CheckOutcome.NOT_RUN:
            return ExitCode.REFUSED
        case _:
            return ExitCode.FAILED


def _say_now(line: str) -> None:
    """Whoever reads the pipe sees a stage when it has ended."""
    import sys

    from codex_orch_tui.cli.output import say

    say(line)
    sys.stdout.flush()
