"""Which paths a task claims, and whether two claims meet.

A claim is a glob over paths from the top of the repository: `*` and `?` and `[…]` stay within a name, `**` is any
number of folders. A claim on a folder (`src/api`, `src/api/`) is a claim on all that is in it. Two tasks whose claims
meet do not run at the same time. A task without a claim meets nobody: its worktree is its own, and the merge finds
clashes.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

Segments = tuple[str, ...]

ANY_DEPTH = "**"
_WILD = frozenset("*?[")


def claims_meet(first: Iterable[str], second: Iterable[str]) -> bool:
    """Whether some path may lie in both. Told a little too often rather than too seldom: `[a]` and `[b]` meet."""
    others = tuple(second)
    return any(globs_meet(one, other) for one in first for other in others)


@lru_cache(maxsize=65_536)
def globs_meet(first: str, second: str) -> bool:
    """Whether some path may match both globs."""
    return _meet(segments(first), segments(second))


def counted_claims(paths: Iterable[str], allow: Sequence[str], ignore: Sequence[str]) -> tuple[str, ...]:
    """The claims that keep tasks apart.

    Args:
        paths: what a task claims.
        allow: when there are any, only claims that meet one of them count.
        ignore: claims that lie wholly in one of them do not count.
    """
    return tuple(
        path
        for path in paths
        if (not allow or claims_meet((path,), allow)) and not any(lies_within(path, glob) for glob in ignore)
    )


@lru_cache(maxsize=65_536)
def lies_within(inner: str, outer: str) -> bool:
    """Whether every path of one glob is one of the other. No is told where that is not plain to see."""
    return _within(segments(inner), segments(outer))


@lru_cache(maxsize=65_536)
def segments(glob: str) -> Segments:
    """The names of a glob, `.` and doubled `/` left out, and `**` at its end: what is in a folder belongs to it."""
    names = tuple(name for name in glob.split("/") if name not in {"", "."})
    return names if names and names[-1] == ANY_DEPTH else (*names, ANY_DEPTH)


def matches(path: str, glob: str) -> bool:
    """Whether a path that is there lies in a glob."""
    return _within(tuple(path.split("/")), segments(glob))


def first_name(glob: str) -> str | None:
    """The folder or file at the top that a glob begins with; None when it may begin with any."""
    name = segments(glob)[0]
    return None if _WILD & set(name) else name


def _meet(first: Segments, second: Segments) -> bool:
    """Walks both globs side by side; `**` may stand still or take a name. At most len × len steps."""
    seen: set[tuple[int, int]] = set()
    todo = [(0, 0)]
    while todo:
        at, to = todo.pop()
        if (at, to) in seen:
            continue
        seen.add((at, to))
        if at == len(first) and to == len(second):
            return True
        one = first[at] if at < len(first) else None
        two = second[to] if to < len(second) else None
        if one == ANY_DEPTH:
            todo.append((at + 1, to))
            if two is not None:
                todo.append((at, to + 1))
        if two == ANY_DEPTH:
            todo.append((at, to + 1))
            if one is not None:
                todo.append((at + 1, to))
        if one is not None and two is not None and ANY_DEPTH not in {one, two} and _names_meet(one, two):
            todo.append((at + 1, to + 1))
    return False


def _within(inner: Segments, outer: Segments) -> bool:
    if not outer:
        return not inner
    if outer[0] == ANY_DEPTH:
        return _within(inner, outer[1:]) or (bool(inner) and _within(inner[1:], outer))
    if not inner or inner[0] == ANY_DEPTH:
        return False
    name, pattern = inner[0], outer[0]
    is_plain = not _WILD & set(name)
    takes_it = pattern in {"*", name} or (is_plain and fnmatchcase(name, pattern))
    return takes_it and _within(inner[1:], outer[1:])


@lru_cache(maxsize=65_536)
def _names_meet(first: str, second: str) -> bool:
    """Whether some name may match both patterns. A `[…]` counts as any one character."""
    if not _WILD & set(first) and not _WILD & set(second):
        return first == second
    one, two = _signs(first), _signs(second)
    reached = [[False] * (len(two) + 1) for _ in range(len(one) + 1)]
    reached[0][0] = True
    for at in range(len(one) + 1):
        for to in range(len(two) + 1):
            if not reached[at][to]:
                continue
            a = one[at] if at < len(one) else None
            b = two[to] if to < len(two) else None
            if a == "*":
                reached[at + 1][to] = True
                if b is not None and b != "*":
                    reached[at][to + 1] = True
            if b == "*":
                reached[at][to + 1] = True
                if a is not None and a != "*":
                    reached[at + 1][to] = True
            if a is not None and b is not None and "*" not in {a, b} and (a == b or "?" in {a, b}):
                reached[at + 1][to + 1] = True
    return reached[-1][-1]


def _signs(name: str) -> list[str]:
    """The signs of a name's pattern: characters, `?` for any one, `*` for any number."""
    signs: list[str] = []
    at = 0
    while at < len(name):
        end = name.find("]", at + 2) if name[at] == "[" else -1
        if end > 0:
            signs.append("?")
            at = end + 1
            continue
        signs.append(name[at])
        at += 1
    return signs
