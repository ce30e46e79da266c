"""One file's patch: git compares the two blobs, we read what it prints into lines.

Blobs are compared by id, so neither the repository's attributes nor its config have a say. What is read is bounded in
bytes, lines and characters of a line.
"""

import asyncio
import re
from dataclasses import dataclass

from codex_orch_tui.domain.review import DiffLine, EntryKind, FileChange, FilePatch, Hunk, LineKind
from codex_orch_tui.domain.secret_stream import KeyBlock, beginning
from codex_orch_tui.domain.secrets import mark
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.runner import Git

LARGE_FILE_BYTES = 16 * 1024 * 1024
"""Above this a file is not compared line by line."""

PATCH_TIMEOUT_S = 20.0

_BINARY_LOOK_BYTES = 8_000
_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$", re.DOTALL)
_KINDS = {b" ": LineKind.CONTEXT, b"+": LineKind.ADDED, b"-": LineKind.REMOVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchLimits:
    """How much of one file is read."""

    max_bytes: int = 2 * 1024 * 1024
    max_lines: int = 10_000
    max_line_chars: int = 2_000
    context_lines: int = 3


async def read_patch(git: Git, clean: CleanDir, change: FileChange, limits: PatchLimits) -> FilePatch:
    """The patch of one file, or its first part.

    Args:
        git: How git is run.
        clean: A clean folder.
        change: The file, from a summary.
        limits: How much is read.

    Raises:
        GitError: The objects are not in the repository.
    """
    if EntryKind.SUBMODULE in {change.old_kind, change.new_kind}:
        return _submodule_patch(change)
    if change.is_mode_only:
        return FilePatch(change=change, hunks=(), note=f"only the mode changed: {change.old_kind} → {change.new_kind}")
    if change.old_id == change.new_id:
        return FilePatch(change=change, hunks=(), note=f"same content as {change.old_path}")
    if change.old_kind is EntryKind.ABSENT:
        return await _whole_file(git, clean, change, limits, LineKind.ADDED)
    if change.new_kind is EntryKind.ABSENT:
        return await _whole_file(git, clean, change, limits, LineKind.REMOVED)
    if change.is_binary:
        return FilePatch(change=change, hunks=(), note=_not_compared(change))
    result = await git.run(
        clean.place(),
        *("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"),
        *(f"-U{limits.context_lines}", change.old_id, change.new_id),
        settings=(("core.bigFileThreshold", str(LARGE_FILE_BYTES)),),
        max_bytes=limits.max_bytes,
        timeout_s=PATCH_TIMEOUT_S,
        keep_partial=True,
    )
    hunks, is_cut = await asyncio.to_thread(parse_hunks, result.stdout, limits)
    is_cut = is_cut or result.is_cut
    note = ""
    if is_cut:
        note = _cut_note(change, hunks)
    elif not hunks:
        note = _not_compared(change) if b"\nBinary files " in result.stdout else "no line differs"
    return FilePatch(change=change, hunks=hunks, is_cut=is_cut, note=note)


def parse_hunks(patch: bytes, limits: PatchLimits) -> tuple[tuple[Hunk, ...], bool]:
    """Read a unified diff of one file.

    Returns:
        The hunks, and whether something was left out: a limit was reached or a line was shortened.
    """
    hunks: list[Hunk] = []
    lines: list[DiffLine] = []
    open_hunk: Hunk | None = None
    old_no = new_no = shown = 0
    key = KeyBlock()
    for raw in patch.removesuffix(b"\n").split(b"\n"):
        kind = _KINDS.get(raw[:1])
        if open_hunk is None or kind is None:
            if found := _HUNK.match(raw):
                _close(hunks, open_hunk, lines)
                open_hunk, lines = _opened(found), []
                key = KeyBlock(mid=True)
                old_no, new_no = open_hunk.old_start, open_hunk.new_start
            elif open_hunk is not None and raw.startswith(b"\\"):
                lines.append(DiffLine(LineKind.NOTE, None, None, clean_line(raw[2:])))
            continue
        if shown >= limits.max_lines:
            _close(hunks, open_hunk, lines)
            return tuple(hunks), True
        text = _line_text(raw[1:], limits, key)
        is_old, is_new = kind is not LineKind.ADDED, kind is not LineKind.REMOVED
        lines.append(DiffLine(kind, old_no if is_old else None, new_no if is_new else None, text))
        old_no += is_old
        new_no += is_new
        shown += 1
    _close(hunks, open_hunk, lines)
    return tuple(hunks), False


def _opened(found: re.Match[bytes]) -> Hunk:
    old_start, old_count, new_start, new_count, section = found.groups()
    return Hunk(
        old_start=int(old_start),
        old_count=int(old_count or 1),
        new_start=int(new_start),
        new_count=int(new_count or 1),
        section=clean_line(section),
        lines=(),
    )


def _close(hunks: list[Hunk], hunk: Hunk | None, lines: list[DiffLine]) -> None:
    if hunk is not None:
        hunks.append(
            Hunk(
                old_start=hunk.old_start,
                old_count=hunk.old_count,
                new_start=hunk.new_start,
                new_count=hunk.new_count,
                section=hunk.section,
                lines=tuple(lines),
            )
        )


def _line_text(raw: bytes, limits: PatchLimits, key: KeyBlock) -> str:
    """One line, clean, shortened when it is very long; a mark for a line of a private key."""
    if key.hides(raw[: limits.max_line_chars].decode("utf-8", "replace")):
        return mark("private key")
    most = limits.max_line_chars
    if len(raw) <= most:
        return clean_text(raw)
    # Four bytes hold any character; so much is decoded and no more of a line of many megabytes.
    text = beginning(raw[: 4 * most].decode("utf-8", "replace"), most)
    return f"{clean_text(text)} … {len(raw):,} bytes in this line"


async def _whole_file(git: Git, clean: CleanDir, change: FileChange, limits: PatchLimits, kind: LineKind) -> FilePatch:
    """A file that was added or deleted: its lines are the patch."""
    is_added = kind is LineKind.ADDED
    name = change.new_id if is_added else change.old_id
    result = await git.run(
        clean.place(), "cat-file", "blob", name, max_bytes=limits.max_bytes, timeout_s=PATCH_TIMEOUT_S
    )
    if b"\0" in result.stdout[:_BINARY_LOOK_BYTES]:
        return FilePatch(change=change, hunks=(), note=_not_compared(change))
    if not result.stdout:
        return FilePatch(change=change, hunks=(), note="the file is empty")
    raw_lines = result.stdout.removesuffix(b"\n").split(b"\n")
    is_cut = result.is_cut or len(raw_lines) > limits.max_lines
    lines, key = [], KeyBlock()
    for number, raw in enumerate(raw_lines[: limits.max_lines], start=1):
        text = _line_text(raw, limits, key)
        lines.append(DiffLine(kind, None if is_added else number, number if is_added else None, text))
    if not is_cut and not result.stdout.endswith(b"\n"):
        lines.append(DiffLine(LineKind.NOTE, None, None, "No newline at end of file"))
    count = (change.insertions if is_added else change.deletions) or len(raw_lines)
    hunk = Hunk(
        old_start=0 if is_added else 1,
        old_count=0 if is_added else count,
        new_start=1 if is_added else 0,
        new_count=count if is_added else 0,
        section="",
        lines=tuple(lines),
    )
    note = _cut_note(change, (hunk,)) if is_cut else ""
    return FilePatch(change=change, hunks=(hunk,), is_cut=is_cut, note=note)


def _submodule_patch(change: FileChange) -> FilePatch:
    """Only the commit that is pointed to changes; a look into the submodule would run git with its config."""
    lines = []
    if change.old_kind is EntryKind.SUBMODULE:
        lines.append(DiffLine(LineKind.REMOVED, 1, None, f"submodule commit {change.old_id}"))
    if change.new_kind is EntryKind.SUBMODULE:
        lines.append(DiffLine(LineKind.ADDED, None, 1, f"submodule commit {change.new_id}"))
    hunk = Hunk(old_start=1, old_count=1, new_start=1, new_count=1, section="", lines=tuple(lines))
    note = "" if len(lines) == 2 else f"{change.old_kind} → {change.new_kind}"
    return FilePatch(change=change, hunks=(hunk,), note=note)


def _not_compared(change: FileChange) -> str:
    sizes = [_size(size) for size in (change.old_size_bytes, change.new_size_bytes) if size is not None]
    largest = max(change.old_size_bytes or 0, change.new_size_bytes or 0)
    why = "too large to compare line by line" if largest > LARGE_FILE_BYTES else "binary"
    return f"{why}: {' → '.join(sizes)}" if sizes else why


def _cut_note(change: FileChange, hunks: tuple[Hunk, ...]) -> str:
    shown = sum(len(hunk.lines) for hunk in hunks)
    size = f", {_size(change.new_size_bytes)}" if change.new_size_bytes else ""
    counts = ""
    if change.insertions is not None:
        counts = f" of +{change.insertions:,} -{change.deletions or 0:,}"
    return f"the first {shown:,} lines{counts}{size}"


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("bytes", "KB", "MB"):
        if size < 1_000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1_000
    return f"{size:,.1f} GB"
