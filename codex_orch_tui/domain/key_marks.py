"""Keys in sentences that the screen and the command line share: a sentence says what to do, its key in brackets."""

import re

_MARK = re.compile(r"(?<= )\(([A-Za-z])( on the [a-z]+)?\)")


def off_screen(text: str) -> str:
    """The sentence for whoever reads it elsewhere: `continue it (c)` is `continue it (c on the screen)`."""
    return _MARK.sub(_said, text, count=1)


def _said(mark: re.Match[str]) -> str:
    key, where = mark.groups()
    return f"({key}{where}, on the screen)" if where else f"({key} on the screen)"
