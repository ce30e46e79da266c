"""A plan: read, edited, approved. Nothing of it starts before ctrl+s."""

from collections.abc import Sequence
from dataclasses import replace

from codex_orch_tui.domain import plan_edit as edit
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.presentation.plan_rows import dangers
from codex_orch_tui.ui.screens.confirm import ConfirmChoice, ConfirmScreen
from codex_orch_tui.ui.screens.dialogs import open_over
from codex_orch_tui.ui.screens.plan_editing import PlanEditing
from codex_orch_tui.ui.screens.plan_files import PlanFiles
from codex_orch_tui.ui.screens.plan_view import PlanResult


class PlanScreen(PlanEditing, PlanFiles):
    """The whole screen: it shows, edits, reads and writes a plan, and approves it."""

    def action_start(self) -> None:
        """Approves the plan and starts it, unless something is wrong with it."""
        if not self._may_edit():
            return
        facts = self.facts
        if facts is None or facts.plan is not self.draft.plan:
            self._tell("The plan is being looked over; a moment.")
        elif facts.problems:
            number = len(facts.problems)
            self._tell(
                f"Not started: {number:,} problem{'s' if number != 1 else ''}. ! goes to the next.", is_warning=True
            )
            self.action_next_problem()
        elif self.draft.run is not None:
            self._apply(self.draft.run)
        elif not self.draft.base_branch:
            self._tell("There is no branch to start from.", is_warning=True)
        elif lines := self._doubts():
            choice = ConfirmChoice(key="y", label="start it", consequence="All of it, as it is.", is_dangerous=True)
            open_over(self, ConfirmScreen("Start this plan?", lines, (choice,)), lambda _key: self._start())
        else:
            self._start()

    def _apply(self, run: RunId) -> None:
        """Changes the run's plan."""
        if not self.draft.is_changed:
            self._tell("Nothing was changed.")
            return
        self._is_starting = True
        before, after = self.draft.kept, self.draft.plan

        def refused(error: NotPossibleError) -> bool:
            self._is_starting = False
            return self._refused(error)

        def changed(_done: None) -> None:
            self._is_starting = False
            if self.draft.run == run:
                now = edit.plan_of_run(self._orchestrator.state, run)
                self._put(replace(self.draft, plan=now, kept=now, before=()))
            self._tell("The run goes on with the changed plan.")

        self._errands.start(self._orchestrator.edit_run(run, before, after), changed, refused=refused)

    def _doubts(self) -> Sequence[str]:
        told = list(dangers(self.draft.plan))
        proposed_by = self.draft.proposed_by
        if proposed_by is not None and edit.run_of_proposal(self._orchestrator.state, proposed_by) is not None:
            told.append("What this navigator proposed was started before: this makes another run of it.")
        return told

    def _start(self) -> None:
        self._is_starting = True
        plan = self.draft.plan
        plan = replace(plan, title=plan.title or plan.tasks[0].title)

        def refused(_error: NotPossibleError) -> bool:
            self._is_starting = False
            return False

        def started(refs: tuple[TaskRef, ...]) -> None:
            self._drafts.pop(self.draft.key, None)
            self.dismiss(PlanResult(started=refs))

        work = self._orchestrator.create_run(plan, self.draft.base_branch, proposed_by=self.draft.proposed_by)
        self._errands.start(work, started, refused=refused)

    def action_question(self) -> None:
        """To the worker that asks."""
        if self._orchestrator.state.pending:
            self.dismiss(PlanResult(to_question=True))
        else:
            self._tell("Nothing needs you.")

    def action_switch(self) -> None:
        """To the other pane."""
        (self._detail if self.task_list.has_focus else self.task_list).focus()

    def action_back(self) -> None:
        """From a task's text to the tasks, from there to where the person was."""
        if self._detail.has_focus:
            self.task_list.focus()
        else:
            self.dismiss(PlanResult())
