"""`run` and `task`: one sentence, or a finished plan, done by workers."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError

if TYPE_CHECKING:
    from codex_orch_tui.cli.begin import StartPlan
    from codex_orch_tui.domain.plan import Plan
    from codex_orch_tui.domain.role import RoleProfile

F = TypeVar("F", bound=Callable[..., Any])

_MAX_TEXT_CHARS = 100_000
_MAX_TOLD = 50
_FILE = click.Path(path_type=Path)

HEADLESS = click.option("--headless", is_flag=True, help="Without a screen: tell here how it goes, until it is over.")
EVENTS = click.option("--json", "as_json", is_flag=True, help="With --headless: events as JSONL, for programs.")


def _common(command: F) -> F:
    """The options that `run` and `task` have in common."""
    options = (
        click.option("--base", metavar="BRANCH", help="Start from this branch.  [default: what is checked out]"),
        click.option("--spec-file", type=_FILE, metavar="FILE", help="A specification for all workers: UTF-8 text."),
        click.option("--model", metavar="M", help="The workers' model.  [default: their role's]"),
        HEADLESS,
        EVENTS,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(short_help="Have a sentence done, or a plan.")
@click.argument("text", required=False)
@click.option("--plan-file", type=_FILE, metavar="FILE", help="Run this plan, JSON or YAML, instead of a sentence.")
@click.option("--plan", "plans_first", is_flag=True, help="A navigator plans TEXT first; you approve before it begins.")
@click.option("--approve-plan", is_flag=True, help="With --plan: begin the navigator's plan without asking you.")
@_common
@in_place
def run(
    place: Place,
    text: str | None,
    plan_file: Path | None,
    plans_first: bool,
    approve_plan: bool,
    base: str | None,
    spec_file: Path | None,
    model: str | None,
    headless: bool,
    as_json: bool,
) -> int:
    """Have TEXT done, or a plan: each task in a branch and worktree of its own. Nothing is merged by itself.

    The screen opens with the run under way, or with the navigator's plan when that is there. TEXT of - is read from
    standard input.

    With --headless there is no screen, and no terminal is needed. Questions of the workers are never answered by
    themselves: `approvals answer` does that, or a second program with a screen. It ends when nothing goes on without
    you: with 0 when every task is done, 1 when one failed, 4 when one was stopped or a plan waits for your approval.
    ctrl+c and SIGTERM stop the workers, commit their edits and end with 130 and 143; under nohup the end of the
    terminal ends nothing. When whoever reads the output goes away the work goes on. While another program holds the
    repository, that one does the run, and this one follows. With --json each line is an event, as
    schemas/event.schema.json describes it.

    \b
    Example:
      codex-orch-tui run "Add a route /health that answers 200" --headless
      codex-orch-tui run --plan-file plan.yaml --headless --json > events.jsonl
    """
    _check_wanted(text, plan_file, plans_first=plans_first, approve_plan=approve_plan)
    _check_json(headless=headless, as_json=as_json)
    if plan_file is not None:
        plan = _loaded(place, plan_file, spec_file, model)
    else:
        plan = _typed(place, text or "", "navigator" if plans_first else "implementer", spec_file, model, plans_first)
    return _start(place, plan, base, plans_first=plans_first, approves=approve_plan, headless=headless, as_json=as_json)


@click.command(short_help="Have one worker of a role do something.")
@click.option("--role", required=True, metavar="R", help="navigator, implementer, tester, reviewer, or one of yours.")
@click.argument("text")
@_common
@in_place
def task(
    place: Place,
    role: str,
    text: str,
    base: str | None,
    spec_file: Path | None,
    model: str | None,
    headless: bool,
    as_json: bool,
) -> int:
    """Have one worker of a role do TEXT, in a branch and worktree of its own.

    The same as `run`, with the prompt, the sandbox and the model of the role. TEXT of - is read from standard input.
    Ends as `run` does. With --json each line is an event, as schemas/event.schema.json describes it.

    \b
    Example:
      codex-orch-tui task --role reviewer "Review the last commit" --headless
    """
    _check_json(headless=headless, as_json=as_json)
    plan = _typed(place, text, role, spec_file, model, False)
    return _start(place, plan, base, plans_first=False, approves=False, headless=headless, as_json=as_json)


# -- what is wanted ---------------------------------------------------------------------------------------------------


def _check_wanted(text: str | None, plan_file: Path | None, *, plans_first: bool, approve_plan: bool) -> None:
    if (text is None) == (plan_file is None):
        raise CommandFailedError("write what to do, or name a plan with --plan-file: one of them", ExitCode.NOT_USABLE)
    if plans_first and plan_file is not None:
        raise CommandFailedError("--plan and --plan-file do not go together", ExitCode.NOT_USABLE)
    if approve_plan and not plans_first:
        raise CommandFailedError("--approve-plan goes with --plan", ExitCode.NOT_USABLE)


def _check_json(*, headless: bool, as_json: bool) -> None:
    if as_json and not headless:
        raise CommandFailedError("--json goes with --headless", ExitCode.NOT_USABLE)


def _typed(place: Place, text: str, role: str, spec_file: Path | None, model: str | None, plans_first: bool) -> "Plan":
    from codex_orch_tui.domain.typed_task import plan_of_text, plan_to_plan

    make = plan_to_plan if plans_first else plan_of_text
    return make(_words(text), _profile(place, role), model=model, spec=_spec(spec_file))


def _words(text: str) -> str:
    """What to do, with every character that cannot be seen as a visible escape.

    Raises:
        CommandFailedError: it is empty, too long or not text.
    """
    from codex_orch_tui.plans.plain_text import visible

    if text == "-":
        import sys

        try:
            text = sys.stdin.buffer.read(4 * _MAX_TEXT_CHARS + 1).decode()
        except UnicodeDecodeError as error:
            told = f"standard input is not UTF-8: byte 0x{error.object[error.start]:02x} at {error.start}"
            raise CommandFailedError(told, ExitCode.NOT_USABLE) from error
    words = visible(text.encode(errors="replace").decode()).strip()
    if not words:
        raise CommandFailedError("there is nothing to do: the text is empty", ExitCode.NOT_USABLE)
    if len(words) > _MAX_TEXT_CHARS:
        told = f"the text is longer than {_MAX_TEXT_CHARS:,} characters → put it into a file and use --spec-file"
        raise CommandFailedError(told, ExitCode.NOT_USABLE)
    return words


def _profile(place: Place, role: str) -> "RoleProfile":
    from codex_orch_tui.cli.repository_files import roles_of
    from codex_orch_tui.services.roles import RoleError

    try:
        return roles_of(place).profile(role)
    except RoleError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error


def _spec(file: Path | None) -> str:
    from codex_orch_tui.plans.spec_file import SpecError, read_spec

    try:
        return read_spec(file) if file is not None else ""
    except SpecError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error


def _loaded(place: Place, file: Path, spec_file: Path | None, model: str | None) -> "Plan":
    """The plan of a file; its roles can be worked with.

    Raises:
        CommandFailedError: with all that is wrong with it.
    """
    from dataclasses import replace

    from codex_orch_tui.cli.repository_files import roles_of
    from codex_orch_tui.plans.load import load_plan
    from codex_orch_tui.plans.problem import PlanError
    from codex_orch_tui.services.roles import RoleError

    roles = roles_of(place)
    try:
        plan = load_plan(file, roles.profiles(), spec=_spec(spec_file))
        roles.check_plan(plan)
    except (PlanError, RoleError) as error:
        lines = [str(problem) for problem in error.problems[:_MAX_TOLD]]
        more = len(error.problems) - _MAX_TOLD
        told = "\n".join((*lines, f"and {more:,} more") if more > 0 else lines)
        raise CommandFailedError(told, ExitCode.NOT_USABLE) from error
    if model is None:
        return plan
    return replace(plan, tasks=tuple(task if task.model else replace(task, model=model) for task in plan.tasks))


# -- how it is done ---------------------------------------------------------------------------------------------------


def _start(
    place: Place, plan: "Plan", base: str | None, *, plans_first: bool, approves: bool, headless: bool, as_json: bool
) -> int:
    from codex_orch_tui.cli.begin import StartPlan

    _check_base(place, base)
    beginning = StartPlan(plan=plan, base_branch=base, plans_first=plans_first, note=_note if headless else _unheard)
    if headless:
        return _work(place, beginning, approves=approves, as_json=as_json)
    if approves:
        raise CommandFailedError("--approve-plan goes with --headless: the screen asks you", ExitCode.NOT_USABLE)
    from codex_orch_tui.cli.tui import open_screen

    return open_screen(place.repo, place.config, place.overrides, beginning=beginning)


def _check_base(place: Place, base: str | None) -> None:
    """Refuse a branch that is not there, before anything is opened."""
    import asyncio

    from codex_orch_tui.domain.terminal_text import clean_line
    from codex_orch_tui.gitrepo.errors import GitRepoError
    from codex_orch_tui.gitrepo.repository import Repository

    async def known() -> list[str]:
        repository = await Repository.open(place.repo.absolute())
        return [branch.name for branch in await repository.branches()]

    if base is None:
        return
    try:
        branches = asyncio.run(known())
    except GitRepoError:
        return  # whoever opens it tells why it cannot be worked in
    if base not in branches:
        from difflib import get_close_matches

        near = get_close_matches(base, branches, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise CommandFailedError(clean_line(f"--base: there is no branch {base!r} here{hint}"), ExitCode.NOT_USABLE)


def _work(place: Place, beginning: "StartPlan", *, approves: bool, as_json: bool) -> int:
    from codex_orch_tui.cli.acting import ground_of
    from codex_orch_tui.cli.working import work

    approving = None
    if beginning.plans_first:
        from codex_orch_tui.cli.plan_first import Approving

        approving = Approving(is_given=approves)
    return work(ground_of(place), beginning, as_json=as_json, approving=approving)


def _note(text: str) -> None:
    import sys

    sys.stderr.write(f"codex-orch-tui: {text}\n")


def _unheard(_text: str) -> None:
    """The screen tells it in its own way."""
