"""Whether a rule may accept one simple command: the words, the program and the places that it names."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.known_programs import BUILTINS, usages_of, without_globals
from codex_orch_tui.policy.never import why_never, why_not_there
from codex_orch_tui.policy.options import Usage, Value, reason_against, reason_against_value
from codex_orch_tui.policy.places import absolute, fits, is_guarded, is_within
from codex_orch_tui.policy.rule import Rule, free_words

_PLAIN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-")
"""Of words that a rule for an unknown program lets through unnamed: without `=`, `:` or `,` they are a path or none."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a rule does not accept a command. `is_near`: the rule is about this program and these words."""

    reason: str
    is_near: bool = False


def why_not(words: tuple[str, ...], rule: Rule, asked: Asked) -> Refusal | None:
    """Why an accept rule does not accept a simple command; None: it does."""
    if words[0] != rule.program:
        return Refusal(f"no rule accepts {words[0]}")
    free = free_words(rule.args, words[1:])
    if free is None:
        words = without_globals(words)
        free = free_words(rule.args, words[1:])
    if rule.args is None or free is None:
        return Refusal(f"no rule accepts {' '.join(words[:3])}")
    reason = why_not_found(words[0], asked) or why_not_here(rule, asked) or _why_not_these(words, free, rule, asked)
    return Refusal(reason, is_near=True) if reason else None


def why_not_found(program: str, asked: Asked) -> str:
    """Why the program that would run is not the one that its name says; empty: it is."""
    path = asked.find_program(program)
    if path is None and program in BUILTINS:
        return ""
    if path is None:
        return f"{program} was not found on the worker's PATH"
    if not path.startswith("/") or posixpath.normpath(path) != path:
        return f"{program} was not found at an absolute place"
    worktree = posixpath.normpath(asked.worktree)
    if is_within(path, worktree) or is_within(path, asked.real_path(worktree) or worktree):
        return f"{program} lies in the worktree"
    reason = why_not_there(path)
    return f"{program} {reason}" if reason else ""


def why_outside(path: str, rule: Rule, asked: Asked) -> str:
    """Why a path may not be named: by its name or its links it leaves the places of the rule; empty: it does not."""
    if "\0" in path:
        return "a path holds a NUL"
    worktree = posixpath.normpath(asked.worktree)
    named = absolute(path, asked.cwd)
    real, real_worktree = asked.real_path(posixpath.join(asked.cwd, path)), asked.real_path(worktree)
    if real is None or real_worktree is None:
        return f"{path} could not be followed"
    if rule.paths:
        is_in = fits(named, rule.paths, worktree) and (
            fits(real, rule.paths, worktree) or fits(real, rule.paths, real_worktree)
        )
        return "" if is_in else f"{path} is not in the paths of the rule"
    if not is_within(named, worktree):
        return f"{path} is outside the worktree"
    return "" if is_within(real, real_worktree) else f"{path} leads out of the worktree"


def why_not_here(rule: Rule, asked: Asked) -> str:
    """The folder that the command runs in; only named ones may lie outside the worktree."""
    worktree = posixpath.normpath(asked.worktree)
    if not asked.worktree.startswith("/") or worktree in ("/", "//") or not asked.cwd.startswith("/"):
        return "the task's folder is not known"
    cwd = posixpath.normpath(asked.cwd)
    real, real_worktree = asked.real_path(cwd), asked.real_path(worktree)
    if real is None or real_worktree is None:
        return "the folder could not be followed"
    if rule.cwd:
        is_in = fits(cwd, rule.cwd, worktree) and (
            fits(real, rule.cwd, worktree) or fits(real, rule.cwd, real_worktree)
        )
        return "" if is_in else "the folder is not one of the rule's"
    return "" if is_within(cwd, worktree) and is_within(real, real_worktree) else "the folder is outside the worktree"


def _why_not_these(words: tuple[str, ...], free: Sequence[int], rule: Rule, asked: Asked) -> str:
    usages, arguments = usages_of(words)
    if usages:
        reasons = [_why_not_used(words, arguments, usage, rule, asked) for usage in usages]
        return "" if "" in reasons else reasons[0]
    named = [word for index, word in enumerate(words[1:]) if index not in free]
    return (
        why_never(words[0])
        or _why_not_unknown([words[1 + index] for index in free], rule, asked)
        or next(filter(None, (_why_led_out(word, asked) for word in named)), "")
    )


def _why_not_used(words: tuple[str, ...], arguments: tuple[str, ...], usage: Usage, rule: Rule, asked: Asked) -> str:
    """A program with a list of its own; the rule's options only narrow it."""
    if usage.in_top:
        if posixpath.normpath(asked.cwd) != posixpath.normpath(asked.worktree):
            return f"{words[0]} in a folder below the worktree's own may read what a worker put there"
        if trouble := asked.git_trouble():
            return f"{words[0]}: {trouble}"
    reason, seen = reason_against(arguments, usage, lambda path: why_outside(path, rule, asked))
    if reason or rule.options is None:
        return reason
    named = set(rule.options) | set(rule.args or ())
    more = sorted(option for option in seen if option not in named)
    return f"the option {more[0]} is not one of the rule's" if more else ""


def _why_not_unknown(words: Sequence[str], rule: Rule, asked: Asked) -> str:
    """A program without a list: words that the rule does not name are its options, or plain paths."""
    for word in words:
        if word in (rule.options or ()):
            continue
        if word.startswith("-"):
            return f"the option {word} is not listed"
        if not word or not set(word) <= _PLAIN_CHARACTERS:
            return f"{word} is no plain path"
        if reason := reason_against_value(word, Value.PATH, lambda path: why_outside(path, rule, asked)):
            return reason
        if why_guarded(word, asked):
            return f"{word} decides what runs"
    return ""


def _why_led_out(word: str, asked: Asked) -> str:
    """A word that the rule names may be any path; one of the worktree, where the worker makes links, stays in it."""
    worktree = posixpath.normpath(asked.worktree)
    if word.startswith("-") or not is_within(absolute(word, asked.cwd), worktree):
        return ""
    real, real_worktree = asked.real_path(posixpath.join(asked.cwd, word)), asked.real_path(worktree)
    is_in = real is not None and real_worktree is not None and is_within(real, real_worktree)
    return "" if is_in else f"{word} leads out of the worktree"


def may_write(words: tuple[str, ...]) -> bool:
    """The program has no list: what it does is not known, and what was checked for a later command may not hold."""
    return not usages_of(words)[0]


def why_guarded(path: str, asked: Asked) -> str:
    """Why no rule accepts that a path of the worktree is changed; empty: one may."""
    named = absolute(path, asked.cwd)
    real, worktree = asked.real_path(posixpath.join(asked.cwd, path)), posixpath.normpath(asked.worktree)
    real_worktree = asked.real_path(worktree) or worktree
    for place in (named, real or named):
        below = place
        for folder in (worktree, real_worktree):
            if is_within(place, folder):
                below = place.removeprefix(folder)
        if is_guarded(below):
            return f"{path} decides what runs"
    return ""
