"""Guardrails on what commits change: each condition holds, does not, cannot be told, or is about nothing here."""

from typing import Any

import pytest

from codex_orch_tui.domain.guardrail import Guardrail, GuardrailOutcome, GuardrailResult, Severity
from codex_orch_tui.domain.guardrail_judgement import MAX_PATHS, Changed, LockChange, judged, not_told
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.review import ChangeStatus, EntryKind, FileChange, ReviewSummary
from codex_orch_tui.domain.task import DiffTotals

PASSED, FAILED = GuardrailOutcome.PASSED, GuardrailOutcome.FAILED
NOT_RUN, UNKNOWN = GuardrailOutcome.NOT_RUN, GuardrailOutcome.UNKNOWN


def change(path: str, **more: Any) -> FileChange:
    facts = {"status": ChangeStatus.MODIFIED, "new_kind": EntryKind.FILE, "insertions": 1, "deletions": 1} | more
    return FileChange(
        path=path, raw_path=path.encode(), old_kind=EntryKind.FILE, old_id="1" * 40, new_id="2" * 40, **facts
    )


def changed(*files: FileChange, lines: int = 0, unlisted: int = 0, counts_known: bool = True, **more: Any) -> Changed:
    summary = ReviewSummary(
        base=CommitId("a" * 40),
        tip=CommitId("b" * 40),
        commits=(),
        commit_count=1,
        files=files,
        file_count=len(files) + unlisted,
        totals=DiffTotals(files=len(files), insertions=lines, deletions=0),
        counts_known=counts_known,
    )
    return Changed(summary=summary, **more)


def outcome(changed: Changed, **condition: Any) -> tuple[GuardrailOutcome, tuple[str, ...]]:
    result = judged(Guardrail(name="g", **condition), changed)
    return result.outcome, result.paths


A, B, C = change("src/a.py"), change("src/b.py"), change("docs/c.md")
MOVED = change("new/a.py", status=ChangeStatus.RENAMED, old_path="src/a.py")
IMAGE = change("x.png", is_binary=True, insertions=None, new_size_bytes=3 * 1024)
LARGER = change("y.png", is_binary=True, insertions=None, new_size_bytes=4 * 1024 + 1)
GONE = change("z.png", is_binary=True, insertions=None, new_kind=EntryKind.ABSENT, old_size_bytes=9_999_999)


@pytest.mark.parametrize(
    ("of", "condition", "came_out", "paths"),
    [
        (changed(A, B), {"max_files": 2}, PASSED, ()),
        (changed(A, B, C), {"max_files": 2}, FAILED, ()),
        (changed(A, unlisted=5), {"max_files": 5}, FAILED, ()),
        (changed(A, lines=10), {"max_lines": 10}, PASSED, ()),
        (changed(A, lines=11), {"max_lines": 10}, FAILED, ()),
        (changed(A, lines=9, counts_known=False), {"max_lines": 10}, UNKNOWN, ()),
        (changed(A, lines=11, counts_known=False), {"max_lines": 10}, FAILED, ()),
        (changed(A, B, claims=("src/**",)), {"within_claims": True}, PASSED, ()),
        (changed(A, C, claims=("src",)), {"within_claims": True}, FAILED, ("docs/c.md",)),
        (changed(MOVED, claims=("new/**",)), {"within_claims": True}, FAILED, ("src/a.py",)),
        (changed(A), {"within_claims": True}, NOT_RUN, ()),
        (changed(A, claims=("src/**",), unlisted=1), {"within_claims": True}, UNKNOWN, ()),
        (changed(A), {"forbidden_paths": ("docs/**",)}, PASSED, ()),
        (changed(A, C), {"forbidden_paths": ("docs/**", "x")}, FAILED, ("docs/c.md",)),
        (changed(MOVED), {"forbidden_paths": ("src/**",)}, FAILED, ("src/a.py",)),
        (changed(A, unlisted=1), {"forbidden_paths": ("docs/**",)}, UNKNOWN, ()),
        (changed(A), {"no_secrets": True}, PASSED, ()),
        (changed(A, secrets=("src/a.py:3",)), {"no_secrets": True}, FAILED, ("src/a.py:3",)),
        (changed(A, is_patch_cut=True), {"no_secrets": True}, UNKNOWN, ()),
        (changed(A, unread_binaries=("b.bin",)), {"no_secrets": True}, UNKNOWN, ("b.bin",)),
        (changed(A, unlisted=1), {"no_secrets": True}, UNKNOWN, ()),
        (changed(A), {"no_new_dependencies": True}, NOT_RUN, ()),
        (changed(A, unlisted=1), {"no_new_dependencies": True}, UNKNOWN, ()),
        (changed(A, locks=(LockChange(path="l", new=()),)), {"no_new_dependencies": True}, PASSED, ()),
        (changed(A, locks=(LockChange(path="l", new=("x",)),)), {"no_new_dependencies": True}, FAILED, ("l",)),
        (changed(A, locks=(LockChange(path="l", new=None),)), {"no_new_dependencies": True}, UNKNOWN, ("l",)),
        (changed(IMAGE, GONE), {"max_binary_kib": 3}, PASSED, ()),
        (changed(IMAGE, LARGER), {"max_binary_kib": 7}, FAILED, ("y.png", "x.png")),
        (changed(A, counts_known=False), {"max_binary_kib": 7}, UNKNOWN, ()),
        (changed(A), {"max_binary_kib": 0}, PASSED, ()),
    ],
)
def test_how_it_comes_out(
    of: Changed, condition: dict[str, Any], came_out: GuardrailOutcome, paths: tuple[str, ...]
) -> None:
    assert outcome(of, **condition) == (came_out, paths)


def test_what_is_told_of_it_is_short() -> None:
    many = judged(Guardrail(name="g", forbidden_paths=("**",)), changed(*(change(f"f{n}") for n in range(99))))
    assert (len(many.paths), many.detail) == (MAX_PATHS, "99 paths changed")
    locks = (LockChange(path="l", new=tuple(f"p{n}" for n in range(30))),)
    grown = judged(Guardrail(name="g", no_new_dependencies=True), changed(A, locks=locks))
    assert grown.detail.endswith("and 22 more")


@pytest.mark.parametrize(
    ("severity", "came_out", "holds", "stops"),
    [
        (Severity.STOP, PASSED, True, False),
        (Severity.STOP, NOT_RUN, True, False),
        (Severity.STOP, FAILED, False, True),
        (Severity.STOP, UNKNOWN, False, True),
        (Severity.WARN, FAILED, False, False),
        (Severity.WARN, UNKNOWN, False, False),
    ],
)
def test_what_cannot_be_told_stops_as_what_failed_does(
    severity: Severity, came_out: GuardrailOutcome, holds: bool, stops: bool
) -> None:
    result = GuardrailResult(name="g", condition="c", severity=severity, outcome=came_out)
    assert (result.holds, result.stops) == (holds, stops)


def test_where_git_does_not_tell_nothing_has_passed() -> None:
    result = not_told(Guardrail(name="g", max_files=3), "git did not tell: gone")
    assert result.stops
    assert result.detail == "git did not tell: gone"
