"""A rule: which requests it is about, and what it says of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from codex_orch_tui.domain.approval import ApprovalKind, RuleRef
from codex_orch_tui.domain.plan import RoleName

REST = "..."
"""As the last pattern of `args`: any further words, as far as the program's own list allows them."""


class RuleKind(StrEnum):
    """What a rule can be about. Other requests are always a person's."""

    COMMAND = "command"
    FILE_CHANGE = "file_change"
    NETWORK = "network"


RULE_KINDS: Mapping[ApprovalKind, RuleKind] = {
    ApprovalKind.COMMAND: RuleKind.COMMAND,
    ApprovalKind.FILE_CHANGE: RuleKind.FILE_CHANGE,
    ApprovalKind.NETWORK: RuleKind.NETWORK,
}


class RuleDecision(StrEnum):
    """What a rule says. Decline beats ask beats accept."""

    ACCEPT = "accept"
    ASK = "ask"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Fields that are None or empty do not narrow it.

    Attributes:
        id: Unique in its file: `git-status`.
        program: The bare name of a program; for a command only.
        args: A pattern for each word after the program: the word itself, or with `*` for any characters; `...` at the
        end
            for any further words. Without it an accept needs exactly so many words, while a decline or ask looks at the
            beginning only: that takes in more, and more is the safe side there.
        options: The options that the words which `*` and `...` stand for may hold. None: all that the program's own
        list
            names. They only ever narrow that list; a program without one has no other options.
        cwd: Folders, relative to the worktree or absolute; `src/**` is src and all below.
        paths: The same for what a file change touches, or what a command names. An accept without them means the
        worktree.
        hosts: `pypi.org`, or `*.pypi.org` for all names below.
        expires_s: From then on the rule says nothing; seconds since the epoch.
        match: Examples that the rule must answer, checked when it is loaded: lines, paths or hosts.
        no_match: Examples that it must not answer.
        file: Where it stands; with `line` no part of its content.
    """

    id: str
    kind: RuleKind
    decision: RuleDecision
    program: str = ""
    args: tuple[str, ...] | None = None
    options: tuple[str, ...] | None = None
    cwd: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    roles: tuple[RoleName, ...] = ()
    reason: str = ""
    expires_s: float | None = None
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def sha256(self) -> str:
        """The hash of what the rule says, in hex: the same wherever it stands, another after any change."""
        content = [
            self.id,
            self.kind.value,
            self.decision.value,
            self.program,
            self.args,
            self.options,
            self.cwd,
            self.paths,
            self.hosts,
            [str(role) for role in self.roles],
            self.reason,
            self.expires_s,
            self.match,
            self.no_match,
        ]
        return sha256(json.dumps(content).encode()).hexdigest()

    @property
    def ref(self) -> RuleRef:
        """What is kept of the rule beside a decision."""
        return RuleRef(id=self.id, file=self.file, sha256=self.sha256)

    def is_in_force(self, now_s: float) -> bool:
        """It has not expired."""
        return self.expires_s is None or now_s < self.expires_s


def free_words(args: tuple[str, ...] | None, words: Sequence[str], *, is_beginning: bool = False) -> list[int] | None:
    """Whether words fit the patterns, and which of them a pattern only stood for.

    Args:
        args: `Rule.args`. None: nothing is said of the words.
        words: What follows the program.
        is_beginning: More words may follow, as for a decline.

    Returns:
        The positions of words that were matched by `*` or `...` and not by name. None: they do not fit.
    """
    if args is None:
        return list(range(len(words)))
    has_rest = bool(args) and args[-1] == REST
    patterns = args[:-1] if has_rest else args
    if len(words) < len(patterns) or (len(words) > len(patterns) and not (has_rest or is_beginning)):
        return None
    free = [index for index, pattern in enumerate(patterns) if "*" in pattern]
    if not all(map(word_fits, patterns, words)):
        return None
    return free + list(range(len(patterns), len(words)))


def word_fits(pattern: str, word: str) -> bool:
    """A word fits itself; `*` stands for any characters."""
    if "*" not in pattern:
        return pattern == word
    # Not as a regular expression: a worker chooses the word, and many `*` would take it minutes to fail.
    first, *inner, last = pattern.split("*")
    if len(word) < len(first) + len(last) or not word.startswith(first) or not word.endswith(last):
        return False
    position, end = len(first), len(word) - len(last)
    for piece in inner:
        position = word.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True
