"""Code as coloured spans. Importing this loads Pygments: the diff view does so with its first block of code."""

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, String
from pygments.util import ClassNotFound

MAX_LINE_CHARS = 1_000
"""Lexers are regular expressions; on very long lines some take seconds."""


class SyntaxRole(StrEnum):
    """What a piece of code is, as far as it gets a colour of its own."""

    KEYWORD = "keyword"
    STRING = "string"
    NUMBER = "number"
    COMMENT = "comment"
    NAME = "name"


class SyntaxSpan(NamedTuple):
    """Characters of one line with their role."""

    start: int
    end: int
    role: SyntaxRole


_ROLES = (
    (Keyword, SyntaxRole.KEYWORD),
    (Name.Tag, SyntaxRole.KEYWORD),
    (String, SyntaxRole.STRING),
    (Number, SyntaxRole.NUMBER),
    (Comment, SyntaxRole.COMMENT),
    (Name.Function, SyntaxRole.NAME),
    (Name.Class, SyntaxRole.NAME),
)

LineSpans = tuple[SyntaxSpan, ...]


def highlight(path: str, lines: Sequence[str]) -> tuple[LineSpans, ...]:
    """The spans of each line; empty when the language is not known or a line is too long.

    Args:
        path: Tells the language by its name.
        lines: Code lines that follow each other, without line ends.
    """
    lexer = _lexer(path.rsplit("/", 1)[-1])
    if lexer is None or any(len(line) > MAX_LINE_CHARS for line in lines):
        return ((),) * len(lines)
    found: list[list[SyntaxSpan]] = [[] for _ in lines]
    number = column = 0
    for token, value in lexer.get_tokens("\n".join(lines)):
        role = _role(token)
        for position, piece in enumerate(value.split("\n")):
            if position:
                number, column = number + 1, 0
            if role is not None and piece and number < len(found):
                found[number].append(SyntaxSpan(column, column + len(piece), role))
            column += len(piece)
    return tuple(tuple(spans) for spans in found)


@lru_cache(64)
def _lexer(name: str) -> Any:
    """The language of a file name; None when it is not known, or plain text."""
    try:
        lexer = get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return None if lexer.name == "Text only" else lexer


@lru_cache(512)
def _role(token: Any) -> SyntaxRole | None:
    return next((role for parent, role in _ROLES if token in parent), None)
