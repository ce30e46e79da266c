"""What the program ends with; the README's table is made from this one."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of all commands. A program that a signal ended has 128 plus the signal's number, as in a shell."""

    DONE = 0
    FAILED = 1
    NOT_USABLE = 2
    NO_TERMINAL = 3
    WAITING = 4
    REFUSED = 5
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    HUNG_UP = 129
    QUIT = 131
    TERMINATED = 143


MEANINGS = {
    ExitCode.DONE: "Done. For `run`, `task` and `resume`: every task is done and waits for review. For `doctor`: "
    "nothing keeps you from working.",
    ExitCode.FAILED: "It did not work, and one sentence on stderr says why. For `run`, `task`, `resume` and `wait`: a "
    "task failed. For `doctor`: a check failed.",
    ExitCode.NOT_USABLE: "Wrong arguments or settings, an id or a branch that nothing has, or not a folder to work in: "
    "no git repository, a bare one, no commit yet, no git.",
    ExitCode.NO_TERMINAL: "The screen needs a terminal, and there is none (or `TERM=dumb`).",
    ExitCode.WAITING: "Not finished: it waits for a person, was stopped by one, or the time that you gave is over. "
    "For `clean`, and for `prune` of one run: something of it stays, with its reason.",
    ExitCode.REFUSED: "Refused by a guard, and nothing was moved or sent: not reviewed, no fast-forward, edits of "
    "yours in the way, a red check, a question that has changed or is gone.",
    ExitCode.HUNG_UP: "The terminal was closed (SIGHUP); workers were stopped first.",
    ExitCode.INTERRUPTED: "Interrupted by ctrl+c (SIGINT); workers were stopped first.",
    ExitCode.QUIT: "Ended by SIGQUIT; workers were stopped first.",
    ExitCode.PIPE_CLOSED: "Whoever read the output went away, as `head` does. Not for work without a screen: that goes "
    "on to its end.",
    ExitCode.TERMINATED: "Ended by SIGTERM; workers were stopped first.",
}


def markdown_table() -> str:
    """The table of the README."""
    rows = [f"| {code.value} | {MEANINGS[code]} |" for code in sorted(ExitCode)]
    return "\n".join(["| code | meaning |", "| ---: | --- |", *rows]) + "\n"
