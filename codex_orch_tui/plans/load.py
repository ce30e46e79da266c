"""Reads a plan from a file: all of it counts, or nothing, and each mistake is told with its line, task and field."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from codex_orch_tui.config.yaml_file import YamlFile, parse_yaml
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.plans.entries import Roles, task_of, too_wide
from codex_orch_tui.plans.form_problems import Keys, form_problems
from codex_orch_tui.plans.json_file import parse_json
from codex_orch_tui.plans.models import PlanFile
from codex_orch_tui.plans.named_file import read_named
from codex_orch_tui.plans.problem import PlanError, PlanProblem
from codex_orch_tui.plans.structure import problems_of

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_VALUES = 500_000
"""Of the whole file; 5,000 tasks with all that can be said of them have about 200,000."""


def load_plan(path: Path, roles: Roles, *, spec: str = "") -> Plan:
    """Read and check a plan, JSON by the ending `.json` or an opening `{`, otherwise YAML.

    Args:
        path: The file.
        roles: The roles that there are; what a task does not say is its role's.
        spec: The text of a specification; it counts instead of the one in the plan.

    Raises:
        PlanError: All that is wrong.
    """
    try:
        data = read_named(path, MAX_FILE_BYTES)
    except ValueError as error:
        raise _failed(path, str(error)) from error
    return parse_plan(path, data, roles, spec=spec)


def parse_plan(path: Path, data: bytes, roles: Roles, *, spec: str = "") -> Plan:
    """The plan of a file whose bytes were read already; see `load_plan`.

    Raises:
        PlanError: All that is wrong.
    """
    file = parse_json(path, data, max_values=MAX_VALUES) if _is_json(path, data) else _yaml(path, data)
    if file.problems:
        raise PlanError(_of_file(path, file))
    try:
        form = PlanFile.model_validate(file.values)
    except ValidationError as error:
        found = form_problems(error, file.values)
        placed = (replace(one, file=str(path), line=_line(file, keys)) for keys, one in found)
        raise PlanError(sorted(placed, key=_line_of)) from error
    tasks = tuple(task_of(entry, roles) for entry in form.tasks)
    problems = [
        *(
            PlanProblem(index=index, task=entry.id, field=field, message=told)
            for index, entry in enumerate(form.tasks)
            for field, told in too_wide(entry, roles)
        ),
        *problems_of(tasks, roles.keys()),
    ]
    if problems:
        raise PlanError(sorted((_placed(path, file, problem) for problem in problems), key=_line_of))
    title = clean_line(form.title) or (tasks[0].title if len(tasks) == 1 else clean_line(path.stem))
    return Plan(title=title, tasks=tasks, spec=spec or form.spec)


def _is_json(path: Path, data: bytes) -> bool:
    match path.suffix.lower():
        case ".json":
            return True
        case ".yaml" | ".yml":
            return False
        case _:
            return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _yaml(path: Path, data: bytes) -> YamlFile:
    return parse_yaml(path, data, max_nodes=MAX_VALUES)


def _of_file(path: Path, file: YamlFile) -> Iterator[PlanProblem]:
    """The mistakes that keep the file from being read at all."""
    for problem in file.problems:
        line = problem.place.removeprefix(f"{path}:")
        yield PlanProblem(
            file=str(path),
            line=int(line) if line.isdecimal() else None,
            field=clean_line(problem.key),
            message=clean_line(problem.message),
        )


def _placed(path: Path, file: YamlFile, problem: PlanProblem) -> PlanProblem:
    """The problem with its line: that of the field, or of what holds it."""
    field, _, number = problem.field.rstrip("]").partition("[")
    below: Keys = (field, int(number)) if number else (field,)
    keys: Keys = below if problem.index is None else ("tasks", problem.index, *below)
    return replace(problem, file=str(path), line=_line(file, keys))


def _line(file: YamlFile, keys: Keys) -> int | None:
    """The nearest line that is known."""
    lengths = range(len(keys), 0, -1)
    return next((file.deep_lines[keys[:length]] for length in lengths if keys[:length] in file.deep_lines), None)


def _line_of(problem: PlanProblem) -> int:
    return problem.line or 0


def _failed(path: Path, message: str) -> PlanError:
    return PlanError([PlanProblem(file=str(path), message=message)])
