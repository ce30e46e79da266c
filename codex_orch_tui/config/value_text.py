"""Values of settings as text that can be shown: short forms of YAML, clean, and without secrets."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path

from pydantic import BaseModel

from codex_orch_tui.domain.terminal_text import clean_line

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What JSON and YAML can hold."""

NOT_SET = "not set"


def plain_value(value: object) -> Plain:
    """A value as plain data whose every text is clean. What is not set in a table is left out."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return clean_line(str(value.value))
        case str() | Path():
            return clean_line(str(value))
        case BaseModel():
            inner = {name: plain_value(getattr(value, name)) for name in type(value).model_fields}
            return {name: each for name, each in inner.items() if each is not None and each != {}}
        case Mapping():
            return {clean_line(str(name)): plain_value(each) for name, each in value.items()}
        case Sequence():
            return [plain_value(each) for each in value]
    raise TypeError(f"a setting cannot be a {type(value).__name__}")


def value_text(value: object) -> str:
    """A value in one line."""
    return _text(plain_value(value), is_inner=False)


def _text(value: Plain, *, is_inner: bool) -> str:
    match value:
        case None:
            return NOT_SET
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case str():
            is_plain = not is_inner or not any(sign in value for sign in ',:[]{}"#')
            return value if value and is_plain else json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(_text(each, is_inner=True) for each in value)}]"
        case dict():
            pairs = (f"{_text(name, is_inner=True)}: {_text(each, is_inner=True)}" for name, each in value.items())
            return f"{{{', '.join(pairs)}}}"
