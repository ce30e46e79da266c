"""Finds a command that must be declined, however it is dressed up.

Wrappers, absolute paths, git's own options, assignments and quotes are looked through; a line that cannot be read is
looked through word by word, where a no too many is better than one too few. It is no wall: a script, an interpreter
or a variable that only the run knows can hide anything. The sandbox is the wall.
"""

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from codex_orch_tui.policy.git_words import subcommand
from codex_orch_tui.policy.rule import Rule, free_words
from codex_orch_tui.policy.shell_tree import ShellReading
from codex_orch_tui.policy.wrappers import program_name

ArgumentsFit = Callable[[tuple[str, ...]], bool]
"""Whether the words after a program are those that a rule speaks of."""

MAX_LOOSE_WORDS = 64
"""Words of a command that are looked at in a line that cannot be read: all would be the square of its length."""

_GLOB = re.compile(r"[*?\[]")
_LETTER = re.compile(r"[^\W_]")


def declined_command(rule: Rule, reading: ShellReading) -> tuple[str, ...] | None:
    """The first command that a rule speaks of when it declines or asks; None: there is none.

    The rule's words are looked for at the beginning, also when options stand between them (`npm --silent publish`) or
    options with values before them (`kubectl -n prod delete`).
    """
    if not rule.program:
        return reading.commands[0] if reading.commands else None

    def fits(words: tuple[str, ...]) -> bool:
        plain = tuple(word for word in words if not word.startswith("-"))
        some = (words, plain, *_behind_options(words))
        return any(free_words(rule.args, each, is_beginning=True) is not None for each in some)

    return find_command(reading, rule.program, fits)


def _behind_options(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What is left without the options in front, each of them with or without a value in the word after it."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        yield words[at + 1 :]
        has_value = at + 1 < len(words) and not words[at + 1].startswith("-")
        at += 2 if has_value else 1
        yield words[at:]


def find_command(reading: ShellReading, program: str, arguments_fit: ArgumentsFit) -> tuple[str, ...] | None:
    """The first command that a decline speaks of: program and words, as a rule would write them. None: there is none.

    Args:
        reading: The line.
        program: The program's name without its folder.
        arguments_fit: Judges the words after the program; for git with and without git's own options.
    """
    for words in forms(reading):
        if is_word(words[0], program) and arguments_fit(words[1:]):
            return (program, *words[1:])
    return None


def forms(reading: ShellReading) -> Iterator[tuple[str, ...]]:
    """Every command of a line in every form in which a rule may name it; the program without its folder."""
    for words in reading.commands:
        yield from _forms(words)
    for group in reading.loose:
        for at in range(len(group)):
            yield from _forms(group[at : at + MAX_LOOSE_WORDS])


def is_word(word: str, wanted: str) -> bool:
    """Whether a word is the one that is wanted, or a glob that may become it."""
    if word == wanted:
        return True
    # a lone `*` would be everything: it needs a letter to be about this word
    return bool(_GLOB.search(word) and _LETTER.search(word)) and fnmatchcase(wanted, word)


def _forms(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    name, arguments = program_name(words[0]), words[1:]
    yield (name, *arguments)
    if is_word(name, "git"):
        inner = subcommand(arguments)
        if inner != arguments:
            yield ("git", *inner)
    elif name.startswith("git-") and len(name) > len("git-"):
        yield ("git", name.removeprefix("git-"), *arguments)
