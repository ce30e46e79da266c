"""Applies the patches of scripts to files, as far as scripts use them: files added, lines replaced."""

import re
from dataclasses import dataclass
from pathlib import Path

_BEGIN, _END = "*** Begin Patch", "*** End Patch"
_FILE = re.compile(r"\*\*\* (Add|Update) File: (.+)")


class PatchError(ValueError):
    """The patch does not fit the files; none of them was touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed file in Codex's words: `kind` is add or update, `diff` the whole text of an added one, else hunks."""

    path: Path
    kind: str
    diff: str
    text: str


def changes_of(folder: Path, patch: str) -> tuple[Change, ...]:
    """What a patch would change in a folder.

    Raises:
        PatchError: A file is missing, or lines that are to be replaced are not there.
    """
    lines = patch.split("\n")
    if lines[0] != _BEGIN or lines[-1] != _END:
        raise PatchError("no patch")
    changes: list[Change] = []
    starts = [number for number, line in enumerate(lines) if _FILE.fullmatch(line)]
    for start, end in zip(starts, [*starts[1:], len(lines) - 1], strict=True):
        head = _FILE.fullmatch(lines[start])
        assert head is not None, "only heads begin a part"
        path, body = folder / head[2], lines[start + 1 : end]
        changes.append(_added(path, body) if head[1] == "Add" else _updated(path, body))
    return tuple(changes)


def write(changes: tuple[Change, ...]) -> None:
    """Writes the changed files.

    Raises:
        OSError: A file cannot be written.
    """
    for change in changes:
        change.path.parent.mkdir(parents=True, exist_ok=True)
        change.path.write_text(change.text, encoding="utf-8")


def _added(path: Path, body: list[str]) -> Change:
    text = "".join(line.removeprefix("+") + "\n" for line in body)
    return Change(path=path, kind="add", diff=text, text=text)


def _updated(path: Path, body: list[str]) -> Change:
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except OSError as error:
        raise PatchError(f"{path.name}: {error.strerror}") from error
    hunks: list[str] = []
    place = grown = 0
    for hunk in _hunks(body):
        old = [line[1:] for line in hunk if not line.startswith("+")]
        new = [line[1:] for line in hunk if not line.startswith("-")]
        place = _find(lines, old, place, path)
        lines[place : place + len(old)] = new
        hunks += [f"@@ -{place + 1 - grown},{len(old)} +{place + 1},{len(new)} @@", *hunk]
        place += len(new)
        grown += len(new) - len(old)
    return Change(path=path, kind="update", diff="\n".join([*hunks, ""]), text="\n".join([*lines, ""]))


def _hunks(body: list[str]) -> list[list[str]]:
    hunks: list[list[str]] = []
    for line in body:
        if line.startswith("@@"):
            hunks.append([])
        elif hunks:
            hunks[-1].append(line or " ")
    return hunks


def _find(lines: list[str], old: list[str], start: int, path: Path) -> int:
    for place in range(start, len(lines) - len(old) + 1):
        if lines[place : place + len(old)] == old:
            return place
    raise PatchError(f"{path.name} does not hold the lines that are to be replaced")
