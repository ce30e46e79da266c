"""What a person does to land a whole run."""

from typing import TYPE_CHECKING

from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.run_landing import RunLandingPreview
from codex_orch_tui.domain.task import ENDED, TaskState
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.screens import dialogs
from codex_orch_tui.ui.screens.schedule_actions import ScheduleActions

if TYPE_CHECKING:
    from codex_orch_tui.ui.presentation.land_run import LandAnswer
    from codex_orch_tui.ui.screens.review import ReviewResult

# Screens are imported inside the functions: none of them is needed for the first frame.
# ruff: noqa: PLC0415


class LandingActions(ScheduleActions):
    """`m` on a run lands it, on a task merges that one."""

    def action_merge(self) -> None:
        """Shows what a merge or a landing would do, and asks."""
        if self.refuses("task.merge"):
            return
        run = self.marked_run
        if run is None:
            super().action_merge()
            return
        landing = self.state.runs[run].landing
        if landing is not None and landing.outcome is None:
            self._watch_landing(run)
        elif self._is_over(run):
            self.tell(f"{self.state.runs[run].title} has landed; nothing of it is left to merge.")
        else:
            self._look_at_run(run)

    def _is_over(self, run: RunId) -> bool:
        states = {self.state.tasks[ref].state for ref in self.state.runs[run].tasks}
        return TaskState.MERGED in states and states <= ENDED

    def _look_at_run(self, run: RunId, without: frozenset[TaskRef] = frozenset()) -> None:
        def ask(preview: RunLandingPreview) -> None:
            from codex_orch_tui.ui.screens.land_run import LandRunScreen

            question = LandRunScreen(self.state, preview)
            dialogs.open_over(self, question, lambda answer: self._go_on_with_run(preview, without, answer))

        self.errands.start(self.orchestrator.preview_run_landing(run, without), ask)

    def _go_on_with_run(self, preview: RunLandingPreview, without: frozenset[TaskRef], answer: "LandAnswer") -> None:
        from codex_orch_tui.ui.presentation.land_run import LandAnswer, to_review, troublemaker, unheld

        match answer:
            case LandAnswer.LAND:
                self._land(preview)
            case LandAnswer.REVIEW if (ref := to_review(preview)) is not None:
                self._review_for(preview.run, without, ref)
            case LandAnswer.WITHOUT if (ref := troublemaker(self.state, preview)) is not None:
                self._look_at_run(preview.run, without | {ref})
            case LandAnswer.TELL:
                self._send_guardrails(unheld(preview))
            case _:
                pass

    def _review_for(self, run: RunId, without: frozenset[TaskRef], ref: TaskRef) -> None:
        """The diff of a task; from there the merge key leads back to the run."""

        def then(result: "ReviewResult") -> None:
            if result.value == "merge":
                self._look_at_run(run, without)

        dialogs.review(self, self.orchestrator, ref, self.drafts, then)

    def _land(self, preview: RunLandingPreview) -> None:
        self.errands.start(
            self.orchestrator.land_run(preview.run, preview),
            lambda merged: self.tell(f"Landed: {merged.base_branch} is at {merged.new[:7]}."),
        )
        if preview.checks:
            self.tell("It lands when its checks pass; m shows how far they are.")

    def _watch_landing(self, run: RunId) -> None:
        from codex_orch_tui.ui.screens.land_run import LandingScreen

        def stop(_answer: "LandAnswer") -> None:
            try:
                self.orchestrator.stop_landing(run)
            except NotPossibleError as error:
                self.notify(str(error), severity="warning", markup=False)

        view = LandingScreen(lambda: self.state, run, self.orchestrator.watch)
        dialogs.open_over(self, view, stop)
