"""`plan`: check a plan before it is run, and the form that plans have."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.done import AS_JSON
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.output import say

if TYPE_CHECKING:
    from codex_orch_tui.domain.plan import Plan

SCHEMA_VERSION = 1
_MAX_TOLD = 200


@click.group(short_help="Check a plan, or print the form of plans.")
def plan() -> None:
    """Plans: tasks with roles, dependencies, paths and checks, as JSON or YAML.

    \b
    The least valid plan:
      tasks:
        - id: health
          role: implementer
          prompt: Add a route /health that answers 200.
    """


@plan.command(short_help="Say what is wrong with a plan, or in which waves it runs.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--spec-file", type=click.Path(path_type=Path), metavar="FILE", help="A specification for all workers.")
@AS_JSON
@in_place
def check(place: Place, file: Path, spec_file: Path | None, as_json: bool) -> int:
    """Say what is wrong with a plan, or in which waves its tasks could run.

    Every mistake is told with its file, line, task and field. Ends with 1 when there is one. A remark is no mistake:
    paths that match no file yet are right for files that the task makes.

    The JSON document has "schema_version" 1 and is described by schemas/plan_check.json.
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
        roles.check_plan(found)
    except SpecError as error:
        raise CommandFailedError(str(error)) from error
    except (PlanError, RoleError) as error:
        _tell_problems(file, list(map(str, error.problems)), as_json=as_json)
        return ExitCode.FAILED
    remarked = list(remarks(place, found))
    if as_json:
        _say_json(file, found, remarked)
    else:
        say(*_summary(file, found), *remarked)
    return ExitCode.DONE


@plan.command(short_help="Print the JSON Schema of plans.")
def schema() -> int:
    """Print the JSON Schema of plans, for editors and programs."""
    from codex_orch_tui.plans.schema import schema_text

    sys.stdout.write(schema_text())
    return ExitCode.DONE


def _tell_problems(file: Path, problems: list[str], *, as_json: bool) -> None:
    if as_json:
        _say_json(file, None, (), problems)
        return
    say(*problems[:_MAX_TOLD])
    if len(problems) > _MAX_TOLD:
        say(f"and {len(problems) - _MAX_TOLD:,} more")


def _say_json(file: Path, plan: "Plan | None", remarked: Sequence[str], problems: Sequence[str] = ()) -> None:
    """All of it, as schemas/plan_check.json says."""
    import json

    from codex_orch_tui.domain.plan_graph import working_graph
    from codex_orch_tui.domain.terminal_text import clean_line

    waves = [] if plan is None else [list(wave) for wave in working_graph(plan.tasks)[0].waves()]
    document = {
        "schema_version": SCHEMA_VERSION,
        "file": clean_line(str(file)),
        "ok": not problems,
        "problems": list(problems),
        "title": None if plan is None else clean_line(plan.title),
        "waves": waves,
        "remarks": list(remarked),
    }
    say(json.dumps(document, indent=2))


def _summary(file: Path, plan: "Plan") -> Iterator[str]:
    from codex_orch_tui.cli.plan_lines import plan_lines
    from codex_orch_tui.domain.terminal_text import clean_line

    first, *waves = plan_lines(plan)
    yield clean_line(f"{file}: {first}, nothing wrong")
    yield from waves
