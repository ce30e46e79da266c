"""What is wrong with a plan, told so that it can be found."""

from collections.abc import Iterable
from dataclasses import dataclass

from codex_orch_tui.domain.terminal_text import clean_line

_MAX_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProblem:
    """One mistake.

    Attributes:
        message: What is wrong and what is allowed.
        field: Where in the task, or in the plan: `depends_on`, `limits.turns`; empty for the whole.
        task: The id of the task; `tasks[3]` where it has none; empty when the plan as a whole is meant.
        index: The task's place in the plan, from 0.
        file: The plan's file; empty for one that comes from no file.
        line: Where in the file, from 1.
    """

    message: str
    field: str = ""
    task: str = ""
    index: int | None = None
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        """One clean line."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        key = ".".join(part for part in (self.task, self.field) if part)
        return clean_line(": ".join(part for part in (place, key, self.message) if part))


class PlanError(Exception):
    """A plan that cannot be run, with all its mistakes. Its text has the first of them, a line each."""

    def __init__(self, problems: Iterable[PlanProblem]) -> None:
        self.problems = tuple(problems)
        told = list(map(str, self.problems[:_MAX_TOLD]))
        if len(self.problems) > _MAX_TOLD:
            told.append(f"and {len(self.problems) - _MAX_TOLD:,} more")
        super().__init__("\n".join(told))
