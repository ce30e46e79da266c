"""What a shell is told when tab is pressed: commands and options by click, and the ids that there are."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from codex_orch_tui.domain.state import State


class _Known(click.ParamType):  # type: ignore[type-arg] # generic only in newer versions
    """A text that names something here."""

    def __init__(self, name: str, known: Callable[["State"], Iterable[tuple[str, str]]]) -> None:
        self.name = name
        self._known = known

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:  # noqa: ARG002 - click's own signature
        """Where the ids are told."""
        where = "approvals list" if self.name == "approval" else "status"
        return f"`codex-orch-tui {where}` tells the ids."

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":  # noqa: ARG002 - click's own signature
        """The ids that begin so, each with what it is called."""
        from click.shell_completion import CompletionItem

        from codex_orch_tui.cli.commands import Place
        from codex_orch_tui.cli.failure import CommandFailedError
        from codex_orch_tui.cli.repository_state import read_state

        given, before = ctx.params, ctx.find_root().params  # while tab is pressed the group itself does not run
        place = Place(repo=given.get("repo") or before.get("repo") or Path(), config=before.get("config"))
        try:
            state = read_state(place).state
        except CommandFailedError:
            return []  # tab is not the moment to be told
        found = [(text, told) for text, told in self._known(state) if text.startswith(incomplete)]
        return [CompletionItem(text, help=told) for text, told in reversed(found)]


def _runs(state: "State") -> Iterable[tuple[str, str]]:
    return ((str(run.id), run.title) for run in state.runs.values())


def _tasks(state: "State") -> Iterable[tuple[str, str]]:
    return ((str(ref), task.spec.title) for ref, task in state.tasks.items() if not task.spec.is_group)


def _approvals(state: "State") -> Iterable[tuple[str, str]]:
    from codex_orch_tui.cli.question_words import subject

    return ((str(approval.id), subject(approval)) for approval in state.pending)


RUN = _Known("run", _runs)
TASK = _Known("task", _tasks)
APPROVAL = _Known("approval", _approvals)

F = TypeVar("F", bound=Callable[..., Any])


def run_option(meant: str) -> Callable[[F], F]:
    """`--run-id` of a command that takes the only run that it can be about (see one_run.py): "the only one …"."""
    told = f"The run; its beginning will do.  [default: the only one {meant}]"
    return click.option("--run-id", "--run", "run", type=RUN, metavar="R", help=told)


@click.command(short_help="Let your shell complete commands and ids.")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> int:
    """Print the script with which your shell completes commands, options, and the ids of runs, tasks and questions.

    \b
    bash, in ~/.bashrc:                eval "$(codex-orch-tui completion bash)"
    zsh, in ~/.zshrc:                  eval "$(codex-orch-tui completion zsh)"
    fish, in ~/.config/fish/config.fish:  codex-orch-tui completion fish | source
    """
    from click.shell_completion import get_completion_class

    from codex_orch_tui.cli.commands import group
    from codex_orch_tui.cli.main import COMPLETION, PROGRAM
    from codex_orch_tui.cli.output import say

    kind = get_completion_class(shell)
    assert kind is not None, "click knows the three"
    say(kind(group, {}, PROGRAM, COMPLETION).source())
    return 0
