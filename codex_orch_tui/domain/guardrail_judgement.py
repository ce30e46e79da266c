"""What guardrails say about commits: pure, from what was read of them."""

from collections.abc import Iterable, Sequence

from codex_orch_tui.domain.guardrail import Guardrail, GuardrailOutcome, GuardrailResult
from codex_orch_tui.domain.path_claims import matches
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.review import EntryKind, FileChange, ReviewSummary
from codex_orch_tui.domain.values import dataclass

MAX_PATHS = 20
_MAX_PACKAGES = 8
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LockChange:
    """A lock file that was changed: the packages that are new in it; None where that cannot be told.

    `is_read`: it was not too large to be looked at.
    """

    path: str
    new: tuple[str, ...] | None
    is_read: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What is between two commits, as far as some guardrail asks for it."""

    summary: ReviewSummary
    claims: tuple[str, ...] = ()
    """Globs of the task."""
    secrets: tuple[str, ...] = ()
    """`path:line` of each added line with a secret, and the path of each binary file with one."""
    is_patch_cut: bool = False
    """The lines were too many to be read whole."""
    unread_binaries: tuple[str, ...] = ()
    """Those that were too large to be read."""
    locks: tuple[LockChange, ...] = ()


def judged(guardrail: Guardrail, changed: Changed) -> GuardrailResult:
    """How the guardrail comes out."""
    blank = GuardrailResult(
        name=guardrail.name,
        condition=condition_of(guardrail),
        severity=guardrail.severity,
        outcome=GuardrailOutcome.PASSED,
    )
    if guardrail.max_files is not None:
        return _at_most(blank, changed.summary.file_count, guardrail.max_files, "files changed")
    if guardrail.max_lines is not None:
        return _lines(blank, changed, guardrail.max_lines)
    if guardrail.within_claims:
        return _within_claims(blank, changed)
    if guardrail.forbidden_paths:
        return _by_path(blank, changed, _forbidden(changed.summary.files, guardrail.forbidden_paths), "changed")
    if guardrail.no_secrets:
        return _secrets(blank, changed)
    if guardrail.no_new_dependencies:
        return _dependencies(blank, changed)
    return _binaries(blank, changed, guardrail.max_binary_kib or 0)


def not_told(guardrail: Guardrail, why: str) -> GuardrailResult:
    """The guardrail where nothing could be read."""
    return GuardrailResult(
        name=guardrail.name,
        condition=condition_of(guardrail),
        severity=guardrail.severity,
        outcome=GuardrailOutcome.UNKNOWN,
        detail=why,
    )


def condition_of(guardrail: Guardrail) -> str:
    """What has to hold, in a few words."""
    if guardrail.max_files is not None:
        return f"at most {guardrail.max_files:,} files changed"
    if guardrail.max_lines is not None:
        return f"at most {guardrail.max_lines:,} lines changed"
    if guardrail.within_claims:
        return "changes only what the task claims"
    if guardrail.forbidden_paths:
        return f"changes nothing in {', '.join(guardrail.forbidden_paths)}"
    if guardrail.no_secrets:
        return "adds no secret"
    if guardrail.no_new_dependencies:
        return "adds no package to a lock file"
    return f"at most {guardrail.max_binary_kib or 0:,} KiB of binary files"


def _at_most(blank: GuardrailResult, found: int, most: int, what: str) -> GuardrailResult:
    outcome = GuardrailOutcome.FAILED if found > most else GuardrailOutcome.PASSED
    return replace(blank, outcome=outcome, detail=f"{found:,} {what}")


def _lines(blank: GuardrailResult, changed: Changed, most: int) -> GuardrailResult:
    totals = changed.summary.totals
    result = _at_most(blank, totals.insertions + totals.deletions, most, "lines changed")
    uncounted = not changed.summary.counts_known
    if uncounted and result.outcome is GuardrailOutcome.PASSED:
        return replace(result, outcome=GuardrailOutcome.UNKNOWN, detail="the lines took too long to count")
    return result


def _within_claims(blank: GuardrailResult, changed: Changed) -> GuardrailResult:
    if not changed.claims:
        return replace(blank, outcome=GuardrailOutcome.NOT_RUN, detail="the task claims no paths")
    outside = [
        path for path in _touched(changed.summary.files) if not any(matches(path, glob) for glob in changed.claims)
    ]
    return _by_path(blank, changed, outside, "outside of its claims")


def _forbidden(files: Iterable[FileChange], globs: Sequence[str]) -> list[str]:
    return [path for path in _touched(files) if any(matches(path, glob) for glob in globs)]


def _touched(files: Iterable[FileChange]) -> list[str]:
    """Every path that is not as it was, also where a file was moved away from."""
    moved = {change.old_path for change in files if change.old_path and change.status == "renamed"}
    return sorted(moved | {change.path for change in files})


def _by_path(blank: GuardrailResult, changed: Changed, found: Sequence[str], what: str) -> GuardrailResult:
    if found:
        number = "1 path" if len(found) == 1 else f"{len(found):,} paths"
        return replace(
            blank, outcome=GuardrailOutcome.FAILED, detail=f"{number} {what}", paths=tuple(found[:MAX_PATHS])
        )
    return _unless_cut(blank, changed)


def _unless_cut(blank: GuardrailResult, changed: Changed) -> GuardrailResult:
    if left := changed.summary.omitted_files:
        return replace(blank, outcome=GuardrailOutcome.UNKNOWN, detail=f"{left:,} changed files were not looked at")
    return blank


def _secrets(blank: GuardrailResult, changed: Changed) -> GuardrailResult:
    if changed.secrets:
        number = "1 line" if len(changed.secrets) == 1 else f"{len(changed.secrets):,} lines"
        detail = f"{number} that were added hold a secret" if len(changed.secrets) > 1 else f"{number} holds a secret"
        return replace(blank, outcome=GuardrailOutcome.FAILED, detail=detail, paths=tuple(changed.secrets[:MAX_PATHS]))
    if changed.is_patch_cut:
        detail = "the patch is too long to be read whole"
        return replace(blank, outcome=GuardrailOutcome.UNKNOWN, detail=detail)
    if changed.unread_binaries:
        return _unread(blank, changed.unread_binaries)
    return _unless_cut(blank, changed)


def _dependencies(blank: GuardrailResult, changed: Changed) -> GuardrailResult:
    grown = [lock for lock in changed.locks if lock.new]
    if grown:
        names = sorted({name for lock in grown for name in lock.new or ()})
        more = f" and {len(names) - _MAX_PACKAGES} more" if len(names) > _MAX_PACKAGES else ""
        return replace(
            blank,
            outcome=GuardrailOutcome.FAILED,
            detail=f"new: {', '.join(names[:_MAX_PACKAGES])}{more}",
            paths=tuple(lock.path for lock in grown[:MAX_PATHS]),
        )
    if unread := [lock.path for lock in changed.locks if not lock.is_read]:
        return _unread(blank, unread)
    if untold := [lock.path for lock in changed.locks if lock.new is None]:
        return replace(
            blank,
            outcome=GuardrailOutcome.UNKNOWN,
            detail="which packages it names cannot be told",
            paths=tuple(untold[:MAX_PATHS]),
        )
    if not changed.locks and not changed.summary.omitted_files:
        return replace(blank, outcome=GuardrailOutcome.NOT_RUN, detail="no lock file was changed")
    return _unless_cut(blank, changed)


def _unread(blank: GuardrailResult, paths: Sequence[str]) -> GuardrailResult:
    files = "1 file is" if len(paths) == 1 else f"{len(paths):,} files are"
    detail = f"{files} too large to be read"
    return replace(blank, outcome=GuardrailOutcome.UNKNOWN, detail=detail, paths=tuple(paths[:MAX_PATHS]))


def _binaries(blank: GuardrailResult, changed: Changed, most_kib: int) -> GuardrailResult:
    binaries = [
        change
        for change in changed.summary.files
        if change.is_binary and change.new_kind in {EntryKind.FILE, EntryKind.EXECUTABLE}
    ]
    size_bytes = sum(change.new_size_bytes or 0 for change in binaries)
    if size_bytes > most_kib * _KIB:
        largest = sorted(binaries, key=lambda change: -(change.new_size_bytes or 0))
        return replace(
            blank,
            outcome=GuardrailOutcome.FAILED,
            detail=f"{-(-size_bytes // _KIB):,} KiB of binary files",
            paths=tuple(change.path for change in largest[:MAX_PATHS]),
        )
    if not changed.summary.counts_known or any(change.new_size_bytes is None for change in binaries):
        return replace(blank, outcome=GuardrailOutcome.UNKNOWN, detail="which files are binary took too long to tell")
    return _unless_cut(blank, changed)
