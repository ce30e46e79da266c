"""What changes a plan: a task put in, edited, moved, taken out, and the last change taken back."""

from dataclasses import replace
from functools import partial

from codex_orch_tui.domain import plan_edit as edit
from codex_orch_tui.domain.plan import Level, TaskSpec
from codex_orch_tui.ui.presentation.approval_form import Option
from codex_orch_tui.ui.presentation.new_task import OWN_ROLE_WORDS, ROLE_WORDS
from codex_orch_tui.ui.presentation.plan_form import FormError, TaskForm, form_of, task_of_form
from codex_orch_tui.ui.screens.choose import ChooseScreen
from codex_orch_tui.ui.screens.dialogs import open_over
from codex_orch_tui.ui.screens.plan_head import PlanHead, PlanHeadScreen
from codex_orch_tui.ui.screens.plan_task import PlanTaskScreen
from codex_orch_tui.ui.screens.plan_view import PlanView
from codex_orch_tui.ui.widgets.row_list import RowList


class PlanEditing(PlanView):
    """The keys that change a plan. What of a run has begun stays as it is."""

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """Edits the task, or the title and specification; a plan that runs is read."""
        message.stop()
        index = self.task_list.index
        if self.is_fixed:
            self._detail.focus()
        elif index is not None:
            self._edit(index)
        elif message.row.parent == "" and message.row.is_open is None:
            self._edit_head()
        else:
            self.task_list.action_fold()

    def _task_index(self) -> int | None:
        """The marked task, when there is one that may be changed; otherwise it is told why not."""
        if not self._may_edit():
            return None
        if (index := self.task_list.index) is None:
            self._tell("No task is marked: ↓ goes to one, a adds one.")
        return index

    def _make(self, old: TaskSpec | None, form: TaskForm) -> TaskSpec:
        taken = {task.id for task in self.draft.plan.tasks if task is not old}
        return task_of_form(form, old, self._roles, taken)

    def _edit(self, index: int) -> None:
        plan = self.draft.plan
        task = plan.tasks[index]

        def kept(changed: TaskSpec) -> None:
            self._change(edit.with_task(plan, index, changed), index)

        form = form_of(task, self._roles)
        open_over(self, PlanTaskScreen(f"Task {task.id}", form, tuple(self._roles), partial(self._make, task)), kept)

    def _edit_head(self) -> None:
        """Title and specification; a run keeps the specification that its first workers got."""
        plan, read = self.draft.plan, self._orchestrator.read_spec
        head = PlanHead(title=plan.title, spec=plan.spec, spec_file=self.draft.spec_file)

        def kept(changed: PlanHead) -> None:
            if changed.spec_file:
                named = (*self.draft.spec_files, (changed.spec, changed.spec_file))
                self.draft = replace(self.draft, spec_files=named)
            self._change(replace(self.draft.plan, title=changed.title, spec=changed.spec))

        open_over(self, PlanHeadScreen(head, read if self.draft.run is None else None), kept)

    def action_add(self) -> None:
        """Another task behind the marked one, part of the same; in a group that is marked, as its last."""
        if not self._may_edit():
            return
        plan, index = self.draft.plan, self.task_list.index
        form = TaskForm()
        if index is not None:
            near = plan.tasks[index]
            parent = near.id if near.is_group else near.parent or ""
            form = TaskForm(parent=parent, level=near.level if not near.is_group else Level.CASE)

        def made(task: TaskSpec) -> None:
            self._change(*edit.with_new(plan, task, index))

        open_over(self, PlanTaskScreen("Another task", form, tuple(self._roles), partial(self._make, None)), made)

    def action_remove(self) -> None:
        """Takes the task out, with all that is part of it."""
        if (index := self._task_index()) is None:
            return
        plan = self.draft.plan
        changed = edit.without(plan, index)
        gone = len(plan.tasks) - len(changed.tasks)
        self._change(changed)
        inside = f" and {gone - 1:,} in it" if gone > 1 else ""
        self._tell(f"Removed {plan.tasks[index].id}{inside}; u takes it back.")

    def action_take_back(self) -> None:
        """The plan as it was before the last change."""
        if not self._may_edit():
            return
        if self.draft.before:
            self._put(self.draft.taken_back())
        else:
            self._tell("Nothing was changed.")

    def action_up(self) -> None:
        """One place up."""
        self._move(-1)

    def action_down(self) -> None:
        """One place down."""
        self._move(1)

    def _move(self, step: int) -> None:
        if (index := self._task_index()) is not None:
            self._change(*edit.moved(self.draft.plan, index, step))

    def action_role(self) -> None:
        """Another role for the task."""
        if (index := self._task_index()) is None:
            return
        task = self.draft.plan.tasks[index]
        if task.is_group:
            self._tell("A group does nothing itself and has no role.")
            return
        options = [Option(value=name, label=name, detail=ROLE_WORDS.get(name, OWN_ROLE_WORDS)) for name in self._roles]

        def chosen(name: str) -> None:
            try:
                changed = self._make(task, replace(form_of(task, self._roles), role=name))
            except FormError as error:
                self._tell(f"{error.field}: {error}", is_warning=True)
                return
            self._change(edit.with_task(self.draft.plan, index, changed), index)

        open_over(self, ChooseScreen(f"Role of {task.id}", options, at=task.role), chosen)

    def action_branch(self) -> None:
        """Another branch to start from."""
        if not self._may_edit():
            return
        if self.draft.run is not None:
            self._tell("A run stays on the branch that it was started from.")
            return
        options = [Option(value=name, label=name) for name in self._branches]
        if options:
            chosen = ChooseScreen("Start from", options)
            open_over(self, chosen, lambda name: self._put(replace(self.draft, base_branch=name)))

    def action_view(self) -> None:
        """The tree or the waves."""
        self.task_list.turn()
        self._look()

    def action_next_problem(self) -> None:
        """To the next task with which something is wrong."""
        facts = self.facts
        if facts is None or not facts.by_task:
            self._tell("No task has a problem." if facts is None or not facts.problems else "It is told at the top.")
            return
        places = [index for index, _ in facts.order if index in facts.by_task]
        here = self.task_list.index
        order = [index for index, _ in facts.order]
        after = order.index(here) if here is not None else -1
        self.task_list.go_to(next((place for place in places if order.index(place) > after), places[0]))
