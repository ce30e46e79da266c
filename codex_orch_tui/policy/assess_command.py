"""What a command line would do, as far as one can tell by reading it."""

import re

from codex_orch_tui.domain.approval import Program, Risk
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.text_warnings import disguised_words
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.assess_paths import NAMES, WRITES, is_name_of_secrets, looks_like_path, path_findings
from codex_orch_tui.policy.command_effect import STEERING, effect_of, has_script
from codex_orch_tui.policy.finding import Finding, named, whole
from codex_orch_tui.policy.git_words import own_options
from codex_orch_tui.policy.known_git import GIT_GLOBAL
from codex_orch_tui.policy.places import absolute, is_within
from codex_orch_tui.policy.program_kinds import ProgramKind, program_kind
from codex_orch_tui.policy.shell_tree import ShellReading, read_shell
from codex_orch_tui.policy.unfold import unfold
from codex_orch_tui.policy.wrappers import SHELLS, WRAPPERS, program_name

_WITH_PATHS = frozenset({"git", "find", "fd", "fdfind"})
"""Of those that run another program: paths are their own business as well."""

MAX_PROGRAMS = 24
"""Programs that are listed; a line with more says so in its reasons."""

_NOT_KNOWN = re.compile(r"[$`*?]|^\[.")


def command_findings(asked: Asked) -> tuple[list[Finding], tuple[Program, ...]]:
    """What is to be said of a request's command, and the programs that it would run."""
    script = unfold(asked.command)
    reading = read_shell(script)
    found = _of_line(reading)
    for words in reading.commands:
        found += _of_command(words, asked)
    for target in reading.writes:
        found += _of_write(target, asked)
    for source in reading.reads:
        found += path_findings(source, cwd=asked.cwd, worktree=asked.worktree, writes=False)
    programs = _programs(reading, asked)
    found += [
        Finding(Risk.HIGH, f"the program lies in the worktree: {p.path}") for p in programs if p.note == IN_WORKTREE
    ]
    found += _feeds_a_shell(reading)
    if len(reading.commands) > MAX_PROGRAMS:
        found.append(Finding(Risk.MEDIUM, f"has {len(reading.commands)} commands"))
    written = {f"{NAMES}: {finding.text[len(WRITES) + 2 :]}" for finding in found if finding.text.startswith(WRITES)}
    return [finding for finding in found if finding.text not in written], programs


NOT_READ = "could not be read completely"
IN_WORKTREE = "lies in the worktree"
NOT_FOUND = "not found on the worker's PATH"


def _of_line(reading: ShellReading) -> list[Finding]:
    found: list[Finding] = []
    if reading.is_broken:
        found.append(Finding(Risk.HIGH, f"{NOT_READ}: it is no shell that we know"))
    elif reading.loose:
        found.append(Finding(Risk.MEDIUM, f"{NOT_READ}: an option of a wrapper is not known"))
    steering = filter(STEERING.fullmatch, reading.assigned)
    found += [Finding(Risk.HIGH, f"sets a variable that changes what programs do: {whole(name)}") for name in steering]
    if "a command in the background" in reading.constructs:
        found.append(Finding(Risk.MEDIUM, "leaves a command running in the background"))
    return found


def _of_command(words: tuple[str, ...], asked: Asked) -> list[Finding]:
    name = program_name(words[0])
    shown = named(" ".join(words[:3]) + (" …" if len(words) > 3 else ""))
    if _NOT_KNOWN.search(words[0]):
        return [Finding(Risk.HIGH, f"only the run tells which program this is: {whole(words[0])}")]
    found = (
        [Finding(Risk.HIGH, f"a program's name is a disguise: {whole(words[0])}")] if disguised_words(words[0]) else []
    )
    effect, paths = effect_of(words), _of_paths(words, asked)
    # That it writes is told already with the place outside of the worktree where it does.
    is_told = effect.note == ProgramKind.WRITES.note and any(finding.text.startswith(WRITES) for finding in paths)
    if effect.risk is not Risk.LOW and not is_told:
        detail = f" ({named(effect.detail)})" if effect.detail else ""
        found.append(Finding(effect.risk, f"{effect.note}: {shown}{detail}"))
    if name == "git":
        found += _of_git_options(words[1:])
    return found + paths


def _of_paths(words: tuple[str, ...], asked: Asked) -> list[Finding]:
    """What is to be said of the paths that a command names; those behind a wrapper are its inner command's."""
    name, found = program_name(words[0]), list[Finding]()
    if name in WRAPPERS and name not in _WITH_PATHS:
        return found
    for word in words[1:]:
        value = word.partition("=")[2] if word.startswith("-") else word
        if looks_like_path(value) or is_name_of_secrets(value):
            found += path_findings(value, cwd=asked.cwd, worktree=asked.worktree, writes=effect_of(words).writes)
    return found


def _of_git_options(arguments: tuple[str, ...]) -> list[Finding]:
    odd = [word for word in own_options(arguments) if word.startswith("-") and word not in GIT_GLOBAL]
    if not odd or odd[0] in {"--version", "-v"}:
        return []
    return [Finding(Risk.MEDIUM, f"git with a setting or folder of its own: {whole(odd[0])}")]


def _of_write(target: str, asked: Asked) -> list[Finding]:
    if target in {"/dev/null", "/dev/stdout", "/dev/stderr"} or target.isdigit() or target == "-":
        return []
    found = path_findings(target, cwd=asked.cwd, worktree=asked.worktree, writes=True)
    return found or [Finding(Risk.MEDIUM, f"overwrites or adds to a file: {whole(target)}")]


def _feeds_a_shell(reading: ShellReading) -> list[Finding]:
    """`… | sh`: what runs comes from somewhere else."""
    found = []
    for words in reading.commands:
        name = program_name(words[0])
        reads_input = all(word.startswith("-") for word in words[1:]) and not has_script(words)
        if name in SHELLS or name in {"python", "python3", "perl", "ruby", "node"}:
            asks = words[1:] in {("--version",), ("--help",), ("-V",), ("-v",)}
            if reads_input and not asks and "a pipeline" in reading.constructs:
                found.append(Finding(Risk.HIGH, f"runs whatever is piped into it: {named(' '.join(words))}"))
    return found


def _programs(reading: ShellReading, asked: Asked) -> tuple[Program, ...]:
    """Each program once, in its order, with where it is found."""
    found: dict[str, Program] = {}
    for words in reading.commands:
        if words[0] not in found and len(found) < MAX_PROGRAMS:
            found[words[0]] = _program(words, asked)
    return tuple(found.values())


def _program(words: tuple[str, ...], asked: Asked) -> Program:
    name = program_name(words[0])
    kind = program_kind(name)
    if _NOT_KNOWN.search(words[0]):
        return Program(name=clean_line(whole(words[0])), note="only the run tells which")
    if not words[0] or "\0" in words[0]:  # no file has such a name, and asking for one may raise
        return Program(name=clean_line(whole(words[0])) or "''", note=NOT_FOUND)
    if "/" not in words[0] and kind is ProgramKind.SHELL_OWN:
        return Program(name=clean_line(words[0]), note=kind.note)
    written = absolute(words[0], asked.cwd or "/") if "/" in words[0] else words[0]
    path = asked.find_program(written) or (written if "/" in words[0] else "")
    if not path:
        note = NOT_FOUND if kind is not ProgramKind.WRAPPER else kind.note
    elif is_within(path, asked.worktree):
        note = IN_WORKTREE
    else:
        note = effect_of(words).note
    return Program(name=clean_line(whole(words[0])), path=clean_line(path), note=note)
