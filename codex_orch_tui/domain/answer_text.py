"""A worker's answer that is JSON, as people read it: its summary first, lists as lines."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from codex_orch_tui.domain.terminal_text import clean_line, clean_text

MAX_ANSWER_CHARS = 1_000_000
_SHOWN_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?=x[0-9a-f]{2}|u\{)")
"""Escapes that clean text shows for characters that cannot be seen; JSON knows none of this form."""


def parse_answer(text: str) -> Any:
    """The value of a clean text of JSON.

    Raises:
        ValueError: It is none.
        RecursionError: It is nested too deeply.
    """
    return json.loads(_SHOWN_ESCAPE.sub(r"\1\\\\", text), parse_constant=no_constant)


def no_constant(name: str) -> object:
    """Refuses NaN and the infinities, which Python reads and JSON does not have."""
    raise ValueError(f"{name} is not a JSON value")


def readable(text: str) -> str:
    """What a clean text that is a JSON object says, line by line; empty for every other text."""
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")) or len(text) > MAX_ANSWER_CHARS:
        return ""
    try:
        return "\n".join(answer_lines(parse_answer(text)))
    except (ValueError, RecursionError):
        return ""


def answer_lines(value: Any) -> Iterator[str]:
    """An object as people read it: the summary, then a heading and a list for each other thing that says something."""
    if not isinstance(value, Mapping):
        yield clean_text(_plain(value))
        return
    if isinstance(summary := value.get("summary"), str) and summary:
        yield clean_text(summary)
    for key, inner in value.items():
        if key == "summary" or inner in (None, "", [], {}):
            continue
        name = clean_line(key.replace("_", " "))
        if isinstance(inner, list):
            yield f"{name}:"
            yield from (f"- {clean_line(_plain(each))}" for each in inner)
        else:
            yield f"{name}: {clean_line(_plain(inner))}"


def _plain(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return " · ".join(said for each in value.values() if (said := _plain(each)))
        case list():
            return ", ".join(said for each in value if (said := _plain(each)))
        case _:
            return str(value)
