"""Warnings about a text that reads as something else than it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.terminal_text import clean_line, clean_text, is_clean
from codex_orch_tui.domain.text_warnings import disguised_words, text_warnings


@pytest.mark.parametrize(
    "text",
    [
        "git log --oneline -n 5",
        "rg -n 'foo' src | head -20",
        "git commit -m 'Größe geändert, naïve café'",
        "echo Привет",
        "echo 日本語 テスト",
        "echo Ελλάδα",
        "a" + " " * 7 + "b",
        "ends in blanks" + " " * 40,
        " " * 12 + "is indented",
        "",
    ],
)
def test_plain_text_brings_no_warning(text: str) -> None:
    assert text_warnings(text) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cаt file", "mixes scripts"),  # a Cyrillic a
        ("ѕсоре", "mixes scripts"),  # nothing but Cyrillic twins
        ("gοogle.com", "mixes scripts"),  # a Greek omicron
        ("ｌｓ", "mixes scripts"),
        ("𝐥𝐬 x", "mixes scripts"),
        ("rm −r x", "like -"),
        ("a∕b", "like /"),
        ("a；b", "like ;"),
        ("a\u00a0b", "no plain space: U+00A0"),
        ("a\u3000b", "no plain space: U+3000"),
        ("a" + " " * 8 + "b", "run of 8"),
        ("a\t" + "\u2003 " * 6 + "b", "run of 8"),
        (" " * 41 + "b", "run of 8"),
        ("a" * 401, "401 characters"),
        ("a\nb", "2 lines"),
        ("a\x1b[2Kb", "escapes"),
        ("a\u202eb", "escapes"),
        ("a\u200bb", "escapes"),
        ("a\rb", "escapes"),
        (clean_line("a\x1b[2Kb"), "escapes"),
        (clean_line("a\u202eb"), "escapes"),
        (clean_line("a\x9bb"), "escapes"),
    ],
)
def test_what_disguises_is_told(text: str, told: str) -> None:
    assert any(told in warning for warning in text_warnings(text)), text_warnings(text)


def test_a_disguised_word_is_named_with_its_letters() -> None:
    assert disguised_words("cаt cat cаt") == ("cаt",)
    assert "cаt (U+0430)" in text_warnings("cаt")[0]


def test_many_words_are_counted() -> None:
    assert "and 2 more" in text_warnings("аa оo еe рp сc")[0]


def test_no_text_takes_long() -> None:
    began_s = time.perf_counter()
    for text in (
        " " * 1_000_000,
        "a" + " \t" * 500_000 + "\n",
        "а" * 300_000,
        "а." * 200_000,
        "\u202e" * 300_000,
        "\n" * 500_000,
    ):
        text_warnings(text)
    assert time.perf_counter() - began_s < 4.0


@given(st.text())
def test_warnings_are_clean_whatever_the_text(text: str) -> None:
    for warning in text_warnings(text) + text_warnings(clean_text(text)):
        assert is_clean(warning)
        assert len(warning) < 400
