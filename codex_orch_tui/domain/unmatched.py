"""Paths that a task claims and that nothing in its base commit lies in: a file that is to come, or a slip.

The files are kept as a tree of names, so that a claim walks only where it leads.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from codex_orch_tui.domain.path_claims import ANY_DEPTH, Segments, segments
from codex_orch_tui.domain.terminal_text import clean_line

PathTree = dict[str, "PathTree"]
"""Names with what is in them; a file holds nothing."""

_WILD = frozenset("*?[")
_MOST_STEPS = 500_000
"""After so many steps of one call a claim that was not found is not looked for any more: a remark is worth no wait."""
_MAX_NAMED = 6


def tree_of(paths: Iterable[str]) -> PathTree:
    """The tree of files by their paths from the top."""
    top: PathTree = {}
    for path in paths:
        node = top
        for name in path.split("/"):
            node = node.setdefault(name, {})
    return top


def unmatched(claims: Iterable[str], tree: PathTree) -> frozenset[str]:
    """The claims that no file of the tree lies in."""
    left = _MOST_STEPS
    missing = set()
    for claim in claims:
        is_there, left = _is_there(segments(claim), tree, left)
        if left <= 0:
            break
        if not is_there:
            missing.add(claim)
    return frozenset(missing)


def told_unmatched(claims: Iterable[str], base_branch: str) -> str:
    """The remark, in one clean line."""
    named = tuple(claims)
    more = f" and {len(named) - _MAX_NAMED:,} more" if len(named) > _MAX_NAMED else ""
    shown = f"{', '.join(named[:_MAX_NAMED])}{more}"
    return clean_line(f"nothing in {base_branch} yet for {shown}; right for what the task makes, else a slip")


def _is_there(wanted: Segments, tree: PathTree, left: int) -> tuple[bool, int]:
    """Whether something lies in a claim, and how many steps are left."""
    seen: set[tuple[int, int]] = set()
    todo = [(tree, 0)]
    while todo and left > 0:
        left -= 1
        node, at = todo.pop()
        if (id(node), at) in seen:
            continue
        seen.add((id(node), at))
        name = wanted[at]
        if name == ANY_DEPTH:
            if at + 1 == len(wanted):
                return True, left
            todo.append((node, at + 1))
            todo += ((child, at) for child in node.values())
        elif _WILD & set(name):
            todo += ((child, at + 1) for each, child in node.items() if fnmatchcase(each, name))
        elif (child := node.get(name)) is not None:
            todo.append((child, at + 1))
    return False, left
