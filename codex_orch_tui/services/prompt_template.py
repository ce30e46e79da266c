"""Templates of prompts: text with named fields in braces, such as `{task}`.

A brace that does not enclose a name is text, so that examples of code and JSON need no care; `{{name}}` is `{name}` as
text. Each field brings its own heading and is nothing at all where there is nothing to say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

FIELDS = ("task", "roles", "plan", "dependencies", "decisions", "spec", "instructions")
"""What a template can name."""

ALWAYS = ("task", "spec")
"""What a worker is told even where the template does not name it: its task is not left to luck."""

_FIELD = re.compile(r"\{\{(?P<text>[A-Za-z_][A-Za-z0-9_]*)\}\}|(?P<gap>\n*)\{(?P<field>[A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A name in braces that no field has."""

    name: str
    line: int

    def __str__(self) -> str:
        near = get_close_matches(self.name, FIELDS, n=1)
        if near:
            return f"there is no field {{{self.name}}}; did you mean {{{near[0]}}}?"
        known = ", ".join(f"{{{name}}}" for name in FIELDS)
        return f"there is no field {{{self.name}}}; there are: {known}; {{{{{self.name}}}}} is text"


def unknown_fields(template: str) -> tuple[UnknownField, ...]:
    """The fields that do not exist, each with its line."""
    return tuple(
        UnknownField(name, template.count("\n", 0, found.start("field")) + 1)
        for found in _FIELD.finditer(template)
        if (name := found["field"]) is not None and name not in FIELDS
    )


def render(template: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled in; a value's own braces stay as they are.

    Args:
        template: Has no unknown field.
        values: What each field says; one that is missing says nothing.
    """

    def filled(found: re.Match[str]) -> str:
        if found["text"]:
            return f"{{{found['text']}}}"
        value = values.get(found["field"], "")
        return f"{found['gap']}{value}" if value else ""

    named = {found["field"] for found in _FIELD.finditer(template)}
    whole = "\n\n".join((template.strip(), *(f"{{{name}}}" for name in ALWAYS if name not in named)))
    return _FIELD.sub(filled, whole).strip() + "\n"
