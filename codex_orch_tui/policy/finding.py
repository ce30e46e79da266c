"""One thing that was found out about a request."""

from dataclasses import dataclass

from codex_orch_tui.domain.approval import Risk

MAX_NAMED_CHARS = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason in plain words, and how much it weighs. `text` may hold raw words of the worker."""

    risk: Risk
    text: str


def named(word: str) -> str:
    """A word of the worker inside of a sentence: not too long."""
    return word if len(word) <= MAX_NAMED_CHARS else word[: MAX_NAMED_CHARS - 1] + "…"
