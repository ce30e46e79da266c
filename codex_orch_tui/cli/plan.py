"""`plan`: check a plan before it is run, and the form that plans have."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.output import say

if TYPE_CHECKING:
    from codex_orch_tui.domain.plan import Plan

_MAX_TOLD = 200


@click.group()
def plan() -> None:
    """Plans: tasks with roles, dependencies, paths and checks, as JSON or YAML.

    \b
    The least valid plan:
      tasks:
        - id: health
          role: implementer
          prompt: Add a route /health that answers 200.
    """


@plan.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--spec-file", type=click.Path(path_type=Path), help="A specification for all workers: UTF-8 text.")
@in_place
def check(place: Place, file: Path, spec_file: Path | None) -> int:
    """Say what is wrong with a plan, or in which waves its tasks could run.

    Every mistake is told with its file, line, task and field. Ends with 1 when there is one. A remark is no mistake:
    paths that match no file yet are right for files that the task makes.
    """
    from codex_orch_tui.cli.plan_remarks import remarks
    from codex_orch_tui.cli.repository_files import roles_of
    from codex_orch_tui.domain.terminal_text import clean_line
    from codex_orch_tui.plans.load import load_plan
    from codex_orch_tui.plans.problem import PlanError
    from codex_orch_tui.plans.spec_file import SpecError, read_spec
    from codex_orch_tui.services.roles import RoleError

    roles = roles_of(place)
    if not file.exists():
        raise CommandFailedError(clean_line(f"there is no file {file}"), ExitCode.NOT_USABLE)
    try:
        spec = read_spec(spec_file) if spec_file is not None else ""
        found = load_plan(file, roles.profiles(), spec=spec)
    except SpecError as error:
        raise CommandFailedError(str(error)) from error
    except PlanError as error:
        say(*map(str, error.problems[:_MAX_TOLD]))
        if len(error.problems) > _MAX_TOLD:
            say(f"and {len(error.problems) - _MAX_TOLD:,} more")
        return ExitCode.FAILED
    try:
        roles.check_plan(found)
    except RoleError as error:
        say(*map(str, error.problems))
        return ExitCode.FAILED
    say(*_summary(file, found), *remarks(place, found))
    return ExitCode.DONE


@plan.command()
def schema() -> int:
    """Print the JSON Schema of plans, for editors and programs."""
    from codex_orch_tui.plans.schema import schema_text

    sys.stdout.write(schema_text())
    return ExitCode.DONE


def _summary(file: Path, plan: "Plan") -> Iterator[str]:
    from codex_orch_tui.cli.plan_lines import plan_lines
    from codex_orch_tui.domain.terminal_text import clean_line

    first, *waves = plan_lines(plan)
    yield clean_line(f"{file}: {first}, nothing wrong")
    yield from waves
