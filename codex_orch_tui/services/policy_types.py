"""What the screens and the command line are told of the rules."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex_orch_tui.policy.propose import Proposal
    from codex_orch_tui.policy.rule import Rule


class Where(StrEnum):
    """Whose rules: those that come with this repository, or the person's own for every repository."""

    REPOSITORY = "repository"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A file of rules as it is now. Every text is clean.

    `rules` are those that are in force: of a file that is broken now they are the ones from before; of a repository's
    file that is not trusted there are none.
    """

    path: Path
    where: Where
    exists: bool
    is_trusted: bool
    """Always so for the person's own file."""
    rules: "tuple[Rule, ...]" = ()
    problems: tuple[str, ...] = ()
    why_silent: str = ""
    """Why nothing of it is in force, or why what is in force is older than the file; with what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Rules that would answer a question, from narrow to wide; none of them is stored.

    Without any, `why_none` says why no rule could ever accept such a request. `texts` holds each one's YAML as it
    would be stored, in the same order.
    """

    options: "tuple[Proposal, ...]" = ()
    texts: tuple[str, ...] = ()
    why_none: str = ""
