"""What the program ends with; the README's table is made from this one."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of all commands. A program that a signal ended has 128 plus the signal's number, as in a shell."""

    DONE = 0
    FAILED = 1
    NOT_USABLE = 2
    NO_TERMINAL = 3
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    HUNG_UP = 129
    TERMINATED = 143


MEANINGS = {
    ExitCode.DONE: "Done. For `doctor`: nothing keeps you from working.",
    ExitCode.FAILED: "It did not work, and one sentence on stderr says why. For `doctor`: a check failed.",
    ExitCode.NOT_USABLE: "Wrong arguments or settings, or not a folder to work in: no git repository, a bare one, no "
    "commit yet, no git.",
    ExitCode.NO_TERMINAL: "The screen needs a terminal, and there is none (or `TERM=dumb`).",
    ExitCode.HUNG_UP: "The terminal was closed (SIGHUP); workers were stopped first.",
    ExitCode.INTERRUPTED: "Interrupted by ctrl+c.",
    ExitCode.PIPE_CLOSED: "Whoever read the output went away, as `head` does.",
    ExitCode.TERMINATED: "Ended by SIGTERM; workers were stopped first.",
}


def markdown_table() -> str:
    """The table of the README."""
    rows = [f"| {code.value} | {MEANINGS[code]} |" for code in sorted(ExitCode)]
    return "\n".join(["| code | meaning |", "| ---: | --- |", *rows]) + "\n"
