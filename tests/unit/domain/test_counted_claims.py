"""Which claims keep tasks apart, as the settings have it."""

import pytest

from codex_orch_tui.domain.path_claims import counted_claims, globs_meet, lies_within


@pytest.mark.parametrize(
    ("inner", "outer", "holds"),
    [
        ("docs/api.md", "docs", True),
        ("docs/api.md", "docs/*.md", True),
        ("docs/**", "docs/**", True),
        ("docs/a/b/c.md", "**/c.md", True),
        ("**", "docs", False),
        ("docs", "docs/*.md", False),
        ("src/*/x.py", "src/*", True),
        ("src/a*", "src/*", True),
        ("src/a*", "src/ab*", False),
        ("*.md", "[A-Z]*.md", False),
        ("README.md", "[A-Z]*.md", True),
    ],
)
def test_one_glob_lies_within_another(inner: str, outer: str, holds: bool) -> None:
    assert lies_within(inner, outer) is holds
    assert not holds or globs_meet(inner, outer)


def test_claims_that_count() -> None:
    paths = ("src/api/**", "docs/api.md", "CHANGELOG.md")
    assert counted_claims(paths, (), ()) == paths
    assert counted_claims(paths, (), ("docs", "CHANGELOG.md")) == ("src/api/**",)
    assert counted_claims(paths, ("src",), ()) == ("src/api/**",)
    assert counted_claims(("**",), (), ("docs",)) == ("**",), "more than what is ignored"
