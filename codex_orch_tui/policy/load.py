"""Reads a file of rules: all of it counts, or nothing, and each mistake is told with its file, line and key.

A file of rules that is half understood is worse than none: the half that was lost may have been the decline.
"""

import posixpath
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from codex_orch_tui.config.problems import Problem, unknown
from codex_orch_tui.config.yaml_file import YamlFile, parse_yaml, read_bounded
from codex_orch_tui.domain.approval import ApprovalKind
from codex_orch_tui.domain.plan import Role, RoleName
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.accept import why_not
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.judge import judge, speaks_of
from codex_orch_tui.policy.known_programs import usages_of
from codex_orch_tui.policy.lexer import NotPlainError, lex
from codex_orch_tui.policy.never import why_never
from codex_orch_tui.policy.rule import REST, Rule, RuleDecision, RuleKind
from codex_orch_tui.policy.rule_file import Examples, RuleEntry

VERSION = 1
MAX_RULES = 500

BUILT_IN_ROLES: tuple[RoleName, ...] = tuple(role.value for role in Role)
_EXAMPLE_WORKTREE = "/worktree"
_MAX_SHOWN_CHARS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRules:
    """What a file says.

    Attributes:
        rules: In the order of the file; empty when there is any problem.
        problems: All that is wrong.
        sha256_of_file: Of exactly the bytes that these rules were read from, in hex; empty where there is no file.
    """

    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()
    sha256_of_file: str = ""


def load_rules(path: Path, roles: Collection[RoleName] = BUILT_IN_ROLES) -> LoadedRules:
    """Read a file of rules; one that is not there holds none.

    Args:
        path: The file.
        roles: The names that a rule's `roles` can hold.
    """
    try:
        data = read_bounded(path)
    except (OSError, ValueError) as error:
        reason = f"cannot be read: {error.strerror or error}" if isinstance(error, OSError) else str(error)
        return LoadedRules(problems=(Problem(place=str(path), key="", message=reason),))
    return LoadedRules() if data is None else parse_rules(path, data, roles)


def parse_rules(path: Path, data: bytes, roles: Collection[RoleName] = BUILT_IN_ROLES) -> LoadedRules:
    """The rules of a file whose bytes were read already, and hashed: nothing can change in between."""
    digest = sha256(data).hexdigest()
    file = parse_yaml(path, data)
    problems = list(file.problems)
    rules: list[Rule] = []
    if not problems:
        problems += _problems_of_top(path, file)
    if not problems:
        for index in range(len(_entries(file))):
            found = _rule(path, file, index, roles, problems)
            if found is not None:
                rules.append(found)
        problems += _repeated(path, rules)
    if problems:
        return LoadedRules(problems=tuple(problems), sha256_of_file=digest)
    return LoadedRules(rules=tuple(rules), sha256_of_file=digest)


def _problems_of_top(path: Path, file: YamlFile) -> Iterator[Problem]:
    for key in file.values:
        if key not in ("version", "rules"):
            yield _problem(path, file.lines[key], key, "there is no such key here; there are: rules, version")
    version = file.values.get("version", VERSION)
    if version is True or version != VERSION:
        message = f"{_shown(version)} is not known; this program reads version {VERSION}"
        yield _problem(path, file.lines["version"], "version", message)
    rules = file.values.get("rules")
    if rules is not None and not isinstance(rules, list):
        yield _problem(path, file.lines["rules"], "rules", "should be a list of rules, each begun by `- id: …`")
    elif isinstance(rules, list) and len(rules) > MAX_RULES:
        yield _problem(path, file.lines["rules"], "rules", f"holds more than {MAX_RULES} rules")


def _entries(file: YamlFile) -> list[object]:
    rules = file.values.get("rules")
    return rules if isinstance(rules, list) else []


def _rule(path: Path, file: YamlFile, index: int, roles: Collection[RoleName], problems: list[Problem]) -> Rule | None:
    """One rule, or what is wrong with it."""
    entry = _entries(file)[index]

    def line_of(*keys: str | int) -> int:
        """The nearest line that is known."""
        for length in range(len(keys), -1, -1):
            line = file.deep_lines.get(("rules", index, *keys[:length]))
            if line is not None:
                return line
        return file.lines["rules"]

    if not isinstance(entry, Mapping):
        problems.append(
            _problem(path, line_of(), f"rules[{index}]", "should hold `key: value` lines, beginning with id")
        )
        return None
    name = entry.get("id") if isinstance(entry.get("id"), str) else f"rules[{index}]"
    try:
        checked = RuleEntry.model_validate(dict(entry), context=tuple(roles))
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            keys = tuple(key for key in detail["loc"])
            problems.append(
                _problem(path, line_of(*keys), _dotted(name, *keys), _words(detail["type"], detail["msg"], keys))
            )
        return None
    rule = replace(checked.rule(), file=str(path), line=line_of())
    wrong = list(_mistakes(rule)) or list(_failed_examples(rule))
    problems += [_problem(path, line_of(*keys), _dotted(rule.id, *keys), message) for keys, message in wrong]
    return rule


