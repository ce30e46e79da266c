"""Folders and hosts of rules: plain patterns on plain paths, without looking at the disk."""

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache

GUARDED = frozenset({".git", "git~1", ".codex", ".agents", ".orchestrator"})
"""Folders that decide what runs: no rule accepts a change in them, wherever they lie and however they are written."""


def absolute(path: str, folder: str) -> str:
    """A path as it was written, from a folder; `.` and `..` taken out by name."""
    return posixpath.normpath(posixpath.join(folder, path))


def is_within(path: str, folder: str) -> bool:
    """The folder itself, or anything below it; both absolute and without `..`."""
    return bool(folder) and (path == folder or path.startswith(folder.rstrip("/") + "/"))


def fits(path: str, patterns: Iterable[str], worktree: str) -> bool:
    """Whether an absolute path fits a pattern.

    Args:
        path: Absolute, without `..`.
        patterns: Relative to the worktree or absolute: `*` within one name, `**` across folders; `src/**` is src as
        well.
        worktree: Absolute. Empty: relative patterns fit nothing.
    """
    return any(
        _expression(posixpath.join(worktree, pattern)).fullmatch(path) is not None
        for pattern in patterns
        if worktree or pattern.startswith("/")
    )


@lru_cache(maxsize=512)
def _expression(pattern: str) -> re.Pattern[str]:
    head, below, _ = pattern.rpartition("/**") if pattern.endswith("/**") else (pattern, "", "")
    parts = re.split(r"(\*\*|\*)", posixpath.normpath(head) if head else "")
    signs = {"**": ".*", "*": "[^/]*"}
    text = "".join(signs.get(part, re.escape(part)) for part in parts)
    return re.compile(text + ("(?:/.*)?" if below else ""), re.DOTALL)


def is_guarded(path: str) -> bool:
    """A part of it is one of `GUARDED`; some file systems take capitals for the same."""
    return any(part.casefold().rstrip(". ") in GUARDED for part in path.split("/"))


def bare_host(host: str) -> str:
    """`https://Example.org:443/x` -> `example.org`."""
    name = re.sub(r"^[a-z][a-z0-9+.-]*://", "", host.lower()).partition("/")[0]
    return re.sub(r":[0-9]+$", "", name).rstrip(".")


def host_fits(host: str, patterns: Iterable[str]) -> bool:
    """A host fits itself; `*.example.org` all names below example.org, and not example.org."""
    name = bare_host(host)
    return bool(re.fullmatch(r"[a-z0-9._-]+", name)) and any(
        name.endswith(pattern[1:].lower()) if pattern.startswith("*.") else name == pattern.lower()
        for pattern in patterns
    )
