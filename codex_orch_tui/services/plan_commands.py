"""The part of the facade that is about plans before they are started: from a file, to a file, from a navigator."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, Role, RoleName, TaskSpec
from codex_orch_tui.domain.replanning import is_open
from codex_orch_tui.domain.role import RoleProfile
from codex_orch_tui.domain.selectors import is_planner
from codex_orch_tui.domain.task import ABOUT_TO_BEGIN, ACTIVE, Task
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.services.errors import FileThereError, NotPossibleError, PlanRefusedError
from codex_orch_tui.services.task_commands import TaskCommands
from codex_orch_tui.store.errors import JournalError

if TYPE_CHECKING:
    from codex_orch_tui.plans.problem import PlanError

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


class PlanCommands(TaskCommands):
    """What the screens ask of plans; `Orchestrator` is one. Files are read and written in a thread."""

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
        task = self._task(ref)
        if not is_planner(self._hub.state, ref):
            raise NotPossibleError(f"{task.spec.title} plans nothing: it is no task of a navigator alone")
        if not task.accepted:
            raise NotPossibleError(_no_plan_yet(task))
        return await asyncio.to_thread(self._proposal, task)

    async def edit_run(self, run: RunId, before: Plan, after: Plan) -> None:
        """Change the plan of a run: tasks that have not begun can be changed, taken out and added.

        Args:
            run: The run.
            before: Its plan as the person saw it; what they left alone stays as it is by now.
            after: As they want it.

        Raises:
            PlanRefusedError: the plan could not run so; all that is wrong is told.
            NotPossibleError: a task that would change has begun, a role cannot be worked with, or the disk did not
                keep it.
        """
        from codex_orch_tui.plans.structure import problems_of

        if len(self._hub.state.runs[run].tasks) == 1:
            raise NotPossibleError("this run is of one task; tasks are added to runs of several")
        problems = await asyncio.to_thread(problems_of, after.tasks, self.role_profiles().keys())
        if problems:
            raise PlanRefusedError("the plan cannot run so", tuple(map(str, problems)))
        await self._check_roles(after)
        found = self._hub.state.runs[run]
        shown = {spec.id: spec for spec in before.tasks}
        added = tuple(spec for spec in after.tasks if spec.id not in shown)
        new = Plan(title=after.title, tasks=added)
        await self._landing.check_start(run, new, found.base_branch, found.created_at_s)
        landing = self._hub.state.runs[run].landing
        if landing is not None and landing.outcome is None:
            raise NotPossibleError(f"{found.title} is being landed; its plan can be changed when that has ended")
        specs = self._merged(run, shown, after)  # Nothing is waited for between this look and the event.
        try:
            with self._scheduler.held_back(run):
                await self._hub.record(ev.PlanEdited(run=run, title=after.title, tasks=specs))
        except JournalError as error:
            raise NotPossibleError(f"the change may be lost, state could not be written: {error}") from error
        self._scheduler.decide_now()

    # -- inside -------------------------------------------------------------------------------------------------

    def _merged(self, run: RunId, shown: Mapping[TaskId, TaskSpec], after: Plan) -> tuple[TaskSpec, ...]:
        """The tasks as they are to be; what the person left alone as it is now.

        Raises:
            NotPossibleError: a task that they changed or took out has begun.
        """
        wanted = {spec.id: spec for spec in after.tasks}
        for ref in self._hub.state.runs[run].tasks:
            task, spec = self._task(ref), wanted.get(ref.task)
            is_left_alone = spec is not None and spec in (shown.get(ref.task), task.spec)
            if is_left_alone:
                wanted[ref.task] = task.spec
            elif not is_open(task) or self._supervisor.is_begun(ref):
                raise NotPossibleError(f"{task.spec.title} has begun: it stays as it is; u takes your change back")
            elif spec is not None and spec.is_group != task.spec.is_group:
                raise NotPossibleError(f"{task.spec.title}: a group becomes no task, and no task a group; add another")
        return tuple(wanted.values())

    def _place(self, path: Path) -> Path:
        try:
            return self._opened.repository.top / path.expanduser()
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
        from codex_orch_tui.services.answer_schema import parse_answer

        values = parse_answer(task.accepted)
        summary = _text(values.get("summary"))
        if not values.get("tasks"):
            raise NotPossibleError(f"it proposes no task: {summary}" if summary else "it proposes no task")
        try:
            plan = plan_from_answer(
                values,
                self.role_profiles(),
                title=task.spec.title,
                spec=self._hub.state.runs[task.ref.run].spec,
                max_tasks=self._config.max_proposed_tasks,
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
    return f"There is no plan: the {role} did not end with one. c continues it, s sends it a message."


def _refused(what: str, error: "PlanError") -> PlanRefusedError:
    return PlanRefusedError(what, tuple(map(str, error.problems)))
