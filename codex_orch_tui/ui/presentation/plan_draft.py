"""A plan that is being written or looked at, and where it comes from."""

from dataclasses import dataclass, replace

from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.plan import Plan

NEW = "new"
"""The key of the plan that a person writes or has opened from a file."""
EMPTY = Plan(title="", tasks=())


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """A plan with its history. `kept` is the plan as it was saved, opened or proposed."""

    plan: Plan = EMPTY
    kept: Plan = EMPTY
    base_branch: str = ""
    place: str = ""
    """The file that it was read from or written to."""
    proposed_by: TaskRef | None = None
    run: RunId | None = None
    """The run that executes it."""
    summary: str = ""
    questions: tuple[str, ...] = ()
    spec_files: tuple[tuple[str, str], ...] = ()
    """Texts of specifications, each with the name of the file that it was read from."""
    before: tuple[Plan, ...] = ()
    """What can be taken back, the oldest first."""

    @property
    def key(self) -> str:
        """Under which it is kept until the program ends; a run's own plan is not."""
        if self.run is not None:
            return f"run:{self.run}"
        return f"task:{self.proposed_by}" if self.proposed_by is not None else NEW

    @property
    def spec_file(self) -> str:
        """The file that the specification was read from; empty where it came with the plan."""
        return dict(self.spec_files).get(self.plan.spec, "") if self.plan.spec else ""

    @property
    def is_changed(self) -> bool:
        """It is otherwise than what was saved, opened or proposed."""
        return self.plan != self.kept

    @property
    def standing(self) -> str:
        """Whether it may run."""
        if self.run is not None:
            return "approved"
        return "not approved" if self.proposed_by is not None else "not started"

    @property
    def origin(self) -> str:
        """Where it comes from: `proposed by add-search`, `plans/release.yaml`; empty for one that was written here."""
        if self.run is not None:
            return ""
        return f"proposed by {self.proposed_by.task}" if self.proposed_by is not None else self.place

    def changed(self, plan: Plan) -> "PlanDraft":
        """With another plan; the one before can be had back."""
        return self if plan == self.plan else replace(self, plan=plan, before=(*self.before[-_MAX_BEFORE:], self.plan))

    def taken_back(self) -> "PlanDraft":
        """As it was before the last change."""
        return replace(self, plan=self.before[-1], before=self.before[:-1]) if self.before else self


_MAX_BEFORE = 200
