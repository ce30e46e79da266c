"""The JSON Schema of a role's answers: read, looked over, and held against what a worker wrote.

A schema may come with a repository. So it reaches no network, runs no pattern (a pattern can keep Python busy for
ever), and is bounded with all its references written out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from codex_orch_tui.domain.answer_text import MAX_ANSWER_CHARS, answer_lines, no_constant, parse_answer
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.schema_sense import why_unusable

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

MAX_PROBLEMS = 10
MAX_PROBLEM_CHARS = 300


class NoSchemaError(Exception):
    """A text that no answer can be held against; the sentence says why."""


@dataclass(frozen=True)
class AnswerSchema:
    """A schema that answers can meet, as far as that can be told. Made by `parse_schema`.

    Attributes:
        value: The schema, as it goes to Codex.
        place: Where it comes from.
    """

    value: Mapping[str, Any]
    place: str
    is_shipped: bool = False
    """It comes with the program and not from the repository."""

    def check(self, text: str) -> "CheckedAnswer":
        """Hold an answer against it.

        Args:
            text: The worker's last message, clean.
        """
        if not text.strip():
            return CheckedAnswer(problems=("there is no answer: the turn ended without a message",))
        if len(text) > MAX_ANSWER_CHARS:
            return CheckedAnswer(problems=(f"the answer is longer than {MAX_ANSWER_CHARS} characters",))
        try:
            value = parse_answer(text)
        except RecursionError:
            return CheckedAnswer(problems=("the answer is nested too deeply",))
        except ValueError as error:
            return CheckedAnswer(problems=(clean_line(f"the answer is not JSON: {error}"),))
        try:
            found = sorted(self._validator.iter_errors(value), key=lambda each: list(map(str, each.absolute_path)))
        except RecursionError:
            return CheckedAnswer(problems=("the answer is nested too deeply",))
        told = [_told(error.json_path, error.message) for error in found[:MAX_PROBLEMS]]
        if len(found) > MAX_PROBLEMS:
            told.append(f"and {len(found) - MAX_PROBLEMS} more")
        return CheckedAnswer(value=value if not told else None, problems=tuple(told))

    @cached_property
    def _validator(self) -> "Validator":
        return _validator_of(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAnswer:
    """What became of an answer: its value, or why it is refused, in clean single lines."""

    value: Any = None
    problems: tuple[str, ...] = ()

    @property
    def result(self) -> str:
        """What it says, line by line; the summary first."""
        return "\n".join(answer_lines(self.value))

    @property
    def decisions(self) -> tuple[str, ...]:
        """What others have to know."""
        told = self.value.get("decisions") if isinstance(self.value, Mapping) else None
        return tuple(clean_line(each) for each in told if isinstance(each, str)) if isinstance(told, list) else ()


def parse_schema(text: str, place: str, *, is_shipped: bool = False) -> AnswerSchema:
    """A schema from its text.

    Args:
        text: JSON.
        place: Where it comes from, for messages.
        is_shipped: It comes with the program.

    Raises:
        NoSchemaError: It is no JSON, no schema, one that no answer can meet, or one that is not safe to use.
    """
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - 65 ms that most starts do not pay

    try:
        value = json.loads(text, parse_constant=no_constant)
    except RecursionError:
        raise NoSchemaError("is nested too deeply") from None
    except ValueError as error:
        raise NoSchemaError(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise NoSchemaError("should be a JSON Schema for an object")
    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as error:
        raise NoSchemaError(f"is no JSON Schema: {_told(error.json_path, error.message)}") from None
    except RecursionError:
        raise NoSchemaError("is nested too deeply") from None
    if why := why_unusable(value):
        raise NoSchemaError(why)
    value.pop("$schema", None)  # The model's side takes the words of the schema and not the name of its draft.
    return AnswerSchema(value, place, is_shipped)


def _validator_of(schema: Mapping[str, Any]) -> "Validator":
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - see above
    from referencing import Registry  # noqa: PLC0415 - see above

    # An empty registry of one's own: the default one fetches what a reference names from the network.
    return Draft202012Validator(schema, registry=Registry())


def _told(path: str, message: str) -> str:
    """The value stands first in a message and may be long; what is wrong with it stands at the end."""
    shown = clean_line(f"{path}: {message}")
    if len(shown) <= MAX_PROBLEM_CHARS:
        return shown
    half = MAX_PROBLEM_CHARS // 2
    return f"{shown[:half]} … {shown[-half:]}"
