"""One thing that was found out about a request."""

from dataclasses import dataclass

from codex_orch_tui.domain.approval import Risk

MAX_NAMED_CHARS = 80
MAX_WHOLE_CHARS = 4_096
"""No longer path can be touched on Linux."""
_HEAD_SHARE = 3
"""One character in so many is left of a long word's beginning: what tells is at its end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason in plain words, and how much it weighs. `text` may hold raw words of the worker."""

    risk: Risk
    text: str


def named(word: str) -> str:
    """Words of the worker inside of a sentence: not too long."""
    return _cut(word, MAX_NAMED_CHARS)


def whole(word: str) -> str:
    """A path, host or name that a reason is about: all of it, as far as it can be one. Whoever shows it may cut it."""
    return _cut(word, MAX_WHOLE_CHARS)


def _cut(word: str, chars: int) -> str:
    if len(word) <= chars:
        return word
    head = chars // _HEAD_SHARE
    return f"{word[:head]}…{word[len(word) - (chars - head - 1) :]}"
