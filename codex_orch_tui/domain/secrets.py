"""What must not be seen: values of our environment and texts of a known shape, and the marks in their place.

Two things count as a secret. The exact values of environment variables whose names say so (`remember`), also as JSON,
a URL or base64 writes them; and texts that have the shape of a token, a private key, a login in a URL or an assignment
to a password. Nothing is taken for a secret because it looks random: commit ids, hashes and thread ids are what this
program is about.

`redact` is called for every text that is shown or kept (see terminal_text), so what holds no secret must cost next to
nothing: a few searches for fixed words come first, the patterns are compiled when one of those is found. It sees one
text; secret_stream has the same for pieces of a text.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from codex_orch_tui.domain.secret_shapes import ASSIGNMENT, KEYWORDS, MIN_TOKEN_CHARS, SHAPES, SIGNS, TOKENS, first_sign

MIN_VALUE_CHARS = 8
"""A shorter value stands in too many innocent texts."""
MIN_LINE_CHARS = 20
"""The lines of a value that has several are hidden one by one from this length on."""
MIN_NEEDLE_CHARS = 4
"""A run of letters and digits of this length tells quickly whether a value can be in a text at all."""
MIN_WORD_CHARS = 16
"""A value of lower-case letters alone is a word or a name ("postgres") when it is shorter."""

_NAME_WORDS = frozenset(
    (
        *("apikey", "auth", "authtoken", "bearer", "cookie", "credential", "credentials", "dsn", "jwt", "key", "keys"),
        *("pass", "passphrase", "passwd", "password", "pat", "pwd", "secret", "secrets", "token", "tokens", "webhook"),
    )
)
_HARMLESS_LAST_WORDS = frozenset(
    (
        *("agent", "algorithm", "dir", "file", "home", "host", "id", "name", "path", "pid", "port", "sock", "socket"),
        *("type", "user"),
    )
)
_PATH = r"~?/(?:[\w.@+-]+/)*[\w.@+-]*"
_ROOTS = r"~|/(?:usr|home|Users|etc|opt|tmp|var|run|root|private|mnt|srv|nix|dev)(?=/)"
_LONG_RUN = r"[A-Za-z0-9_]+"

MARK = re.compile("‹secret: [^›\n]{1,80}›")
"""What stands in the place of a secret; the words between name its kind."""


def mark(kind: str) -> str:
    """The mark for a kind of secret: `‹secret: GitHub token›`."""
    return f"‹secret: {kind}›"


def holds_mark(text: str) -> bool:
    """Whether a secret was taken out of the text: it is not what somebody wrote."""
    return "‹" in text and MARK.search(text) is not None


@cache
def looks_secret(name: str) -> bool:
    """Whether an environment variable of this name is meant to hold a secret."""
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    if words[-1] in _HARMLESS_LAST_WORDS or name in {"PWD", "OLDPWD"}:
        return False
    return not _NAME_WORDS.isdisjoint(words) or name.lower().endswith(("token", "secret", "password", "apikey"))


# -- the values of our own environment --------------------------------------------------------------------------


class _Value(NamedTuple):
    """A secret value: the forms that it is written in, longest first; each of them has `needle` in it."""

    name: str
    forms: tuple[str, ...]
    needle: str


class _Known:
    """The values of this process. One object for all: every text goes through the one door, whoever holds it."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.values: tuple[_Value, ...] = ()
        self.needles: tuple[str, ...] = ()
        self.weak: tuple[str, ...] = ()


_known = _Known()


def remember(environment: Mapping[str, str]) -> None:
    """Have the values of these variables hidden from now on, in place of those of an earlier call.

    Args:
        environment: Names and values; only those count whose names look secret.
    """
    found = {name: value.strip() for name, value in environment.items() if looks_secret(name) and value.strip()}
    if found == _known.found:
        return
    _known.found = found
    told = {name: value for name, value in found.items() if _is_telling(value)}
    values = [value for name, text in told.items() for value in _values(name, text)]
    values.sort(key=lambda value: len(value.forms[0]), reverse=True)
    _known.values = tuple(values)
    _known.needles = tuple(dict.fromkeys(value.needle for value in values))
    _known.weak = tuple(sorted(name for name, value in found.items() if name not in told and not _is_path(value)))


def known_names() -> tuple[str, ...]:
    """The variables whose values are hidden, sorted."""
    return tuple(sorted({value.name for value in _known.values}))


def weak_names() -> tuple[str, ...]:
    """Variables with a secret's name and a value that is too short or too plain to be hidden, sorted."""
    return _known.weak


def known_forms() -> Iterator[str]:
    """Every form of every value that is hidden."""
    for value in _known.values:
        yield from value.forms


def _is_path(value: str) -> bool:
    return _pattern(_ROOTS).match(value) is not None and _pattern(_PATH).fullmatch(value) is not None


def _is_telling(value: str) -> bool:
    """Whether the value is so much its own that every text with it in it means the secret."""
    if len(value) < MIN_VALUE_CHARS or _is_path(value):
        return False
    is_word = value.isalpha() and (value.islower() or value.istitle() or value.isupper())
    return not (value.isdigit() and len(value) < 12) and not (is_word and len(value) < MIN_WORD_CHARS)