def _mistakes(rule: Rule) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What fits the form and makes no sense: a rule that could never say what it promises is a mistake."""
    is_accept = rule.decision is RuleDecision.ACCEPT
    allowed = {
        RuleKind.COMMAND: {"program", "args", "options", "cwd", "paths"},
        RuleKind.FILE_CHANGE: {"paths", "cwd"},
        RuleKind.NETWORK: {"hosts", "cwd"},
    }[rule.kind]
    for key in ("program", "args", "options", "paths", "hosts"):
        if getattr(rule, key) and key not in allowed:
            yield (key,), f"says nothing about a {rule.kind.value}"
    if rule.args is not None and REST in rule.args[:-1]:
        yield ("args",), f"{REST} can only stand at the end"
    match rule.kind:
        case RuleKind.COMMAND:
            yield from _mistakes_of_command(rule, is_accept=is_accept)
        case RuleKind.FILE_CHANGE if is_accept and not rule.paths:
            yield ("paths",), "an accept names the files that may be changed, such as docs/**"
        case RuleKind.NETWORK if is_accept and not rule.hosts:
            yield ("hosts",), "an accept names the hosts"
        case _:
            pass


def _mistakes_of_command(rule: Rule, *, is_accept: bool) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not rule.program:
        yield ("program",), "is missing: the bare name of the program"
        return
    if not is_accept:
        if rule.options is not None or rule.paths:
            yield ("options" if rule.options is not None else "paths",), "narrows an accept only"
        if "/" in rule.program:
            yield ("program",), "should be the bare name of a program; it is found wherever it lies"
        return
    if rule.args is None:
        yield (
            ("args",),
            f"is missing: an accept names the words, [{REST}] for all that the program's list allows, [] for none",
        )
        return
    words = (rule.program, *(word for word in rule.args if word != REST and "*" not in word))
    usages, _ = usages_of(words)
    if not usages and (why := why_never(rule.program)):
        yield ("program",), f"{why}: no rule can accept it"
    elif len(words) == len(rule.args) + 1 and not any(word.startswith("/") for word in words):
        refusal = why_not(words, rule, _example(rule, ""))
        if refusal is not None:
            yield ("args",), clean_line(f"could never be accepted: {refusal.reason}")


def _failed_examples(rule: Rule) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for index, text in enumerate(rule.match):
        asked = _example(rule, text)
        if not speaks_of(rule, asked):
            yield ("examples", "match", index), f"{_shown(text)} is not answered by this rule: {_why(rule, asked)}"
    for index, text in enumerate(rule.no_match):
        if speaks_of(rule, _example(rule, text)):
            yield ("examples", "no_match", index), f"{_shown(text)} is answered by this rule"


def _why(rule: Rule, asked: Asked) -> str:
    if rule.decision is not RuleDecision.ACCEPT:
        return "it does not fit"
    if asked.kind is ApprovalKind.COMMAND:
        try:
            lex(asked.command)
        except NotPlainError as error:
            return clean_line(f"the rules do not read {error}")
    return clean_line(judge(asked, [replace(rule, expires_s=None)], now_s=time.time()).why)


def _example(rule: Rule, text: str) -> Asked:
    """An example as a request in a task where all is well: what is checked is the rule, not the machine."""
    places = [place for place in rule.cwd if "*" not in place.removesuffix("/**")]
    cwd = posixpath.normpath(posixpath.join(_EXAMPLE_WORKTREE, places[0].removesuffix("/**") if places else ""))
    return Asked(
        kind=next(kind for kind in ApprovalKind if kind.value == rule.kind.value),
        command=text if rule.kind is RuleKind.COMMAND else "",
        cwd=cwd,
        paths=(posixpath.normpath(posixpath.join(_EXAMPLE_WORKTREE, text)),)
        if rule.kind is RuleKind.FILE_CHANGE
        else (),
        host=text if rule.kind is RuleKind.NETWORK else "",
        role=rule.roles[0] if rule.roles else Role.IMPLEMENTER,
        worktree=_EXAMPLE_WORKTREE,
        find_program=lambda name: f"/usr/bin/{name}",
        real_path=posixpath.normpath,
        git_trouble=str,
    )


def _repeated(path: Path, rules: list[Rule]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for rule in rules:
        if rule.id in first:
            message = f"is the id of two rules, the first in line {first[rule.id]}"
            yield _problem(path, rule.line, _dotted(rule.id, "id"), message)
        first.setdefault(rule.id, rule.line)


def _problem(path: Path, line: int, key: str, message: str) -> Problem:
    return Problem(place=f"{path}:{line}", key=clean_line(key), message=message)


def _dotted(name: object, *keys: str | int) -> str:
    return str(name) + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)


def _words(kind: str, message: str, keys: tuple[str | int, ...]) -> str:
    if kind == "extra_forbidden":
        return unknown(str(keys[-1]), Examples.model_fields if "examples" in keys[:-1] else RuleEntry.model_fields)
    if kind == "missing":
        return "is missing"
    words = message.removeprefix("Value error, ").replace("Input should", "should").replace("String should", "should")
    return clean_line(words)


def _shown(value: object) -> str:
    shown = clean_line(str(value))
    return repr(shown if len(shown) <= _MAX_SHOWN_CHARS else shown[: _MAX_SHOWN_CHARS - 1] + "…")
