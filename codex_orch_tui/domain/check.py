"""Checks: commands that must pass in a task's worktree before its work counts as done."""

import re
from enum import StrEnum
from typing import TypeGuard

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.values import dataclass

CHECK_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
MAX_LINE_CHARS = 4_096

_OPERATORS = {
    "|": "a pipe",
    "&": "a command in the background, or an &&",
    ";": "a second command",
    ">": "a redirection",
    "<": "a redirection",
    "(": "a subshell",
    ")": "a subshell",
    "$": "an expansion",
    "`": "a substitution",
    "*": "a glob",
    "?": "a glob",
    "[": "a glob",
    "#": "a comment",
    "~": "a tilde",
    "{": "braces",
    "\n": "a second line",
}
"""What a shell would act on. No shell reads a check, so each would reach the program as it stands."""

_WORD_START_ONLY = frozenset("#~")
_IN_DOUBLE_QUOTES = frozenset("$`")


class CheckOutcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    NOT_RUN = "not_run"
    """It could not be run, or must not be."""
    SKIPPED = "skipped"
    """The dry-run switch is on: nothing was run, so nothing has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckProcess:
    """The process of a running check. Its pid, which is its group, with its start time names it beyond reuse."""

    pid: int
    started_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """One run of one stage of a check that is a pipeline; the fields are those of `CheckRun`."""

    name: str
    """Its path in the pipeline: `tests`, or `full/tests`."""
    command: str
    started_at_s: float
    outcome: CheckOutcome | None = None
    exit_code: int | None = None
    duration_ms: int | None = None
    output_tail: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """One run of one check. It says something about exactly this commit, and about no other."""

    name: str
    """As the plan names it: a name of the settings, or the command itself."""
    command: str
    commit: CommitId | None
    started_at_s: float
    process: CheckProcess | None = None
    """While it runs."""
    outcome: CheckOutcome | None = None
    """None while it runs."""
    exit_code: int | None = None
    duration_ms: int | None = None
    output_tail: str = ""
    """The end of its output, clean; empty when it passed."""
    reason: str = ""
    """Why it was not run."""
    stages: tuple[StageRun, ...] = ()
    """Of a pipeline: the stages that have begun, in their order."""


class CheckLineError(ValueError):
    """A line that is not one plain command; the text says why, for the person."""


def words_of(line: str) -> tuple[str, ...]:
    """The words of a check's line: quotes and backslashes as in a shell, and nothing else of one.

    Raises:
        CheckLineError: It is empty, too long, or holds what only a shell understands.
    """
    if len(line) > MAX_LINE_CHARS:
        raise CheckLineError(f"a check is at most {MAX_LINE_CHARS} characters long")
    line = line.strip(" \t\n")
    if not all(char.isprintable() or char in "\t\n" for char in line):
        raise CheckLineError("holds a character that cannot be seen")
    words = _Reader(line).read()
    if not words:
        raise CheckLineError("a check names a command")
    return words


def is_check_line(line: object) -> TypeGuard[str]:
    """Whether it is the line of a check."""
    try:
        return isinstance(line, str) and bool(words_of(line))
    except CheckLineError:
        return False


def is_check_name(name: object) -> TypeGuard[str]:
    """Whether the settings may call a check so."""
    return isinstance(name, str) and re.fullmatch(CHECK_NAME, name) is not None


class _Reader:
    """Reads one line, character by character."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0

    def read(self) -> tuple[str, ...]:
        words: list[str] = []
        while self._at < len(self._line):
            if self._line[self._at] in " \t":
                self._at += 1
            else:
                words.append(self._word())
        return tuple(words)

    def _word(self) -> str:
        parts: list[str] = []
        start = self._at
        while self._at < len(self._line) and (char := self._line[self._at]) not in " \t":
            if char in "'\"":
                parts.append(self._quoted(char))
            elif char == "\\":
                parts.append(self._escaped())
            elif char in _OPERATORS and (char not in _WORD_START_ONLY or self._at == start):
                raise _only_a_shell(char)
            else:
                parts.append(char)
                self._at += 1
        return "".join(parts)

    def _quoted(self, quote: str) -> str:
        parts: list[str] = []
        self._at += 1
        while self._at < len(self._line):
            char = self._line[self._at]
            if char == quote:
                self._at += 1
                return "".join(parts)
            if quote == '"' and char in _IN_DOUBLE_QUOTES:
                raise _only_a_shell(char)
            if quote == '"' and char == "\\" and self._line[self._at + 1 : self._at + 2] in tuple('"\\$`'):
                self._at += 1
                char = self._line[self._at]
            parts.append(char)
            self._at += 1
        raise CheckLineError("a quote has no end")

    def _escaped(self) -> str:
        if self._at + 1 >= len(self._line):
            raise CheckLineError("a backslash stands at the end")
        self._at += 2
        return self._line[self._at - 1]


def _only_a_shell(char: str) -> CheckLineError:
    return CheckLineError(
        f"holds {_OPERATORS[char]}, which only a shell understands; a check is one command: put it in a script,"
        " or in quotes when it is meant as it stands"
    )
