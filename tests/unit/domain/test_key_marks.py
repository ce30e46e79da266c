"""Keys in sentences that the screen and the command line share."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import codex_orch_tui
from codex_orch_tui.domain.key_marks import off_screen

BARE = re.compile(r"(^|[;,:.→] |\b(?:then|or|and) )[b-zB-HJ-Z]( on the \w+| in the \w+)?,? [a-z]+s\b")
SHARED = ("codex", "domain", "gitrepo", "services", "store")


def test_the_first_key_of_a_sentence_says_whose_key_it_is() -> None:
    assert off_screen("continue it (c) or discard it (D)") == "continue it (c on the screen) or discard it (D)"
    assert off_screen("look again (m on the run)") == "look again (m on the run, on the screen)"
    assert off_screen("1 file(s), run: codex login") == "1 file(s), run: codex login"
    assert off_screen("") == ""
    assert off_screen("Plan (b) is at work: interrupt it (i)") == "Plan (b) is at work: interrupt it (i on the screen)"
    assert off_screen("a clash: notes (a).md → update it (u)") == "a clash: notes (a).md → update it (u on the screen)"


def sentences(file: Path) -> Iterator[str]:
    """Texts of a module that are not about the module."""
    tree = ast.parse(file.read_text())
    about = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in about:
            yield one.value


def test_no_sentence_that_reaches_the_command_line_begins_with_a_bare_key() -> None:
    assert BARE.search("c continues it, D discards it") and BARE.search("make room, then c starts it")
    assert BARE.search("m on the run looks again")
    root = Path(codex_orch_tui.__file__).parent
    files = [file for layer in SHARED for file in sorted((root / layer).rglob("*.py"))]
    assert len(files) > 100
    found = [f"{file.relative_to(root)}: {text}" for file in files for text in sentences(file) if BARE.search(text)]
    assert found == []
