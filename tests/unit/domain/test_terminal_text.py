"""The sanitiser: nothing that a terminal obeys or a reader cannot see gets through, and nothing is lost silently."""

import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codex_orch_tui.domain import terminal_text
from codex_orch_tui.domain.terminal_text import (
    FORBIDDEN_CATEGORIES,
    FORBIDDEN_EXTRA,
    MAX_MARKS,
    clean_line,
    clean_text,
    is_clean,
)

ANY_CHAR = st.characters(exclude_categories=())
NASTY = st.sampled_from(
    "\x1b\x07\x00\x7f\x9b\x9d\r\n\t\u202e\u2066\u200d\u200b\ufeff\ufe0f\u2028\ud800\udcff\ue000\U000e0041\u0301\u20dd"
)
MESSY = st.text(st.one_of(NASTY, ANY_CHAR, st.characters(max_codepoint=127)), max_size=60)


def _forbidden(text: str, allowed: str = "") -> list[str]:
    return [
        char
        for char in text
        if char not in allowed and (unicodedata.category(char) in FORBIDDEN_CATEGORIES or FORBIDDEN_EXTRA.match(char))
    ]


@given(st.one_of(MESSY, st.binary(max_size=80)))
@example("\x1b]52;c;aGk=")
@example(b"\xff\xfe\x9b31m")
def test_a_line_holds_nothing_forbidden(text: str | bytes) -> None:
    line = clean_line(text)
    assert not _forbidden(line)
    assert is_clean(line)
    assert clean_line(line) == line


@given(st.one_of(MESSY, st.binary(max_size=80)))
@example("a\r\r\nb\tc\r")
def test_a_text_holds_nothing_forbidden_but_newlines(text: str | bytes) -> None:
    cleaned = clean_text(text)
    assert not _forbidden(cleaned, allowed="\n")
    assert is_clean(cleaned, multiline=True)
    assert clean_text(cleaned) == cleaned


@given(MESSY)
def test_a_text_keeps_its_lines(text: str) -> None:
    assert clean_text(text).count("\n") == text.count("\n")
    assert "\n" not in clean_line(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_ascii_is_unchanged(text: str) -> None:
    assert clean_line(text) == clean_text(text) == text
    assert clean_line(text.encode()) == text


@given(MESSY)
def test_is_clean_agrees_with_the_definition(text: str) -> None:
    assert is_clean(text) == (not _forbidden(text))
    assert is_clean(text, multiline=True) == (not _forbidden(text, allowed="\n"))


def test_every_code_point_obeys_the_definition() -> None:
    for code_point in range(sys.maxunicode + 1):
        char = chr(code_point)
        if is_clean(char):
            assert clean_line(char) == char
        else:
            assert is_clean(clean_line(char)), hex(code_point)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title\\x07"),
        ("\x1b]52;c;aGk=\x1b\\", "␛]52;c;aGk=␛\\"),
        ("\x1b]8;;http://x\x1b\\link", "␛]8;;http://x␛\\link"),
        ("\x1bP1$r", "␛P1$r"),
        ("\x1b]0;never ended", "␛]0;never ended"),
        ("\x9b31m", "\\x9b31m"),
        ("a\x00b\x7f", "a\\x00b\\x7f"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("user\u202e\u2066txt", "user\\u{202E}\\u{2066}txt"),
        ("zero\u200bwidth\ufeff", "zero\\u{200B}width\\u{FEFF}"),
        ("soft\u00adhyphen", "soft\\u{00AD}hyphen"),
        ("tag\U000e0041", "tag\\u{E0041}"),
        ("sel\ufe0f\U000e0100", "sel\\u{FE0F}\\u{E0100}"),
        ("\ud800", "\\u{D800}"),
        ("\u2028\u2029", "\\u{2028}\\u{2029}"),
        ("\ue000\U000f0000", "\\u{E000}\\u{F0000}"),
        ("[/] [red] [b + \\[x] [@click=app.quit]", "[/] [red] [b + \\[x] [@click=app.quit]"),
        ("日本語 한국어 ✔ 🚀 e\u0301 naïve\xa0no-break", "日本語 한국어 ✔ 🚀 e\u0301 naïve\xa0no-break"),
        (b"caf\xc3\xa9 \xff \x1b", "café \ufffd ␛"),
    ],
)
def test_what_a_line_shows(raw: str | bytes, shown: str) -> None:
    assert clean_line(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\r\nb\r\n", "a\nb\n"),
        ("50%\r100%", "50%\\r100%"),
        ("\tx\n ab\ty", "    x\n ab y"),
        ("日本\tx\n日\ty", "日本    x\n日  y"),
        ("e\u0301\tx", "e\u0301   x"),
        ("\x1b\tx", "␛   x"),
        (b"\xffa\tb", "\ufffda  b"),
    ],
)
def test_what_a_text_shows(raw: str | bytes, shown: str) -> None:
    assert clean_text(raw) == shown


def test_long_runs_of_marks_become_a_count() -> None:
    assert clean_line("a" + "\u0301" * MAX_MARKS + "b") == "a" + "\u0301" * MAX_MARKS + "b"
    assert clean_line("a" + "\u0301" * (MAX_MARKS + 3) + "b") == "a" + "\u0301" * MAX_MARKS + "…+3b"
    assert clean_text("कि" * 40) == "कि" * 40
    started_s = time.perf_counter()
    line = clean_line("a" + "\u0301\u20dd" * 250_000)
    assert line == "a" + "\u0301\u20dd" * 4 + "…+499992"
    assert time.perf_counter() - started_s < 2.0


def test_the_blocks_with_marks_hold_every_zero_width_character() -> None:
    """New Python versions bring new marks: a mark outside the blocks would slip past the bound."""
    missed = [
        hex(code_point)
        for code_point in range(sys.maxunicode + 1)
        if terminal_text._is_zero_width(chr(code_point))
        and is_clean(chr(code_point))
        and not terminal_text._MARK_RUN.fullmatch(chr(code_point) * (MAX_MARKS + 1))
    ]
    assert missed == []


def test_the_table_of_escapes_stays_small() -> None:
    clean_line("".join(map(chr, range(sys.maxunicode + 1))))
    assert len(terminal_text._LINE_TABLE) <= 8_192


def test_a_megabyte_line_is_quick() -> None:
    started_s = time.perf_counter()
    assert len(clean_line("x" * 1_000_000)) == 1_000_000
    assert len(clean_line("\x1b" * 1_000_000)) == 1_000_000
    assert len(clean_text("é\t" * 500_000)) == 2_000_000
    assert time.perf_counter() - started_s < 2.0