def _values(name: str, value: str) -> Iterator[_Value]:
    """The value, as it is and as it is often written, and its lines when it has several."""
    from base64 import b64encode  # noqa: PLC0415 - needed where there is a secret, and not for the first paint

    yield from _written(name, value)
    coded = b64encode(value.encode("utf-8", "surrogateescape")).decode().rstrip("=")
    yield _Value(name, (coded,), coded)
    lines = [line.strip() for line in value.splitlines()]
    for line in lines if len(lines) > 1 else ():
        if len(line) >= MIN_LINE_CHARS and _is_telling(line) and not line.startswith("-----"):
            yield from _written(name, line)


def _written(name: str, value: str) -> Iterator[_Value]:
    """The value as it stands in texts, in JSON, in JSON within JSON, and in URLs."""
    from urllib.parse import quote, quote_plus  # noqa: PLC0415 - as above

    forms = [value, *(json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))]
    forms += [json.dumps(form)[1:-1] for form in forms]
    forms += [write(value, safe="", errors="replace") for write in (quote, quote_plus)]
    needle = max(_pattern(_LONG_RUN).findall(value), key=len, default="")
    if len(needle) >= MIN_NEEDLE_CHARS:
        yield _Value(name, _longest_first(forms), needle)
    else:  # nothing in it stays as it is in every form
        for form in dict.fromkeys(forms):
            yield _Value(name, (form,), form)


def _longest_first(forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(forms), key=len, reverse=True))


_BY_SIGN = tuple(
    (sign, tuple(anchor for shape in TOKENS for anchor in shape.anchors if first_sign(anchor) == sign))
    for sign in SIGNS
)
_UNJOINED = tuple((sign, anchors) for sign, anchors in _BY_SIGN if sign not in "_-")
_LONG_WORD = re.compile(f"[A-Za-z0-9_+/=-]{{{MIN_TOKEN_CHARS}}}")


@cache
def _pattern(source: str) -> re.Pattern[str]:
    """Compiled when the first text needs it: the first frame does not."""
    return re.compile(source)


def may_hold_secret(text: str) -> bool:
    """Whether a closer look is worth its time: quick, and true for every text that has a secret in it."""
    if "PRIVATE KEY" in text or ("://" in text and "@" in text):
        return True
    is_joined = "_" in text or "-" in text
    if not is_joined or _LONG_WORD.search(text):
        for sign, anchors in _BY_SIGN if is_joined else _UNJOINED:
            if sign in text:
                for anchor in anchors:
                    if anchor in text:
                        return True
    for needle in _known.needles:
        if needle in text:
            return True
    return _may_assign(text)


def _may_assign(text: str) -> bool:
    if not ("=" in text or ":" in text or "--" in text or "earer " in text):
        return False
    lower = text.lower()
    return any(map(lower.__contains__, KEYWORDS))


def redact(text: str) -> str:
    """The text with a mark in the place of each secret. A text without one comes back as it is."""
    return _redacted(text) if may_hold_secret(text) else text


def _redacted(text: str) -> str:
    for value in _known.values:
        if value.needle in text:
            for form in value.forms:
                text = text.replace(form, mark(value.name))
    for shape in SHAPES:
        if any(map(text.__contains__, shape.anchors)):
            shown = mark(shape.kind)
            replaced = shape.replaced.replace("{mark}", shown) or shown
            text = _pattern(shape.source).sub(replaced, text)
    return _pattern(f"(?i){ASSIGNMENT}").sub(_assigned, text) if _may_assign(text) else text


def _assigned(found: re.Match[str]) -> str:
    """What says that a secret follows stays to be read."""
    kept = "".join(found[name] or "" for name in ("lead", "quote", "open", "option", "bearer"))
    return kept + mark("bearer token" if found["bearer"] else "password or key")


def redact_json(text: str) -> str:
    """The JSON text with a mark in the place of each secret in its strings. One without secrets comes back as it is."""
    if not may_hold_secret(text):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _redacted(text)
    hidden = redact_values(value)
    return text if hidden == value else json.dumps(hidden)


def redact_values(value: object, *, names: frozenset[str] = frozenset()) -> object:
    """A JSON value with its strings redacted.

    Args:
        value: Dicts, lists and plain values.
        names: The keys of texts that name something, such as ids: those stay as they are.
    """
    match value:
        case str():
            return redact(value)
        case list():
            return [redact_values(item, names=names) for item in value]
        case dict():
            return {
                redact(key): item if key in names and isinstance(item, str | list) else _member(key, item, names)
                for key, item in value.items()
            }
        case _:
            return value


def _member(key: str, item: object, names: frozenset[str]) -> object:
    """A member of an object: in `"token": "…"` it is the key that says what the text is."""
    if isinstance(item, str):
        lead = f"{key}: "
        return redact(lead + item).removeprefix(lead) if redact(item) == item else redact(item)
    return redact_values(item, names=names)
