"""Secrets in texts that come in pieces: a token may be cut in two, and a private key has many lines.

A piece is given on as far as its end cannot be the beginning of a secret: the last word waits for what follows. Where
a text is cut to a length, or begins in the middle, the word at the cut goes: half a secret is no longer known as one.
"""

import re
from codecs import getincrementaldecoder
from functools import cache

from codex_orch_tui.domain.secret_shapes import ANCHORS, KEY_BEGIN, KEY_END, KEY_LINE, KEYWORD_BEFORE
from codex_orch_tui.domain.secrets import known_forms, may_hold_secret, redact

MAX_HELD_CHARS = 1_024
"""What waits at most; no secret that has a shape is longer on one line, but for JSON web tokens."""
_OVERLAP_CHARS = 512
_TELLING_CHARS = 4
"""So much of the beginning of a secret may be seen before the rest of it has come."""
CUT = "…"
_WHOLE_KEY_LINE = rf"(?=[A-Za-z+/]*\d)(?=(?:\S{{64}}|\S{{70}}|\S{{76}})(?!\S)){KEY_LINE}"
"""A line that is taken for one of a key although nobody saw the key begin: as long as those who write keys make it."""


class KeyBlock:
    """Tells, line by line, which lines are those of a private key.

    Args:
        mid: The first line may be in the middle of a key.
    """

    def __init__(self, *, mid: bool = False) -> None:
        self._is_inside = mid
        self._has_begun = False

    @property
    def is_inside(self) -> bool:
        """The next line may belong to a key."""
        return self._is_inside

    def hides(self, line: str) -> bool:
        """Whether this line is part of a key's body. Its first line stays, for `redact` to put a mark there."""
        if "PRIVATE KEY" in line:
            if _compiled(KEY_BEGIN).search(line):
                self._is_inside = self._has_begun = _compiled(KEY_END).search(line) is None
                return False
            was_inside, self._is_inside, self._has_begun = self._is_inside, False, False
            return was_inside and _compiled(KEY_END).search(line) is not None
        if not self._is_inside or not line.strip():
            return False
        # The last line of a key is shorter, and may be any word: it stays.
        pattern = KEY_LINE if self._has_begun else _WHOLE_KEY_LINE
        self._is_inside = _compiled(rf"[\s+-]*{pattern}[\s\"'`,;\\n]*").fullmatch(line) is not None
        return self._is_inside

    def may_hide(self, part: str) -> bool:
        """Whether this beginning of a line may become one that is hidden."""
        mixed = "" if self._has_begun else r"(?=\S*\d)(?=\S*[a-z])(?=\S*[A-Z])"
        return self._is_inside and _compiled(rf"[\s+-]*{mixed}[A-Za-z0-9+/=]{{4,}}").fullmatch(part) is not None


class StreamRedactor:
    """Redacts a stream of pieces: `feed` returns what can be given on, `end` the rest.

    Args:
        mid: The stream may begin in the middle of a secret, as a page of a log does: its first word is left out, and
            lines that look like those of a private key are.
    """

    def __init__(self, *, mid: bool = False) -> None:
        self._held = ""
        self._cuts_first = mid
        self._swallows = False
        self._key = KeyBlock(mid=mid)

    def feed(self, piece: str) -> str:
        """What can be given on, now that this piece has come."""
        if (
            not self._held
            and piece.endswith("\n")
            and not (self._cuts_first or self._swallows or self._key.is_inside)
            and not may_hold_secret(piece)
        ):
            return piece
        return self._take(self._held + piece, is_end=False)

    def end(self) -> str:
        """What was held back; the next piece begins a new line."""
        return self._take(self._held, is_end=True)

    @property
    def pending(self) -> str:
        """What is held back, as far as it can be shown: without what may be the beginning of a secret."""
        if self._cuts_first and not _compiled(_RISKY_WORD).match(self._held):
            return self._held
        if self._cuts_first or self._key.may_hide(self._held):
            return CUT if self._held else ""
        held = redact(self._held)
        start = _beginning_of_secret(held)
        return held if start is None else held[:start] + CUT

    def _take(self, text: str, *, is_end: bool) -> str:
        said = ""
        if self._cuts_first:
            word = _compiled(r"\S*").match(text)
            assert word is not None, "every text begins with no or some signs"
            if word.end() == len(text) <= MAX_HELD_CHARS and not is_end:
                self._held = text
                return ""
            self._cuts_first = False
            if _compiled(_RISKY_WORD).match(word.group()):
                said, text = CUT, text[word.end() :]
                self._swallows = not text and not is_end
        if self._swallows:
            text = text.lstrip(_WORD_SIGNS)
            self._swallows = not text and not is_end
        border = len(text) if is_end else self._border(text)
        ready, self._held = text[:border], text[border:]
        said += self._without_key_lines(ready)
        return said + self._release() if len(self._held) > MAX_HELD_CHARS else said

    def _border(self, text: str) -> int:
        """Where the part begins that has to wait: the last word, with what says that a secret follows."""
        if self._key.is_inside or "PRIVATE KEY" in text:
            return text.rfind("\n") + 1
        if text.endswith("\n"):
            return len(text)
        line = text.rfind("\n") + 1
        has_open_word = bool(text) and not text[-1].isspace()
        start = len(text) - len(text[line:].rsplit(None, 1)[-1]) if has_open_word else len(text)
        begin = text.rfind("-----BEGIN", line)
        start = min(start, _value_start(text, line, start), start if begin < 0 else begin)
        while before := _compiled(KEYWORD_BEFORE).search(text, max(line, start - 80), start):
            start = before.start()
        return start

    def _release(self) -> str:
        """A word without an end: it is no secret, or one whose mark stands for all of it."""
        shown = redact(self._held)
        if shown != self._held:
            self._held, self._swallows = "", shown.endswith("›")
            return shown
        cut = len(self._held) - _OVERLAP_CHARS
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown

    def _without_key_lines(self, text: str) -> str:
        if not (self._key.is_inside or "PRIVATE KEY" in text):
            return redact(text)
        lines = text.split("\n")
        last = lines.pop()  # without a line end: it is no whole line
        kept = [line + "\n" for line in lines if not self._key.hides(line)]
        if last and not self._key.hides(last):
            kept.append(last)
        return redact("".join(kept))


