"""Guardrails: named conditions on what commits change, and how each of them came out."""

from enum import StrEnum

from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.values import dataclass


class Severity(StrEnum):
    """What a guardrail that did not hold means."""

    STOP = "stop"
    """Nothing is merged."""
    WARN = "warn"
    """It is told."""


class GuardrailOutcome(StrEnum):
    """How a guardrail came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"
    """There is nothing here that it is about."""
    UNKNOWN = "unknown"
    """It could not be told: what is changed was too much to read, or of a form that is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """A guardrail. Exactly one of its conditions is set."""

    name: str
    severity: Severity = Severity.STOP
    max_files: int | None = None
    """Changed files."""
    max_lines: int | None = None
    """Lines that were added and lines that were removed, together."""
    within_claims: bool = False
    """Only what the task claims is changed."""
    forbidden_paths: tuple[str, ...] = ()
    """Globs: none of these is changed."""
    no_secrets: bool = False
    """No line that was added, and no binary file that was changed, holds a new secret."""
    no_new_dependencies: bool = False
    """No lock file names a package that it did not name before."""
    max_binary_kib: int | None = None
    """KiB of binary files that were added or changed, together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailResult:
    """How a guardrail came out on some commits. `detail` and `paths` say why, bounded; no secret is in them."""

    name: str
    condition: str
    """In a few words."""
    severity: Severity
    outcome: GuardrailOutcome
    detail: str = ""
    paths: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Nothing has to be said."""
        return self.outcome in {GuardrailOutcome.PASSED, GuardrailOutcome.NOT_RUN}

    @property
    def stops(self) -> bool:
        """Nothing may be merged: what could not be told has not passed."""
        return self.severity is Severity.STOP and not self.holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """The guardrails of a task on exactly what is between two commits. `at_s`: seconds since the epoch."""

    base: CommitId
    commit: CommitId
    results: tuple[GuardrailResult, ...]
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedTask:
    """The same of a task that is to land with others: `base` is what lands before it."""

    ref: TaskRef
    base: CommitId
    commit: CommitId
    results: tuple[GuardrailResult, ...]
