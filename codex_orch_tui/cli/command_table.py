"""The README's table of commands, made from the commands."""

from collections.abc import Iterator

import click

from codex_orch_tui.cli.commands import group
from codex_orch_tui.cli.main import PROGRAM

_EVERYWHERE = frozenset({"repo", "help"})


def markdown_table() -> str:
    """One row for each command, groups unfolded."""
    rows = [f"| `{usage}` | {told} |" for usage, told in _rows()]
    return "\n".join(["| command | does |", "| --- | --- |", *rows]) + "\n"


def _rows() -> Iterator[tuple[str, str]]:
    yield PROGRAM, "Open the screen on the repository that you are in."
    with click.Context(group, info_name=PROGRAM) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None, "it was listed"
            yield from _of(f"{PROGRAM} {name}", command)


def _of(usage: str, command: click.Command) -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _of(f"{usage} {name}", inner)
        return
    words = " ".join((usage, *filter(None, map(_word, command.params))))
    yield words.replace("|", "\\|"), first_sentence(command)


def _word(parameter: click.Parameter) -> str:
    """A parameter as it stands in a usage line."""
    if parameter.name in _EVERYWHERE or getattr(parameter, "hidden", False):
        return ""
    if isinstance(parameter, click.Argument):
        return parameter.make_metavar(click.Context(group))
    assert isinstance(parameter, click.Option), "click knows two kinds"
    word = parameter.opts[0]
    if not parameter.is_flag:
        word = f"{word} {_value(parameter)}"
    more = "…" if parameter.multiple else ""
    return f"{word}{more}" if parameter.required else f"[{word}]{more}"


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice) and not option.metavar:
        return "|".join(option.type.choices)
    return option.make_metavar(click.Context(group))


def first_sentence(command: click.Command) -> str:
    """What a command does, as its help begins."""
    text = " ".join((command.help or "").partition("\n\n")[0].split())
    head, stop, _ = text.partition(". ")
    return f"{head}." if stop else text
