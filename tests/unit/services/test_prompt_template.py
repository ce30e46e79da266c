"""Templates of prompts: fields, text with braces, and what a worker is told in any case."""

import pytest

from codex_orch_tui.domain.plan import Role
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.prompt_template import FIELDS, render, unknown_fields

VALUES = {"task": "THE TASK", "spec": "THE SPEC", "plan": "THE PLAN"}


def test_fields_are_filled_in_and_what_says_nothing_leaves_no_gap() -> None:
    text = "Begin.\n\n{task}\n\n{decisions}\n\n{plan}\n\n{spec}\n\nEnd."
    assert render(text, VALUES) == "Begin.\n\nTHE TASK\n\nTHE PLAN\n\nTHE SPEC\n\nEnd.\n"


def test_task_and_specification_are_told_even_where_the_template_does_not_name_them() -> None:
    assert render("Do it.", VALUES) == "Do it.\n\nTHE TASK\n\nTHE SPEC\n"
    assert render("Do it: {task}", {"task": "THIS"}) == "Do it: THIS\n"


def test_braces_around_no_name_are_text() -> None:
    text = 'An example: {"a": {"b": 1}}, ${HOME}/x, {}, { task }, {{task}}\n\n{task}\n\n{spec}'
    assert render(text, {"task": "T"}).startswith('An example: {"a": {"b": 1}}, ')
    assert "{}, { task }, {task}\n\nT\n" in render(text, {"task": "T"})


def test_a_value_is_not_filled_in_again() -> None:
    assert render("{task}", {"task": "{plan} {{x}} {nothing}", "plan": "NO"}) == "{plan} {{x}} {nothing}\n"


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("one\n{taks}", [(2, "there is no field {taks}; did you mean {task}?")]),
        ("{zzz}", [(1, "there is no field {zzz}; there are: {task}, {roles}, {plan}, ")]),
        ("{task}\n\n\n{HOME} {Spec}", [(4, "there is no field {HOME}"), (4, "did you mean {spec}?")]),
        ("{{taks}} { taks } {1}", []),
    ],
)
def test_an_unknown_field_is_named_with_its_line(template: str, told: list[tuple[int, str]]) -> None:
    found = unknown_fields(template)
    assert [field.line for field in found] == [line for line, _ in told]
    assert all(words in str(field) for field, (_, words) in zip(found, told, strict=True))


@pytest.mark.parametrize("role", Role)
def test_our_prompts_name_everything_that_can_be_told(role: Role) -> None:
    text = read_resource(ResourceKind.PROMPTS, role.value)
    assert unknown_fields(text) == ()
    named = {name for name in FIELDS if f"{{{name}}}" in text}
    assert named == set(FIELDS) - ({"roles"} if role is not Role.NAVIGATOR else set())
    assert len(text) < 4_000, "what is long is not read"
    assert all(len(line) <= 120 for line in text.splitlines())
