"""How the words after a program are read, when a rule may accept them: only what is listed, and nothing by guess.

A list names each option, whether it takes a value and of what kind, and what the other words are. An option that is not
listed, an abbreviation of one that is, a value of another kind, a path that leaves the allowed folders: each is a
reason to
ask. The lists themselves are in known_programs.py and known_git.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

ReasonAgainst = Callable[[str], str]
"""From a path as it was written to why it may not be named; empty: it may."""

_NUMBER = re.compile(r"[+-]?[0-9]+[bcwkKMG]?")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,:+%-]*")
_SIGNED = re.compile(r"%[+ -]?G|(?:^|\()[-*]*signature")
_RESPONSE_FILE = re.compile(r"[@+]")
_LOADS = re.compile(r"\b(?:import|include|env|ENV|modulemeta|get_search_list|__\w+)\b")
_FORMAT = re.compile(r"(?:[^%]|%%|%[-0-9.]*[sdxbqcufge])*")
_COUNT = re.compile(r"-[0-9]+")


class Value(Enum):
    """What a word may be."""

    NUMBER = auto()
    NAME = auto()
    """A word of a list that the program knows: letters, digits and few signs."""
    TEXT = auto()
    """Anything: the program only compares it or prints it."""
    SIGN = auto()
    """One character."""
    PATH = auto()
    """A path that is read; it must lie in the allowed folders.

    One that begins with `@` is a file of further options to some (ruff, clang-format); `+5f` makes tail follow.
    """
    REVISION = auto()
    """What git takes for a commit or a path. Checked as a path: one out of the repository makes `git diff` compare any
    two
    files, and what is none lies in the worktree by its name.
    """
    FILTER = auto()
    """A program of jq that loads no file and tells no environment."""
    FORMAT = auto()
    """A format of printf that prints only: `%n` sets a variable of the shell, PATH among them."""
    PRETTY = auto()
    """A format of git's log that starts no program: `%G?` runs gpg."""
    DATE_FORMAT = auto()
    """`+%F`; any other word sets the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """One way to call a program that only reads.

    Attributes:
        flags: Options without a value, with their dashes; `-x` may be bundled (`-la`) unless `is_find`.
        values: Options that take a value, in the same word or the next.
        attached: Long options whose value can only stand in the same word (`--color=never`); without one they are in
        `flags`.
        operands: What the other words are, in order; the last one counts for all that follow. Empty: there may be none.
        most: How many operands there may be.
        paths_after: Options after which all operands are of the last kind: with `-e` grep's first word is no pattern.
        needs: Of each set one option must be there: `black` without `--check` writes.
        has_count: `-20` is an option.
        is_find: Long options have one dash and nothing is bundled.
        is_apart: The value of a short option stands in the next word only: `tree -Po` is `-P` and `-o`.
        is_leading: No option may follow an operand: to some the word there names the file that they write.
        is_text: No word is an option: `echo --- x` prints it.
        in_top: Only in the worktree's own folder: git in a folder below reads a `.git` that a worker may have put
        there.
    """

    flags: frozenset[str] = frozenset()
    values: Mapping[str, Value] = field(default_factory=dict)
    attached: Mapping[str, Value] = field(default_factory=dict)
    operands: tuple[Value, ...] = ()
    most: int = 1_000
    paths_after: frozenset[str] = frozenset()
    needs: tuple[frozenset[str], ...] = ()
    has_count: bool = False
    is_find: bool = False
    is_apart: bool = False
    is_leading: bool = False
    is_text: bool = False
    in_top: bool = False


@dataclass(slots=True)
class _Reading:
    usage: Usage
    against: ReasonAgainst
    seen: set[str] = field(default_factory=set)
    operands: list[str] = field(default_factory=list)


def reason_against(words: tuple[str, ...], usage: Usage, against: ReasonAgainst) -> tuple[str, frozenset[str]]:
    """Why a rule may not accept these words, and the options that they hold.

    Args:
        words: What follows the program and its sub-command.
        usage: What is listed.
        against: Checks a path.

    Returns:
        The reason, empty when there is none; and each option as it is listed.
    """
    if usage.is_text:
        return "", frozenset()
    reading = _Reading(usage, against)
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--" and not usage.is_find:
            if reason := _reason_against_late(word, word, reading):
                return reason, frozenset()
            reading.operands += words[position + 1 :]
            break
        following = words[position + 1] if position + 1 < len(words) else None
        reason, used = _read_word(word, following, reading)
        if reason:
            return reason, frozenset()
        position += used
    reason = _reason_against_operands(reading)
    if not reason:
        missing = [need for need in usage.needs if not need & reading.seen]
        reason = f"without {' or '.join(sorted(missing[0]))} it may do more than read" if missing else ""
    return reason, frozenset(reading.seen)


def _read_word(word: str, following: str | None, reading: _Reading) -> tuple[str, int]:
    """Read one option or operand: why not, and how many words it was."""
    if word == "-":
        return "- stands for the standard input", 0
    if not word.startswith("-"):
        reading.operands.append(word)
        return "", 1
    if reading.usage.has_count and _COUNT.fullmatch(word):
        return _reason_against_late(word, word, reading), 1
    read = _read_long if word.startswith("--") or reading.usage.is_find else _read_bundle
    reason, used = read(word, following, reading)
    return reason or _reason_against_late(word if used == 1 else f"{following}", word, reading), used


def _reason_against_late(last: str, word: str, reading: _Reading) -> str:
    """After an operand a program of BSD, or one that reads its words by itself, takes an option for one more operand.

    Args:
        last: The last word that was read: the option's value where that is a word of its own.
        word: The option.
        reading: The operands so far.
    """
    usage = reading.usage
    if not reading.operands or usage.is_find or usage.in_top:
        return ""
    if usage.is_leading:
        return f"the option {word} comes after {reading.operands[0]}"
    return reading.against(word) or reading.against(last)


def _read_long(word: str, following: str | None, reading: _Reading) -> tuple[str, int]:
    usage = reading.usage
    name, has_value, value = word.partition("=")
    if not has_value and name in usage.flags:
        reading.seen.add(name)
        return "", 1
    kind = usage.values.get(name)
    if kind is not None and not has_value:
        reading.seen.add(name)
        return _reason_against_next(name, following, kind, reading), 2
    kind = kind or usage.attached.get(name)
    if kind is None or usage.is_find or not has_value:
        return f"the option {word} is not listed", 0
    reading.seen.add(name)
    return reason_against_value(value, kind, reading.against), 1


def _read_bundle(word: str, following: str | None, reading: _Reading) -> tuple[str, int]:
    """`-la`, `-n5`, `-n 5`."""
    usage = reading.usage
    for index, letter in enumerate(word[1:], start=1):
        name = f"-{letter}"
        if name in usage.flags:
            reading.seen.add(name)
            continue
        kind = usage.values.get(name)
        if kind is None:
            return f"the option {name if len(word) == 2 else f'{name} in {word}'} is not listed", 0
        reading.seen.add(name)
        if index + 1 < len(word):
            if usage.is_apart:
                return f"the value of {name} in {word} is not a word of its own", 0
            return reason_against_value(word[index + 1 :], kind, reading.against), 1
        return _reason_against_next(name, following, kind, reading), 2
    return "", 1


def _reason_against_next(name: str, value: str | None, kind: Value, reading: _Reading) -> str:
    """A value in a word of its own. One that looks like an option is one to another reader of the line."""
    if value is None:
        return f"the option {name} has no value"
    if value.startswith("-") and not (kind is Value.NUMBER and _COUNT.fullmatch(value)):
        return f"the value of {name} looks like an option"
    return reason_against_value(value, kind, reading.against)


def _reason_against_operands(reading: _Reading) -> str:
    kinds = reading.usage.operands
    if len(reading.operands) > (reading.usage.most if kinds else 0):
        return f"the word {reading.operands[reading.usage.most if kinds else 0]} is one too many"
    if reading.usage.paths_after & reading.seen:
        kinds = kinds[-1:]
    for index, operand in enumerate(reading.operands):
        if operand == "-":
            return "- stands for the standard input"
        reason = reason_against_value(operand, kinds[min(index, len(kinds) - 1)], reading.against)
        if reason:
            return reason
    return ""


def reason_against_value(value: str, kind: Value, against: ReasonAgainst) -> str:
    """Why a word is not of its kind; empty: it is."""
    match kind:
        case Value.TEXT:
            return ""
        case Value.SIGN:
            return "" if len(value) == 1 else f"{value} is not one character"
        case Value.PATH:
            return f"{value} may be more than a path" if _RESPONSE_FILE.match(value) else against(value)
        case Value.REVISION:
            return against(value)
        case Value.FILTER:
            return f"the filter {value} loads something" if _LOADS.search(value) else ""
        case Value.NUMBER:
            return "" if _NUMBER.fullmatch(value) else f"{value} is no number"
        case Value.NAME:
            return "" if _NAME.fullmatch(value) else f"{value} is no plain name"
        case Value.FORMAT:
            return "" if _FORMAT.fullmatch(value) else f"the format {value} does more than print"
        case Value.PRETTY:
            return f"the format {value} starts a program" if _SIGNED.search(value) else ""
        case Value.DATE_FORMAT:
            return "" if value.startswith("+") else f"{value} would set the clock"
