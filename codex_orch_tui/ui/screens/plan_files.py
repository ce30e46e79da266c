"""Plans from files and to files."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from codex_orch_tui.domain.ids import slug
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.services.errors import FileThereError, NotPossibleError
from codex_orch_tui.ui.presentation.plan_draft import NEW, PlanDraft
from codex_orch_tui.ui.screens.confirm import ConfirmChoice, ConfirmScreen
from codex_orch_tui.ui.screens.dialogs import open_over
from codex_orch_tui.ui.screens.line import LineScreen
from codex_orch_tui.ui.screens.plan_view import PlanView


class PlanFiles(PlanView):
    """Opens plans and saves them. Nothing that was written is dropped without a question."""

    def action_open(self) -> None:
        """A plan from a file."""
        if not self._may_open():
            return

        def read(name: str) -> None:
            self._tell(f"Reading {name}…")
            opened = partial(self._opened, name)
            self._errands.start(self._orchestrator.open_plan(Path(name)), opened, refused=self._refused)

        words = "JSON or YAML; a relative name begins at the top of the repository."
        begin = self._drafts[NEW].place if NEW in self._drafts else ""
        open_over(self, LineScreen("Open a plan", words, begin, verb="open it"), read)

    def _opened(self, name: str, plan: Plan) -> None:
        if not self.is_attached:
            return
        draft = PlanDraft(plan=plan, kept=plan, place=name, base_branch=self._usual_branch)
        held = self._drafts.get(NEW)
        if held is None or not held.is_changed:
            self.show_draft(draft)
            return
        self._ask_to_replace_draft(lambda: self.show_draft(draft))

    def _ask_to_replace_draft(self, then: Callable[[], object]) -> None:
        held = self._drafts[NEW].plan
        count = len(held.tasks)
        lines = (f"{held.title or 'The plan that you wrote'}: {count:,} task{'s' if count != 1 else ''}, not saved.",)
        choice = ConfirmChoice(key="d", label="drop it", consequence="It is gone.", is_dangerous=True)
        open_over(self, ConfirmScreen("Drop the plan that you changed?", lines, (choice,)), lambda _key: then())

    def action_save(self) -> None:
        """Writes the plan to a file."""
        if not self._may_open():
            return
        plan, place = self.draft.plan, self.draft.place
        begin = place or f"{slug(plan.title or 'plan')}.yaml"
        words = "Written as YAML; a relative name begins at the top of the repository."
        asked = LineScreen("Save the plan", words, begin, verb="save it")
        open_over(self, asked, lambda name: self._save(plan, name, may_replace=bool(place) and name == place))

    def _save(self, plan: Plan, name: str, *, may_replace: bool) -> None:
        def refused(error: NotPossibleError) -> bool:
            if not isinstance(error, FileThereError) or not self.is_attached:
                return False
            choice = ConfirmChoice(key="r", label="replace it", consequence="What is in it is gone.", is_dangerous=True)
            question = ConfirmScreen("Replace the file?", (str(error),), (choice,))
            open_over(self, question, lambda _key: self._save(plan, name, may_replace=True))
            return True

        def saved(path: Path) -> None:
            if self.draft.run is None:
                self._put(replace(self.draft, place=name, kept=plan))
            problems = len(self.facts.problems) if self.facts is not None else 0
            wrong = f" It has {problems:,} problems and cannot be opened before they are mended." if problems else ""
            self._tell(f"Saved as {path}.{wrong}")

        work = self._orchestrator.save_plan(plan, Path(name), may_replace=may_replace)
        self._errands.start(work, saved, refused=refused)

    def action_new(self) -> None:
        """The plan that the person writes; from that, an empty one."""
        if not self._may_open():
            return
        held = self._drafts.get(NEW)
        empty = PlanDraft(base_branch=self._usual_branch)
        if held is None or self.draft.key != NEW:
            self.show_draft(held or empty)
        elif held.is_changed:
            self._ask_to_replace_draft(lambda: self.show_draft(empty))
        else:
            self.show_draft(empty)
