"""Claims that no file lies in."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.path_claims import matches
from codex_orch_tui.domain.unmatched import told_unmatched, tree_of, unmatched

FILES = ("README.md", "src/api/app.py", "src/api/db/model.py", "src/web/index.html", "docs/one.md")


@pytest.mark.parametrize(
    "claim",
    [
        *("README.md", "src", "src/", "src/api", "src/**", "src/**/model.py", "**/*.md", "*.md", "src/*/app.py", "."),
        *("**", "docs/[a-o]ne.md", "./src/api/app.py", "src/api/**/model.py", "**/db", "d?cs"),
    ],
)
def test_what_some_file_lies_in(claim: str) -> None:
    assert unmatched([claim], tree_of(FILES)) == frozenset()


@pytest.mark.parametrize(
    "claim", ["srv", "src/*.py", "src/api/app.pyc", "README", "**/*.rs", "docs/[p-z]ne.md", "src/web/*/x"]
)
def test_what_no_file_lies_in(claim: str) -> None:
    assert unmatched([claim, "src"], tree_of(FILES)) == {claim}


NAMES = st.sampled_from(["a", "b", "ab", "a.py"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
GLOBS = st.lists(st.one_of(NAMES, st.sampled_from(["*", "**", "a*", "?", "[ab]", "*.py"])), min_size=1, max_size=4)


@given(st.lists(PATHS, max_size=6), GLOBS.map("/".join))
def test_the_tree_says_the_same_as_path_by_path(paths: list[str], claim: str) -> None:
    # A file is no folder: of two paths one of which goes on below the other, git knows only one.
    files = [path for path in paths if not any(other.startswith(f"{path}/") for other in paths)]
    expected = frozenset() if any(matches(path, claim) for path in files) else {claim}
    found = unmatched([claim], tree_of(files))
    assert found == expected or (not files and claim.endswith("**"))


def test_a_hundred_thousand_files_and_five_thousand_claims_take_no_time_that_anybody_notices() -> None:
    tree = tree_of(f"src/part-{number % 300}/module-{number}.py" for number in range(100_000))
    claims = [f"src/part-{number % 300}/**/module-{number}.txt" for number in range(5_000)]
    began_s = time.perf_counter()
    unmatched([*claims, "**/never/**"], tree)
    assert time.perf_counter() - began_s < 5.0


def test_the_remark_is_one_clean_line_and_names_no_mistake() -> None:
    assert told_unmatched(["src/new/**"], "main") == (
        "nothing in main yet for src/new/**; right for what the task makes, else a slip"
    )
    many = told_unmatched([f"a{number}\x1b" for number in range(9)], "ma\x07in")
    assert "a5␛ and 3 more; right" in many
    assert many.isprintable()
