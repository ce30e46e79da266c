"""Mistakes in settings, told so that they can be found."""

from collections.abc import Iterable
from difflib import get_close_matches

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.values import dataclass

_MAX_LISTED = 20
"""More names than that make a message that nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake.

    Attributes:
        place: The file, with the line where it is known (`/x/config.yaml:7`), the variable or the option.
        key: The setting; empty when the file as a whole is meant.
        message: What is wrong and what is allowed.
    """

    place: str
    key: str
    message: str

    def __str__(self) -> str:
        """One clean line."""
        return clean_line(": ".join(part for part in (self.place, self.key, self.message) if part))


class ConfigError(Exception):
    """Settings that cannot be used, with all their mistakes; those that were in force stay so."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def unknown(name: str, known: Iterable[str]) -> str:
    """The sentence for a name that does not exist: the one that was meant, or what there is."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f"there is no such setting; did you mean {near[0]}?"
    if len(names) <= _MAX_LISTED:
        return f"there is no such setting; there are: {', '.join(names)}"
    nearest = get_close_matches(name, names, n=3, cutoff=0.0)
    return f"there is no such setting; the nearest are {', '.join(nearest)}; codex-orch-tui config default tells all"
