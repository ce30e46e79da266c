"""The commands and the options that all of them have."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from codex_orch_tui import __version__
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.main import PROGRAM
from codex_orch_tui.domain.terminal_text import clean_line

_COMMANDS = {
    "run": "codex_orch_tui.cli.run:run",
    "task": "codex_orch_tui.cli.run:task",
    "resume": "codex_orch_tui.cli.resume:resume",
    "message": "codex_orch_tui.cli.workers:message",
    "interrupt": "codex_orch_tui.cli.workers:interrupt",
    "stop": "codex_orch_tui.cli.workers:stop",
    "approvals": "codex_orch_tui.cli.approvals:approvals",
    "wait": "codex_orch_tui.cli.wait:wait",
    "merge": "codex_orch_tui.cli.merge:merge",
    "clean": "codex_orch_tui.cli.clean:clean",
    "prune": "codex_orch_tui.cli.clean:prune",
    "status": "codex_orch_tui.cli.status:status",
    "logs": "codex_orch_tui.cli.logs:logs",
    "report": "codex_orch_tui.cli.report:report",
    "history": "codex_orch_tui.cli.history:history",
    "replay": "codex_orch_tui.cli.replay:replay",
    "doctor": "codex_orch_tui.cli.doctor:doctor",
    "demo": "codex_orch_tui.cli.demo:demo",
    "config": "codex_orch_tui.cli.config:config",
    "plan": "codex_orch_tui.cli.plan:plan",
    "policy": "codex_orch_tui.cli.policy:policy",
    "pipeline": "codex_orch_tui.cli.pipeline:pipeline",
    "trust": "codex_orch_tui.cli.trust:trust",
    "init": "codex_orch_tui.cli.init:init",
    "completion": "codex_orch_tui.cli.completion:completion",
}
"""Name of each command -> where it is. It is imported when it is called, or listed by --help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The options before the command."""

    repo: Path
    config: Path | None
    overrides: Mapping[str, object] = field(default_factory=dict)
    """The settings that the options set; None counts as not given."""


def in_place(command: Callable[..., int]) -> Callable[..., int]:
    """A command that takes `--repo` after its name too; it is called with the Place."""

    @click.option(
        "--repo",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="The same as before the command.",
    )
    @click.pass_obj
    def placed(place: Place, /, repo: Path | None, **options: object) -> int:
        return command(place if repo is None else replace(place, repo=repo), **options)

    placed.__name__, placed.__doc__ = command.__name__, command.__doc__
    return placed


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        from importlib import import_module

        module, _, attribute = _COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 it did not work, 2 wrong use or no repository, 3 no terminal for the screen, 4 it "
    "waits for you, 5 a guard refused it. --help after a command tells more, and what it ends with.",
)
@click.option(
    "--repo",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    default=Path(),
    help="Work in the git repository around this folder.  [default: the current folder]",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Read the repository's settings from this file.  [default: .orchestrator/orchestrator.yaml]",
)
@click.option("--trace", is_flag=True, default=None, help="Tell of every check how it is run, in its task's log.")
@click.option("--dry-run", is_flag=True, default=None, help="Run no check: log it and go on. None of them passes then.")
@click.version_option(__version__, prog_name=PROGRAM)
@click.pass_context
def group(ctx: click.Context, repo: Path, config: Path | None, trace: bool | None, dry_run: bool | None) -> int:
    """Run a team of Codex workers on one git repository, and stay in charge.

    Without a command the screen opens on the repository that you are in. There n types a task, a Codex worker does
    it in a branch and worktree of its own and asks you before it leaves its sandbox. Then d shows you the diff and
    m merges it into your branch. ? lists all keys.

    \b
    First steps:
      codex-orch-tui doctor      is everything there that is needed?
      codex-orch-tui             open the screen in this repository
      codex-orch-tui status      what stands where, without a screen
      codex-orch-tui run --help  the same work from a script
    """
    if config is not None and not config.is_file():
        raise CommandFailedError(clean_line(f"--config: there is no file {config}"), ExitCode.NOT_USABLE)
    ctx.obj = Place(repo=repo, config=config, overrides={"trace": trace, "dry_run": dry_run})
    if ctx.invoked_subcommand is not None:
        return 0
    from codex_orch_tui.cli.tui import open_screen

    return open_screen(repo, config, ctx.obj.overrides)


def run_commands(arguments: list[str]) -> int:
    """Parse and run; usage errors are told by click on stderr.

    Raises:
        CommandFailedError: the command cannot do its work.
    """
    # Not through group.main: that ends with 1 and in silence when the reader of a pipe goes away.
    try:
        with group.make_context(PROGRAM, arguments) as context:
            return int(group.invoke(context) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except click.Abort as error:
        raise KeyboardInterrupt from error
