"""The table `guardrails` of the settings: what commits must hold to before they are merged."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from codex_orch_tui.config.numbers import no_truth
from codex_orch_tui.domain.guardrail import Guardrail, Severity


def _true(value: object) -> object:
    if value is not True:
        raise ValueError("should be true; without it the guardrail does not look at that")
    return value


_Count = Annotated[int, BeforeValidator(no_truth), Field(ge=0, le=1_000_000_000)]
_On = Annotated[bool, BeforeValidator(_true)]
_Glob = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class GuardrailSettings(BaseModel):
    """One guardrail: one condition, and what it means when that does not hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    severity: Severity = Severity.STOP
    """stop: nothing is merged as long as it does not hold, or cannot be told. warn: it is told beside the merge."""

    max_files: _Count | None = None
    """At most so many files are changed."""

    max_lines: _Count | None = None
    """At most so many lines are added and removed, together."""

    within_claims: _On | None = None
    """true: nothing is changed but the paths that the task claims; for a task without claims it is not run."""

    forbidden_paths: Annotated[tuple[_Glob, ...], Field(min_length=1)] | None = None
    """Globs: nothing in them is changed, added, moved or removed, say `.github/**`."""

    no_secrets: _On | None = None
    """true: no added line has the shape of a token, a key or a password."""

    no_new_dependencies: _On | None = None
    """true: no lock file names a package that it did not name before."""

    max_binary_kib: _Count | None = None
    """Binary files that are added or changed have at most so many KiB, together."""

    @model_validator(mode="after")
    def _one(self) -> "GuardrailSettings":
        conditions = [name for name in type(self).model_fields if name != "severity"]
        if len([name for name in conditions if getattr(self, name) is not None]) != 1:
            raise ValueError(f"should hold exactly one of {', '.join(conditions)}")
        return self

    def guardrail(self, name: str) -> Guardrail:
        """The same for the domain."""
        return Guardrail(
            name=name,
            severity=self.severity,
            max_files=self.max_files,
            max_lines=self.max_lines,
            within_claims=bool(self.within_claims),
            forbidden_paths=self.forbidden_paths or (),
            no_secrets=bool(self.no_secrets),
            no_new_dependencies=bool(self.no_new_dependencies),
            max_binary_kib=self.max_binary_kib,
        )


def guardrails_of(table: Mapping[str, GuardrailSettings]) -> tuple[Guardrail, ...]:
    """The same for the domain, in the order in which they are written."""
    return tuple(settings.guardrail(name) for name, settings in table.items())
