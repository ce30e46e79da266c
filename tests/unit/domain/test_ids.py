"""Names: short, safe wherever they are put, never empty."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef, slug
from codex_orch_tui.domain.plan import title_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Add product search", "add-product-search"),
        ("  Fix: the `auth` middleware!  ", "fix-the-auth-middleware"),
        ("日本語", "task"),
        ("", "task"),
        ("-- .. //", "task"),
        ("../../etc/passwd", "etc-passwd"),
        ("a.lock", "a-lock"),
        ("x" * 100, "x" * 40),
        ("one two three four five six seven eight nine ten", "one-two-three-four-five-six-seven-eight"),
        ("a" * 40 + " b", "a" * 40),
    ],
)
def test_slugs(text: str, name: str) -> None:
    assert slug(text) == name


@given(st.text(), st.integers(1, 60))
def test_a_slug_is_safe_in_a_branch_a_folder_and_an_id(text: str, max_chars: int) -> None:
    name = slug(text, max_chars=max_chars)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(name) <= max(max_chars, len("task"))


def test_a_task_is_named_across_runs() -> None:
    ref = TaskRef(RunId("0412-1200-ab12"), TaskId("search"))
    assert str(ref) == "0412-1200-ab12/search"
    assert ref == ("0412-1200-ab12", "search")


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("Add search", "Add search"),
        ("\n\n  Add search  \nwith tests", "Add search"),
        ("", "untitled task"),
        ("  \n\t", "untitled task"),
        (
            "Add a search endpoint, with tests, and document it well, please",
            "Add a search endpoint, with tests, and document it well…",
        ),
        ("x" * 80, "x" * 59 + "…"),
        ("x" * 60, "x" * 60),
    ],
)
def test_the_title_of_a_prompt(prompt: str, title: str) -> None:
    assert title_of(prompt) == title


@given(st.text())
def test_a_title_is_one_line_of_at_most_60_characters(prompt: str) -> None:
    title = title_of(prompt)
    assert title
    assert len(title) <= 60
    assert len(title.splitlines()) == 1
