"""The one table of keys is complete, and the README has it."""

import ast
from pathlib import Path

import codex_orch_tui.ui
from codex_orch_tui.ui.bindings import BY_ID
from codex_orch_tui.ui.key_names import markdown_table

UI = Path(codex_orch_tui.ui.__path__[0])
README = Path(__file__).parents[2] / "README.md"


def bound_ids() -> set[str]:
    """The id of every Binding(...) that is written down in the ui package."""
    found = set()
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Binding":
                found |= {
                    keyword.value.value
                    for keyword in node.keywords
                    if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
                }
    return found


def test_every_key_that_is_bound_is_in_the_table() -> None:
    assert bound_ids() - set(BY_ID) == set()


def test_the_readme_has_the_table() -> None:
    text = README.read_text("utf-8")
    begin, end = "<!-- keys:begin -->", "<!-- keys:end -->"
    printed = text[text.index(begin) + len(begin) : text.index(end)].strip()
    assert printed == markdown_table().strip(), "run: python -m tests.readme"
