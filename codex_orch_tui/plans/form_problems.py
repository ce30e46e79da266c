"""What pydantic found wrong, in words for the person who wrote the plan."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.plans.field_rules import ID_WORDS
from codex_orch_tui.plans.models import LimitsEntry, PlanFile, TaskEntry
from codex_orch_tui.plans.problem import PlanProblem

Keys = tuple[str | int, ...]

_MAX_SHOWN_CHARS = 60
_SENTENCES = {
    "missing": "is missing",
    "tuple_type": "should be a list",
    "model_type": "should hold keys and values",
    "string_unicode": "holds half of a character, which no text can",
    "string_pattern_mismatch": ID_WORDS,
}


def form_problems(error: ValidationError, values: Mapping[str, object]) -> Iterator[tuple[Keys, PlanProblem]]:
    """Each mistake, with the keys that lead to it from the top of the plan.

    Args:
        error: What was raised.
        values: The plan that was checked.
    """
    for detail in error.errors(include_url=False, include_context=False):
        keys, message = _place_and_words(detail)
        if keys[0] != "tasks" or len(keys) == 1:
            yield keys, PlanProblem(field=_dotted(keys), message=message)
        else:
            index = int(keys[1])
            task = _name(values, index)
            yield keys, PlanProblem(index=index, task=task, field=_dotted(keys[2:]), message=message)


def _name(values: Mapping[str, object], index: int) -> str:
    """A task's id, or its place where it has none."""
    tasks = values["tasks"]
    entry = tasks[index] if isinstance(tasks, list | tuple) else None
    name = entry.get("id") if isinstance(entry, Mapping) else None
    return clean_line(name) if isinstance(name, str) and name else f"tasks[{index}]"


def _place_and_words(detail: ErrorDetails) -> tuple[Keys, str]:
    keys, kind, message = tuple(detail["loc"]), detail["type"], detail["msg"]
    if kind == "extra_forbidden":
        return keys, _unknown(str(keys[-1]), _model_at(keys).model_fields)
    if kind in _SENTENCES:
        return keys, f"{_shown(detail['input'])}{_SENTENCES[kind]}"
    words = message.removeprefix("Value error, ").replace("Input should", "should").replace("String should", "should")
    words = words.replace("Tuple should have", "should have").replace(" after validation", "")
    field, colon, rest = words.partition(": ")
    if kind == "value_error" and colon and field in TaskEntry.model_fields:  # of the task as a whole: the field is told
        return (*keys, field), rest
    return keys, clean_line(f"{_shown(detail['input'])}{words}")


def _dotted(keys: Keys) -> str:
    """`limits.turns`, `depends_on[2]`."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return clean_line(text)


def _unknown(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
    return f"there is no such key; {hint}"


def _model_at(keys: Keys) -> type[BaseModel]:
    if "limits" in keys[:-1]:
        return LimitsEntry
    return TaskEntry if len(keys) > 2 else PlanFile


def _shown(value: object) -> str:
    """A short value with a blank behind it; nothing for what a sentence cannot hold."""
    if not isinstance(value, str | int | float) or value == "":
        return ""
    shown = clean_line(str(value))
    return f"'{shown if len(shown) <= _MAX_SHOWN_CHARS else shown[: _MAX_SHOWN_CHARS - 1] + '…'}' "
