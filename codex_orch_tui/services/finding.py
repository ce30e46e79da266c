"""What the doctor finds: one thing that was looked at, how it stands, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

from codex_orch_tui.domain.terminal_text import clean_line


class Verdict(StrEnum):
    """How a thing stands. WARN is worth knowing and keeps nobody from working; FAIL does."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Area(StrEnum):
    """Where a finding belongs."""

    MACHINE = "This machine"
    REPOSITORY = "This repository"
    CODEX = "Codex"
    TERMINAL = "This terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. All texts are clean lines; `id` is stable and for programs.

    Attributes:
        found: What is there and what it means.
        next_step: What to do about it; empty where there is nothing to do.
    """

    id: str
    area: Area
    title: str
    verdict: Verdict
    found: str
    next_step: str = ""

    @classmethod
    def of(cls, area: Area, name: str, title: str, verdict: Verdict, found: str, next_step: str = "") -> "Finding":
        """A finding out of texts that need not be clean."""
        return cls(
            id=name,
            area=area,
            title=title,
            verdict=verdict,
            found=clean_line(found),
            next_step=clean_line(next_step),
        )
