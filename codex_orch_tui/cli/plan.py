"""`plan`: check a plan before it is run, and the form that plans have."""

import sys
from collections import Counter
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
    from codex_orch_tui.services.roles import Roles

_MAX_TOLD = 200
_MAX_WAVES = 20
_MAX_IN_WAVE = 8


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

    Every mistake is told with its file, line, task and field. Ends with 1 when there is one.
    """
    from codex_orch_tui.domain.terminal_text import clean_line
    from codex_orch_tui.plans.load import load_plan
    from codex_orch_tui.plans.problem import PlanError
    from codex_orch_tui.plans.spec_file import SpecError, read_spec
    from codex_orch_tui.services.roles import RoleError

    roles = _roles(place)
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
    say(*_summary(file, found))
    return ExitCode.DONE


@plan.command()
def schema() -> int:
    """Print the JSON Schema of plans, for editors and programs."""
    from codex_orch_tui.plans.schema import schema_text

    sys.stdout.write(schema_text())
    return ExitCode.DONE


def _summary(file: Path, plan: "Plan") -> Iterator[str]:
    from codex_orch_tui.domain.plan_graph import working_graph
    from codex_orch_tui.domain.terminal_text import clean_line

    work = [task for task in plan.tasks if not task.is_group]
    roles = ", ".join(f"{count:,} {role}" for role, count in Counter(str(task.role) for task in work).items())
    count = "1 task" if len(work) == 1 else f"{len(work):,} tasks"
    spec = ", with a specification" if plan.spec else ""
    yield clean_line(f"{file}: {plan.title}: {count} ({roles}){spec}, nothing wrong")
    graph, _ = working_graph(plan.tasks)
    waves = graph.waves()
    for number, wave in enumerate(waves[:_MAX_WAVES], 1):
        more = f" and {len(wave) - _MAX_IN_WAVE:,} more" if len(wave) > _MAX_IN_WAVE else ""
        yield f"{number:>3}. {', '.join(wave[:_MAX_IN_WAVE])}{more}"
    if len(waves) > _MAX_WAVES:
        yield f"     and {len(waves) - _MAX_WAVES:,} more waves"


def _roles(place: Place) -> "Roles":
    """The roles that there are here; a plan can be checked outside of a repository, too.

    Raises:
        CommandFailedError: The settings are wrong.
    """
    from codex_orch_tui.cli.location import locate
    from codex_orch_tui.cli.settings import load_settings
    from codex_orch_tui.config import ConfigError
    from codex_orch_tui.services.roles import Roles
    from codex_orch_tui.store.layout import STATE_FOLDER

    try:
        config = load_settings(place.repo, place.config).config
    except ConfigError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error
    location = locate(place.repo)
    folder = (location.main_worktree if location is not None else place.repo) / STATE_FOLDER
    return Roles(config, prompts=folder / "prompts", schemas=folder / "schemas")
