"""What a person does about plans, on the main screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan_edit import plan_of_run
from codex_orch_tui.domain.selectors import is_planner, work_of
from codex_orch_tui.domain.task import ABOUT_TO_BEGIN, ACTIVE, Task
from codex_orch_tui.services.errors import NotPossibleError, PlanRefusedError
from codex_orch_tui.ui.screens import dialogs
from codex_orch_tui.ui.screens.task_actions import TaskActions

if TYPE_CHECKING:
    from codex_orch_tui.domain.state import State
    from codex_orch_tui.services.plan_reading import Proposal
    from codex_orch_tui.services.session import Session
    from codex_orch_tui.ui.presentation.plan_draft import PlanDraft
    from codex_orch_tui.ui.screens.new_task import NewTaskResult
    from codex_orch_tui.ui.screens.plan_view import PlanResult

# Screens are imported inside the functions: none of them is needed for the first frame.
# ruff: noqa: PLC0415


class Beginning(Protocol):
    """Work that was asked for before the screen was there."""

    @property
    def plans_first(self) -> bool:
        """It is a navigator's task, whose plan the person approves."""

    async def begin(self, session: "Session") -> RunId:
        """Begin it, and tell which run it is.

        Raises:
            NotPossibleError: It cannot begin.
        """


class PlanActions(TaskActions):
    """Lets a sentence be planned, and opens plans."""

    planning: set[TaskRef]
    """The navigators that were begun here and whose plans the person waits for."""

    @property
    def is_free(self) -> bool:
        """Nothing is in front, nobody types and nobody reads a question: a screen may come by itself."""
        raise NotImplementedError

    @property
    def marked_run(self) -> RunId | None:
        """The run that is marked in the tree; None while a task is."""
        raise NotImplementedError

    def _start_task(self, result: "NewTaskResult") -> None:
        assert result.plan is not None, "a dialog that was closed starts nothing"
        if not result.draft.is_planned_first:
            super()._start_task(result)
            return

        def started(refs: tuple[TaskRef, ...]) -> None:
            self.planning.update(refs)
            self._started(refs)
            self.tell("A navigator plans it. Nothing of its plan starts before you approve it.")

        self.errands.start(self.orchestrator.create_run(result.plan, result.base_branch), started)

    def offer(self, sentence: str) -> None:
        """Opens the dialog with a sentence that is to be planned; nothing begins before the person sends it."""
        from codex_orch_tui.domain.drafts import TaskDraft

        self.drafts.task = TaskDraft(text=sentence, is_planned_first=True)
        self.action_new_task()

    def begin(self, beginning: Beginning) -> None:
        """Begins what the command line asked for."""

        def begun(run: RunId) -> None:
            work = [task.ref for task in work_of(self.state, self.state.runs[run])]
            self.go_to_task(work[0])
            if beginning.plans_first:
                self.planning.update(work)
                self.tell("A navigator plans it. Nothing of its plan starts before you approve it.")

        self.errands.start(beginning.begin(self.orchestrator), begun)

    def look_for_plans(self, state: "State") -> None:
        """A navigator that plans has ended: its plan opens, or it is told where it is."""
        for ref in tuple(self.planning):
            task = state.tasks.get(ref)
            if task is None or task.state not in ACTIVE | ABOUT_TO_BEGIN:
                self.planning.discard(ref)
                if task is not None and task.accepted:
                    self.call_later(self._plan_is_there, task)

    def _plan_is_there(self, task: Task) -> None:
        if self.is_free and self.current == task.ref:
            guard_s = self.orchestrator.config.approval_guard_ms / 1000
            self._open_proposal(task.ref, guard_s=guard_s, may_open=lambda: self.is_free)
        else:
            self.tell(f"The plan of {task.ref.task} is there: P on it opens it.")

    # -- P ------------------------------------------------------------------------------------------------------

    def action_plan(self) -> None:
        """What the navigator proposes, the plan of the run, or a new plan where there is no run."""
        from codex_orch_tui.ui.presentation.plan_draft import NEW, PlanDraft

        ref = self.acts_on
        if self.marked_run is not None:
            self._open_plan(self._of_run(self.marked_run))
        elif ref is None:
            self._open_plan(self.drafts.plans.get(NEW) or PlanDraft())
        elif self._has_proposal(ref):
            self._open_proposal(ref)
        else:
            self._open_plan(self._of_run(ref.run), marked=ref.task)

    def _has_proposal(self, ref: TaskRef) -> bool:
        """Whether there is, or may come, a plan for the person to approve: of a recording nobody approves one."""
        is_to_come = self.state.tasks[ref].accepted or not self._has_stopped(ref)
        return bool(is_to_come) and is_planner(self.state, ref) and not self.is_recorded

    def _has_stopped(self, ref: TaskRef) -> bool:
        return self.state.tasks[ref].state not in ACTIVE | ABOUT_TO_BEGIN

    def _of_run(self, run: RunId) -> "PlanDraft":
        from codex_orch_tui.ui.presentation.plan_draft import PlanDraft

        plan = plan_of_run(self.state, run)
        spec_files = tuple(self.drafts.spec_files.items())
        base = self.state.runs[run].base_branch
        return PlanDraft(plan=plan, kept=plan, base_branch=base, run=run, spec_files=spec_files)

    def _open_proposal(
        self, ref: TaskRef, *, guard_s: float = 0.0, may_open: Callable[[], bool] = lambda: True
    ) -> None:
        from codex_orch_tui.ui.presentation.plan_draft import PlanDraft

        if (held := self.drafts.plans.get(f"task:{ref}")) is not None:
            self._open_plan(held)
            return

        def known(found: "Proposal") -> None:
            draft = PlanDraft(
                plan=found.plan,
                kept=found.plan,
                base_branch=found.base_branch,
                proposed_by=ref,
                summary=found.summary,
                questions=found.questions,
                spec_files=tuple(self.drafts.spec_files.items()),
            )
            if may_open():
                self._open_plan(draft, guard_s=guard_s)
            else:
                self.tell(f"The plan of {ref.task} is there: P on it opens it.")

        self.errands.start(self.orchestrator.proposal(ref), known, refused=self._refused_plan)

    def _refused_plan(self, error: NotPossibleError) -> bool:
        if not isinstance(error, PlanRefusedError):
            return False
        from codex_orch_tui.ui.screens.confirm import ConfirmScreen

        lines = (*error.problems, "s tells the navigator what is wrong and lets it plan again.")
        dialogs.open_over(self, ConfirmScreen("What it proposes cannot be run", lines, ()), lambda _key: None)
        return True

    def _open_plan(self, draft: "PlanDraft", *, marked: TaskId | None = None, guard_s: float = 0.0) -> None:
        from codex_orch_tui.ui.screens.plan import PlanScreen

        simulated = bool(getattr(self.app, "is_simulated", False))
        screen = PlanScreen(
            self.orchestrator,
            self.errands,
            draft,
            self.drafts.plans,
            marked=marked,
            guard_s=guard_s,
            is_recorded=self.is_recorded,
        )
        dialogs.open_over(self, screen, self._left_plan, simulated=simulated)

    def _left_plan(self, result: "PlanResult") -> None:
        if result.started:
            work = [ref for ref in result.started if not self.state.tasks[ref].spec.is_group]
            self.go_to_task(work[0])
            self.show_pane("tasks")
            self.tell(f"Approved: {len(work):,} task{'s' if len(work) != 1 else ''} queued.")
        elif result.to_question:
            self.call_later(self.action_needs_me)
