"""Patterns of words in rules."""

import re

from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.policy.rule import word_fits


@given(st.lists(st.sampled_from(["a", "b", "ab", "*"]), max_size=6).map("".join), st.text("ab", max_size=8))
def test_a_word_fits_as_a_regular_expression_would_say(pattern: str, word: str) -> None:
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))
    assert word_fits(pattern, word) == (re.fullmatch(expression, word, re.DOTALL) is not None)


def test_many_stars_against_a_long_word_take_no_time() -> None:
    assert not word_fits("*a*b*c*d*e*f" * 20, "abcde" * 20_000)
