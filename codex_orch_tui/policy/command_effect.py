"""What one simple command does, with the words that it has: `sort x` reads, `sort -o x` does not.

A command counts as one that only reads when the lists of the rules (known_programs) say so, words and options included.
"""

import re
from dataclasses import dataclass

from codex_orch_tui.domain.approval import Risk
from codex_orch_tui.policy.git_words import subcommand
from codex_orch_tui.policy.known_programs import usages_of
from codex_orch_tui.policy.options import reason_against
from codex_orch_tui.policy.program_kinds import ProgramKind, git_kind, program_kind
from codex_orch_tui.policy.wrappers import SHELLS

STEERING = re.compile(
    r"(?:PATH|IFS|ENV|BASH_ENV|SHELLOPTS|BASHOPTS|PROMPT_COMMAND|PS4|HOME|EDITOR|VISUAL|PAGER|BROWSER|LESSOPEN"
    r"|LD_\w+|DYLD_\w+|GIT_\w+|PYTHON\w+|NODE_\w+|NPM_\w+|PERL\w+|RUBY\w+|JAVA_\w+|RIPGREP_\w+|CODEX_\w+|\w+_PROXY"
    r"|\w+_proxy|SSH_\w+|MAKEFLAGS|CARGO_\w+|RUSTC\w*|CC|CXX|TMPDIR)"
)
"""Variables that change what programs do."""

_USUAL_FOLDERS = re.compile(r"(?:/usr|/usr/local|/opt/homebrew|/opt/local)?/s?bin")
_FIND_WRITES = frozenset({"-delete", "-fprint", "-fprint0", "-fprintf", "-fls"})
_FIND_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"})
_NO_OPTIONS_THAT_WRITE = frozenset(
    "ps free uptime locale lsof getent seq fold column expr factor rev cal whereis strings locate tput".split()  # noqa: SIM905
)
_SETS_VARIABLES = frozenset(
    {
        "read",
        "mapfile",
        "readarray",
        "printf",
        "getopts",
        "let",
        "unset",
        "export",
        "declare",
        "typeset",
        "readonly",
        "local",
    }
)
_CHANGES_SHELL = frozenset(
    {
        "unset",
        "hash",
        "shopt",
        "umask",
        "ulimit",
        "enable",
        "mapfile",
        "readarray",
        "getopts",
        "declare",
        "typeset",
        "readonly",
    }
)
_SED_EDITS = re.compile(r"-[a-zA-Z]*i|--in-place")
_SED_FILE = re.compile(r"-[a-zA-Z]*f|--file")
_SED_RUNS = re.compile(r"(?:^|[;\d$/|}])\s*[ewW](?:\s|$)")
_MORE = "may do more than read"


@dataclass(frozen=True, slots=True)
class Effect:
    """How much a command may do, a remark for beside its program, and whether the paths that it names are written."""

    risk: Risk
    note: str
    detail: str = ""
    """Why it is not listed as one that only reads; empty: there is nothing to say."""
    writes: bool = False


def effect_of(words: tuple[str, ...]) -> Effect:
    """What a command does.

    Args:
        words: The program and what follows.
    """
    folder, _, name = words[0].rpartition("/")
    if folder or words[0].startswith("/"):
        if not words[0].startswith("/"):
            return _effect(ProgramKind.REPOSITORY_CODE)
        if not _USUAL_FOLDERS.fullmatch(folder):
            return Effect(Risk.MEDIUM, "a program at a place of its own")
    against = _why_not_listed((name, *words[1:]))
    if against == "":
        return Effect(Risk.LOW, "only reads")
    if name == "git":
        kind = git_kind(subcommand(words[1:]))
        return Effect(kind.risk, kind.note) if kind.risk is not Risk.LOW else Effect(Risk.MEDIUM, _MORE, against or "")
    return _of_program(name, words, against)


def _of_program(name: str, words: tuple[str, ...], against: str | None) -> Effect:
    kind = program_kind(name)
    if name in {"find", "fd", "fdfind"} and _FIND_WRITES.intersection(words):
        return _effect(ProgramKind.DELETES)
    if name in {"find", "fd", "fdfind"} and _FIND_RUNS.intersection(words):
        return _effect(ProgramKind.WRAPPER)
    if name == "sed":
        return _of_sed(words[1:])
    if name in SHELLS and has_script(words):
        return _effect(ProgramKind.WRAPPER)
    if kind is ProgramKind.SHELL_OWN:
        return _of_shell_own(name, words[1:])
    if kind is ProgramKind.READS and name not in _NO_OPTIONS_THAT_WRITE:
        return Effect(Risk.MEDIUM, _MORE, against) if against else Effect(Risk.MEDIUM, "usually only reads")
    return _effect(kind)


def has_script(words: tuple[str, ...]) -> bool:
    """A shell that is given its script as a word: `bash -lc …`."""
    return any(re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", word) for word in words[1:])


def _effect(kind: ProgramKind) -> Effect:
    writes = kind in {ProgramKind.WRITES, ProgramKind.DELETES, ProgramKind.SYSTEM}
    return Effect(kind.risk, kind.note, writes=writes)


def _why_not_listed(words: tuple[str, ...]) -> str | None:
    """Why the words are not among those that only read; None: there is no list for the program."""
    usages, arguments = usages_of(words)
    # which paths are named is looked at elsewhere, and the standard input is no harm to read
    plain = tuple(word for word in arguments if word != "-")
    reasons = [reason_against(plain, usage, lambda _: "")[0] for usage in usages]
    return "" if "" in reasons else reasons[0] if reasons else None


def _of_sed(arguments: tuple[str, ...]) -> Effect:
    if any(map(_SED_EDITS.match, arguments)):
        return _effect(ProgramKind.WRITES)
    if any(map(_SED_FILE.match, arguments)) or any(map(_SED_RUNS.search, arguments)):
        return _effect(ProgramKind.INTERPRETER)
    return Effect(Risk.LOW, "only reads")


def _of_shell_own(name: str, arguments: tuple[str, ...]) -> Effect:
    if name in _SETS_VARIABLES and any(STEERING.fullmatch(word.partition("=")[0]) for word in arguments):
        return Effect(Risk.HIGH, "sets a variable that changes what programs do")
    if name in _CHANGES_SHELL:
        return Effect(Risk.MEDIUM, "changes the shell for the rest of the line")
    return _effect(ProgramKind.SHELL_OWN)
