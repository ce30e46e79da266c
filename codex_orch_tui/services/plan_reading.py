"""Plans before they are started: from a file, to a file, from a navigator. None of it touches the state."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.domain.answer_text import parse_answer
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, Role, RoleName
from codex_orch_tui.domain.role import RoleProfile
from codex_orch_tui.domain.selectors import is_planner
from codex_orch_tui.domain.task import ABOUT_TO_BEGIN, ACTIVE, Task
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.services.errors import FileThereError, NotPossibleError, PlanRefusedError
from codex_orch_tui.services.reading import Reading

if TYPE_CHECKING:
    from codex_orch_tui.plans.problem import PlanError
    from codex_orch_tui.services.unmatched_paths import UnmatchedPaths

# The readers of plans are imported inside the functions: none of them is needed for the first paint.
# ruff: noqa: PLC0415


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a navigator proposes. All text is clean."""

    ref: TaskRef
    plan: Plan
    base_branch: str
    summary: str = ""
    questions: tuple[str, ...] = ()
    """What a person should answer before the work begins."""


class PlanReading(Reading):
    """What the screens ask of plans that are not started yet. Files are read and written in a thread."""

    def role_profiles(self) -> Mapping[RoleName, RoleProfile]:
        """Every role that there is, with its settings."""
        return self.roles().profiles()

    async def open_plan(self, path: Path) -> Plan:
        """Read a plan from a file; a relative path begins at the repository's top.

        Raises:
            PlanRefusedError: it is no plan that can be run; all that is wrong is told.
        """
        from codex_orch_tui.plans.load import load_plan
        from codex_orch_tui.plans.problem import PlanError

        try:
            return await asyncio.to_thread(load_plan, self._place(path), self.role_profiles())
        except PlanError as error:
            raise _refused(clean_line(f"{path} is no plan"), error) from error

    async def read_spec(self, path: Path) -> str:
        """Read a specification, the text that every worker of a run gets; a relative path begins at the top.

        Raises:
            NotPossibleError: it cannot be used; the sentence says why.
        """
        from codex_orch_tui.plans.spec_file import SpecError, read_spec

        try:
            return await asyncio.to_thread(read_spec, self._place(path))
        except SpecError as error:
            raise NotPossibleError(str(error)) from error

    async def save_plan(self, plan: Plan, path: Path, *, may_replace: bool = False) -> Path:
        """Write a plan as YAML; a relative path begins at the repository's top.

        Returns:
            Where it is.

        Raises:
            FileThereError: another file is there, and it may not be replaced.
            NotPossibleError: the file could not be written.
        """
        return await asyncio.to_thread(self._save_plan, plan, self._place(path), may_replace)

    async def proposal(self, ref: TaskRef) -> Proposal:
        """The plan that a navigator's task ended with. Nothing of it has begun.

        Raises:
            PlanRefusedError: what it proposes cannot be run.
            NotPossibleError: it proposes nothing, or has not ended.
        """
        task = self.state.tasks[ref]
        if not is_planner(self.state, ref):
            raise NotPossibleError(f"{task.spec.title} plans nothing: it is no task of a navigator alone")
        if not task.accepted:
            raise NotPossibleError(_no_plan_yet(task))
        return await asyncio.to_thread(self._proposal, task)

    async def unmatched_paths(self, plan: Plan, base_branch: str) -> Mapping[TaskId, tuple[str, ...]]:
        """Of each task, the paths that it claims and that match no file of the base branch; others are left out.

        No mistake: files that a task makes are not there yet. Nothing where git does not tell.
        """
        return await self._unmatched_paths.of(plan, base_branch)

    # -- inside -------------------------------------------------------------------------------------------------

    @cached_property
    def _unmatched_paths(self) -> "UnmatchedPaths":
        from codex_orch_tui.services.unmatched_paths import UnmatchedPaths

        return UnmatchedPaths(self._repository)

    def _place(self, path: Path) -> Path:
        try:
            return self.root / path.expanduser()
        except RuntimeError:
            raise NotPossibleError("'~' cannot be resolved: HOME is not set") from None

    def _save_plan(self, plan: Plan, path: Path, may_replace: bool) -> Path:
        from codex_orch_tui.plans.write import plan_text
        from codex_orch_tui.store.atomic import write_atomic
        from codex_orch_tui.store.errors import StoreError

        shown = clean_line(str(path))
        try:
            if not path.parent.is_dir():
                raise NotPossibleError(f"not saved: there is no folder {clean_line(str(path.parent))}")
            if path.is_dir():
                raise NotPossibleError(f"not saved: {shown} is a folder; name a file")
            if path.exists() and not may_replace:
                raise FileThereError(f"{shown} is there already")
            write_atomic(path, plan_text(plan, self.role_profiles()).encode())
        except (OSError, ValueError, StoreError) as error:  # ValueError: a name that no file can have
            raise NotPossibleError(clean_line(f"not saved: {error}")) from error
        return path

    def _proposal(self, task: Task) -> Proposal:
        from codex_orch_tui.plans.from_answer import plan_from_answer
        from codex_orch_tui.plans.problem import PlanError

        values = parse_answer(task.accepted)
        summary = _text(values.get("summary"))
        if not values.get("tasks"):
            raise NotPossibleError(f"it proposes no task: {summary}" if summary else "it proposes no task")
        try:
            plan = plan_from_answer(
                values,
                self.role_profiles(),
                title=task.spec.title,
                spec=self.state.runs[task.ref.run].spec,
                max_tasks=self.config.max_proposed_tasks,
            )
        except PlanError as error:
            raise _refused("what it proposes cannot be run", error) from error
        questions = values.get("questions")
        asked = (_text(each) for each in questions) if isinstance(questions, list) else ()
        return Proposal(
            ref=task.ref,
            plan=plan,
            base_branch=task.base_branch,
            summary=summary,
            questions=tuple(filter(None, asked)),
        )


def _text(value: object) -> str:
    return clean_text(value).strip() if isinstance(value, str) else ""


def _no_plan_yet(task: Task) -> str:
    if task.state in ACTIVE | ABOUT_TO_BEGIN:
        return "It is being planned; the plan is there when the turn has ended."
    role = Role.NAVIGATOR.value
    return f"There is no plan: the {role} did not end with one. Continue it (c), or send it a message (s)."


def _refused(what: str, error: "PlanError") -> PlanRefusedError:
    return PlanRefusedError(what, tuple(map(str, error.problems)))
