"""Claims on paths: exact against trying every path, on small alphabets."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.path_claims import claims_meet, first_name, globs_meet

# Wherever two of the patterns below meet, they do so in one of these names, and in a path of at most six.
NAMES = ["a", "b", "ab"]
PATHS = ["/".join(parts) for depth in range(1, 7) for parts in product(NAMES, repeat=depth)]


def as_regex(glob: str) -> re.Pattern[str]:
    """The glob by another way: one expression over the whole path."""
    parts = [part for part in glob.split("/") if part not in {"", "."}]
    text = ""
    for part in parts:
        if part == "**":
            text += r"(?:[^/]+/)*"
        else:
            text += "".join({"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char)) for char in part) + "/"
    return re.compile(text + r"(?:[^/]+/)*")


def matches(glob: str) -> set[str]:
    return {path for path in PATHS if as_regex(glob).fullmatch(path + "/")}


part = st.sampled_from(["a", "b", "ab", "*", "?", "a*", "*b", "a?", "**"])
globs = st.lists(part, min_size=1, max_size=3).map("/".join)


@given(globs, globs)
def test_two_globs_meet_where_some_path_matches_both(first: str, second: str) -> None:
    assert globs_meet(first, second) == bool(matches(first) & matches(second))
    assert globs_meet(first, second) == globs_meet(second, first)


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        ("src/api", "src/api/search.py", True),
        ("src/api/", "src/api", True),
        ("./src//api", "src/api/x", True),
        ("src/*.py", "src/api/x.py", False),
        ("src/**/*.py", "src/x.py", True),
        ("src/**", "tests/**", False),
        ("**/test_*.py", "src/test_x.py", True),
        ("docs/[a-m]*", "docs/z", True),  # a class is any character
        ("**", "anything/at/all", True),
        ("src", "srcs", False),
    ],
)
def test_claims_as_people_write_them(first: str, second: str, meet: bool) -> None:
    assert claims_meet([first], ["elsewhere", second]) is meet


def test_no_claim_meets_nobody() -> None:
    assert not claims_meet([], ["**"])


def test_the_first_name_is_told_when_there_is_one() -> None:
    assert first_name("src/**") == "src"
    assert first_name("*/x") is None
    assert first_name("**") is None
