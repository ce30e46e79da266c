"""The program's entry: runs a command and turns whatever ends it into an exit code and at most one sentence."""

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn, TextIO

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.domain.secrets import remember

PROGRAM = "codex-orch-tui"
COMPLETION = "_CODEX_ORCH_TUI_COMPLETE"
"""Set by the script with which a shell completes, which the command `completion` prints."""


def main() -> NoReturn:
    """What the console script calls."""
    # What is imported stays: looking through it for garbage would be a tenth of the way to the first frame.
    gc.disable()
    code = run(sys.argv[1:])
    try:
        sys.stderr.flush()
    except OSError:
        _let_go(sys.stderr)  # the terminal has gone
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    remember(os.environ)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale without our signs must not end the program
    try:
        code = _dispatch(list(arguments))
        sys.stdout.flush()
    except CommandFailedError as error:
        said = str(error)
        sys.stderr.write((said if said.startswith(PROGRAM) else f"{PROGRAM}: {said}") + "\n")
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _let_go(sys.stdout)
        return ExitCode.PIPE_CLOSED
    return code


def _let_go(stream: TextIO) -> None:
    """What is still buffered would raise once more when the interpreter closes it, and change the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _dispatch(arguments: list[str]) -> int:
    if COMPLETION in os.environ:
        return _complete()
    if not arguments:
        # The most frequent call does without the argument parser: its import is a tenth of the way to the first frame.
        from codex_orch_tui.cli.tui import open_screen

        return open_screen()
    from codex_orch_tui.cli.commands import run_commands

    gc.enable()
    return run_commands(arguments)


def _complete() -> int:
    """Tell a shell what could stand where the cursor is."""
    from click.shell_completion import shell_complete

    from codex_orch_tui.cli.commands import group

    return shell_complete(group, {}, PROGRAM, COMPLETION, os.environ[COMPLETION])