class ByteRedactor:
    """The same for the bytes of a text that is kept in a file; what is no UTF-8 stays as it is."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._redactor = StreamRedactor()

    def feed(self, block: bytes) -> bytes:
        """What can be written, now that this block has come."""
        return self._redactor.feed(self._decoder.decode(block)).encode("utf-8", "surrogateescape")

    def end(self) -> bytes:
        """What was held back."""
        rest = self._redactor.feed(self._decoder.decode(b"", final=True)) + self._redactor.end()
        return rest.encode("utf-8", "surrogateescape")


def beginning(text: str, max_chars: int) -> str:
    """The redacted beginning of a text, about so long. A secret at the cut is not shown in part."""
    if len(text) <= max_chars:
        return redact(text)
    redactor = StreamRedactor()
    return redactor.feed(text[:max_chars]) + redactor.pending


def ending(text: str) -> str:
    """The redacted text, which was cut at its beginning: the word at the cut is left out."""
    redactor = StreamRedactor(mid=True)
    return redactor.feed(text) + redactor.end()


_WORD_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/=.%~:@\\!#$^&*\"'`?,"
_RISKY_WORD = r"(?=\S{6,})(?=\S*(?:\d|[a-z][A-Z]|[A-Z][a-z]\S*[A-Z]|[A-Za-z0-9][_+/=-]))"
"""A first word that may be the rest of a secret; a plain word is none."""
_OPENED = (
    rf"(?P<token>(?:{'|'.join(map(re.escape, ANCHORS))})\S{{{_TELLING_CHARS},}})$"
    r"|(?:://[^\s/:@]*:|(?i:pass\w*|pwd|secret|token|credentials?|key)\\*[\"']?\s*(?::=|=>|=|:)\s*\\*[\"'`]?"
    rf"|(?i:--[a-z-]*(?:password|token|secret|api-key)|bearer|basic)\s+)(?P<value>\S{{{_TELLING_CHARS},}})$"
)


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


def _value_start(text: str, line: int, start: int) -> int:
    """Where at the end of the text a value of ours may begin that has blanks in it; `start` when none does."""
    for form in known_forms():
        if not any(map(str.isspace, form)):
            continue
        for length in range(min(len(form), len(text) - line), 0, -1):
            if text.endswith(form[:length]):
                start = min(start, len(text) - length)
                break
    return start


def _beginning_of_secret(held: str) -> int | None:
    """Where in what waits a secret may begin, of which enough has come to be worth hiding."""
    starts = []
    if found := _compiled(_OPENED).search(held):
        starts.append(found.start("token") if found["token"] else found.start("value"))
    for form in known_forms():
        for length in range(min(len(form) - 1, len(held)), _TELLING_CHARS - 1, -1):
            if held.endswith(form[:length]):
                starts.append(len(held) - length)
                break
    return min(starts, default=None)
