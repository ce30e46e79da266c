"""Keys in sentences that the screen and the command line share: a sentence says what to do, its key in brackets."""

import re

_MARK = re.compile(r"(?<= )\(([A-Za-z])( on the [a-z]+)?\)")
_BREAK = re.compile("(→ |: |; )")


def off_screen(text: str) -> str:
    """The sentence for whoever reads it elsewhere: `continue it (c)` is `continue it (c on the screen)`."""
    clauses = _BREAK.split(text)  # what is to be done comes last; before it there may be names with brackets in them
    for place in reversed(range(len(clauses))):
        if _MARK.search(clauses[place]):
            clauses[place] = _MARK.sub(_said, clauses[place], count=1)
            break
    return "".join(clauses)


def _said(mark: re.Match[str]) -> str:
    key, where = mark.groups()
    return f"({key}{where}, on the screen)" if where else f"({key} on the screen)"
