"""What the scripted model says and does: typed steps, chosen by a marker in the prompt, harmless by construction.

Codex runs what a model asks for, outside the sandbox once somebody accepted it. So a script is checked when it is
made: its commands are built from a short list of harmless programs, and what it writes lies under known folders.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

MAX_SLEEP_S = 120.0
_PROGRAMS = frozenset({"touch", "printf", "cat", "ls", "mkdir", "sleep", "echo", "true", "false", "head", "wc", "read"})
_WRITERS = frozenset({"touch", "mkdir"})
_JOINERS = frozenset({";", "&&", "||", "|"})
_REDIRECTS = frozenset({">", ">>", "<"})
_PATCH_PATH = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.*)$", re.MULTILINE)


class UnsafeScriptError(ValueError):
    """A step asks for something that a script must never hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Run a command line; with `escalate` outside the sandbox, which asks the person first."""

    cmd: str
    escalate: bool = False
    justification: str = ""
    tty: bool = False
    yield_time_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteStdin:
    """Type into the terminal that the thread's last `Shell(tty=True)` left running."""

    chars: str
    yield_time_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Edit files: the text of one `*** Begin Patch` … `*** End Patch`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask the person: questions as Codex's request_user_input tool takes them."""

    questions: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPermissions:
    """Ask for permissions: a profile with `file_system` and `network`, as Codex's tool takes it."""

    permissions: Mapping[str, object]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpCall:
    """Call a tool of a configured MCP server."""

    server: str
    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePlan:
    """Report a plan: (step, status) with status pending, in_progress or completed."""

    steps: Sequence[tuple[str, str]]
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Stream a message in `chunks` parts with `delay_s` seconds between them. As the last step it ends the turn."""

    text: str
    chunks: int = 1
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Think:
    """Stream a reasoning summary."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Answer with an HTTP error; `times` None is for ever, else the script goes on after so many."""

    status: int
    message: str = "scripted failure"
    code: str = "scripted"
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """Hold the answer back until `ModelServer.release(name)`."""

    name: str


ToolStep = Shell | WriteStdin | Patch | Ask | RequestPermissions | McpCall | UpdatePlan
Step = ToolStep | Say | Think | Fail | Hang


@dataclass(frozen=True, slots=True)
class Script:
    """The steps that answer a user message which holds `marker`.

    One answer of the model is the run of steps up to and with the next tool step.
    """

    marker: str
    steps: tuple[Step, ...]
    schema_title: str = ""
    """Only where the answer has to fit the schema of this title; empty: also where it may be any text."""

    def answer(self, outputs: int) -> tuple[Step, ...]:
        """The steps of the next answer, after `outputs` tool outputs since the marker; the last one repeats."""
        answers: list[list[Step]] = [[]]
        for step in self.steps:
            answers[-1].append(step)
            if isinstance(step, ToolStep):
                answers.append([])
        if not answers[-1]:
            answers[-1] = [Say(text="Done.")]
        return tuple(answers[min(outputs, len(answers) - 1)])


def schema_title(schema: Mapping[str, object] | None) -> str:
    """The title of the schema that an answer has to fit; empty where it may be any text."""
    return str((schema or {}).get("title", ""))


def chosen(scripts: Sequence[Script], text: str, title: str) -> Script | None:
    """The script for a text: with the longest marker that it holds; of several those for this very schema first.

    Args:
        scripts: All that can be played.
        text: What the user wrote.
        title: The title of the schema that the answer has to fit.
    """
    fitting = [each for each in scripts if each.marker in text and each.schema_title in {"", title}]
    return max(fitting, key=lambda each: (len(each.marker), each.schema_title != ""), default=None)


def check_script(script: Script, *, roots: Sequence[str]) -> None:
    """Refuses a script that could do harm.

    Args:
        script: What is to be played.
        roots: Absolute folders that absolute paths must lie in; relative ones are the worktree's.

    Raises:
        UnsafeScriptError: A step holds a program, a shell construct or a path that is not allowed.
    """
    for step in script.steps:
        match step:
            case Shell(cmd=cmd):
                check_command(cmd, roots=roots)
            case WriteStdin(chars=chars):
                check_typed(chars)
            case Patch(text=text):
                for path in _PATCH_PATH.findall(text):
                    _check_path(path.strip(), roots, step.text)
            case _:
                pass


def check_typed(chars: str) -> None:
    """Only plain words may be typed: what reads them could be a shell."""
    if re.search(r"[;&|<>`$(){}\\]", chars):
        raise UnsafeScriptError(f"typed text with shell signs: {chars!r}")


def check_command(command: str, *, roots: Sequence[str]) -> None:
    """Refuses a command line that is more than harmless programs joined by `;`, `&&`, `||`, `|` or a newline.

    Raises:
        UnsafeScriptError: Names what is not allowed.
    """
    if any(sign in command for sign in ("`", "$(", "${", "<(", ">(", "<<", "\r", "\0")):
        raise UnsafeScriptError(f"expansion or substitution: {command!r}")
    for line in command.split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        try:
            words = list(lexer)
        except ValueError as error:
            raise UnsafeScriptError(f"{error}: {command!r}") from error
        _check_words(words, roots, command)


def _check_words(words: list[str], roots: Sequence[str], command: str) -> None:
    program = ""
    is_target = False
    for word in words:
        if word in _JOINERS:
            program = ""
        elif word in _REDIRECTS:
            is_target = True
        elif set(word) <= set("();<>|&") and word:
            raise UnsafeScriptError(f"operator {word!r}: {command!r}")
        elif is_target:
            is_target = False
            _check_path(word, roots, command)
        elif not program:
            if word not in _PROGRAMS:
                raise UnsafeScriptError(f"program {word!r}: {command!r}")
            program = word
        else:
            _check_argument(program, word, roots, command)


def _check_argument(program: str, word: str, roots: Sequence[str], command: str) -> None:
    if program in _WRITERS and not word.startswith("-"):
        _check_path(word, roots, command)
    if (program == "printf" and word.startswith("-v")) or (program == "read" and not re.fullmatch(r"-r|[a-z]+", word)):
        # Either could set PATH, and with it what the next program is.
        raise UnsafeScriptError(f"variable {word!r}: {command!r}")
    if program == "sleep" and not (re.fullmatch(r"\d+(\.\d+)?", word) and float(word) <= MAX_SLEEP_S):
        raise UnsafeScriptError(f"sleep {word!r}, at most {MAX_SLEEP_S:.0f} s: {command!r}")


def _check_path(word: str, roots: Sequence[str], where: str) -> None:
    if word == "/dev/null" or re.fullmatch(r"&?\d", word):
        return
    path = PurePosixPath(word)
    if word.startswith("~") or "$" in word or ".." in path.parts:
        raise UnsafeScriptError(f"path {word!r}: {where!r}")
    if path.is_absolute() and not any(path.is_relative_to(root) for root in roots):
        raise UnsafeScriptError(f"path {word!r} outside {', '.join(roots)}: {where!r}")
