"""What a command that acts tells when it is done: lines, or a JSON document that schemas/done.json describes."""

from collections.abc import Iterable

import click

from codex_orch_tui.cli.output import say
from codex_orch_tui.domain.terminal_text import clean_line

SCHEMA_VERSION = 1


AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
"""The option `--json`."""


def tell_done(command: str, lines: Iterable[str], *, as_json: bool, **facts: object) -> None:
    """Tell it.

    Args:
        command: What was done, by its name on the command line.
        lines: What people read.
        as_json: As a document.
        **facts: What the document says besides.
    """
    told = [clean_line(line) for line in lines]
    if not as_json:
        say(*told)
        return
    import json

    document = {"schema_version": SCHEMA_VERSION, "command": command, "told": [line for line in told if line], **facts}
    say(json.dumps(document, indent=2))
