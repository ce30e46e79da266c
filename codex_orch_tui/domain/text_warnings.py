"""What may make a text read as something else than it is: said beside it, because escapes alone do not tell it.

The text may be raw or clean (see `terminal_text`): both the characters themselves and their visible escapes count.
"""

import re
import unicodedata
from functools import lru_cache

from codex_orch_tui.domain.terminal_text import is_clean

LONG_BLANKS = 8
"""Blanks in a row that can push what follows out of sight."""

FAR_COLUMN = 400
"""A line longer than this has an end that nobody reads by chance."""

MAX_INDENT = 40
"""Blanks at the beginning of a line that are taken for an indentation, not for a way to hide what follows."""

MAX_SHOWN_WORDS = 3

_BLANK_RUN = re.compile(rf"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]{{{LONG_BLANKS},}}")
_OTHER_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SHOWN_ESCAPE = re.compile(r"␛|\\u\{[0-9A-F]{4,6}\}|\\x(?:[018][0-9a-f]|7f|9[0-9a-f])|…\+[0-9]+")
_WORD = re.compile(r"[^\W\d_]+(?:[._-]?[^\W\d_]+)*")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")

# Letters of these are drawn like Latin ones; a word that mixes them with Latin is nearly always a disguise.
_LOOKALIKES = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET", "OGHAM"})
_DISGUISED_LATIN = ("FULLWIDTH", "MATHEMATICAL", "SMALL", "MODIFIER", "CIRCLED", "SCRIPT", "DOUBLE-STRUCK")

# Cyrillic, Greek and Armenian letters that look like an ASCII one; a word made of nothing else is a disguise too.
_TWINS = frozenset("аеорсухіјѕһԁԛԝьАВЕКМНОРСТХІЈЅԌԚԜοαυνικρΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհց")  # noqa: RUF100
_SIGN_TWINS = {
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2212": "-", "\uff0d": "-", "\u2215": "/",
    "\u2044": "/", "\u29f8": "/", "\uff0f": "/", "\uff5c": "|", "\u2223": "|", "\uff1b": ";", "\u037e": ";",
    "\uff06": "&", "\uff04": "$", "\u2024": ".", "\uff0e": ".", "\uff1e": ">", "\uff1c": "<", "\u01c0": "|",
}  # fmt: skip


def text_warnings(text: str) -> tuple[str, ...]:
    """Plain sentences about a text that a person is about to judge; empty when nothing is to be said.

    Args:
        text: A command, a path, a host: one thing that is asked for. Its newlines are its own.
    """
    found: list[str] = []
    if not is_clean(text, multiline=True) or _SHOWN_ESCAPE.search(text):
        found.append("holds control, invisible or direction characters, shown as escapes")
    if not text.isascii():
        found += _foreign(text)
    if any(_hides_behind_blanks(line) for line in text.split("\n")):
        found.append(f"holds a run of {LONG_BLANKS} or more blanks: look at what comes after it")
    longest = max(map(len, text.split("\n")), default=0)
    if longest > FAR_COLUMN:
        found.append(f"has a line of {longest:,} characters: read it to its end")
    lines = text.rstrip("\n").count("\n") + 1
    if lines > 1:
        found.append(f"has {lines} lines")
    return tuple(found)


def disguised_words(text: str) -> tuple[str, ...]:
    """The words that mix scripts or are made of look-alikes of ASCII letters, each once, in their order."""
    if text.isascii():
        return ()
    return tuple(dict.fromkeys(word for word in _WORD.findall(text) if not word.isascii() and _is_disguised(word)))


def _foreign(text: str) -> list[str]:
    found = []
    words = disguised_words(text)
    if words:
        named = ", ".join(f"{_cut(word)} ({_odd_letters(word)})" for word in words[:MAX_SHOWN_WORDS])
        more = f" and {len(words) - MAX_SHOWN_WORDS} more" if len(words) > MAX_SHOWN_WORDS else ""
        found.append(f"mixes scripts in a word, letters that look like others: {named}{more}")
    signs = list(dict.fromkeys(char for char in text if char in _SIGN_TWINS))
    if signs:
        named = ", ".join(f"{char} (U+{ord(char):04X}, like {_SIGN_TWINS[char]})" for char in signs[:MAX_SHOWN_WORDS])
        found.append(f"holds signs that look like others: {named}")
    blanks = list(dict.fromkeys(_OTHER_BLANK.findall(text)))
    if blanks:
        named = ", ".join(f"U+{ord(char):04X}" for char in blanks[:MAX_SHOWN_WORDS])
        found.append(f"holds blanks that are no plain space: {named}")
    return found


def _hides_behind_blanks(line: str) -> bool:
    line = line.rstrip()
    if len(line) < LONG_BLANKS:
        return False
    inner = line.lstrip(" \t")
    return _BLANK_RUN.search(line if len(line) - len(inner) > MAX_INDENT else inner) is not None


def _is_disguised(word: str) -> bool:
    scripts = {_script(char) for char in word if char.isalpha()}
    if "disguised" in scripts:
        return True
    if "LATIN" in scripts:
        return bool(scripts & _LOOKALIKES)
    return bool(scripts & _LOOKALIKES) and all(char in _TWINS for char in word if char.isalpha())


@lru_cache(maxsize=4_096)
def _script(char: str) -> str:
    """The script of a letter by its Unicode name, which Python has; the script property it has not."""
    if char.isascii():
        return "LATIN"
    name = unicodedata.name(char, "")
    if name.startswith(_DISGUISED_LATIN) and unicodedata.normalize("NFKC", char).isascii():
        return "disguised"
    return name.split(" ", 1)[0]


def _odd_letters(word: str) -> str:
    odd = dict.fromkeys(_NOT_ASCII.findall(word))
    return ", ".join(f"U+{ord(char):04X}" for char in list(odd)[:MAX_SHOWN_WORDS])


def _cut(word: str) -> str:
    return word if len(word) <= 30 else word[:29] + "…"
