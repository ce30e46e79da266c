"""A plan on screen: as a tree or as waves, with all of one task beside it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen

from codex_orch_tui.domain import plan_edit as edit
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.replanning import is_open
from codex_orch_tui.domain.selectors import is_planned
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.domain.unmatched import told_unmatched
from codex_orch_tui.services.errors import NotPossibleError, PlanRefusedError
from codex_orch_tui.services.replay_refusals import REFUSAL
from codex_orch_tui.ui.bindings import Where, bindings
from codex_orch_tui.ui.bridge import Bridge, Dirty
from codex_orch_tui.ui.errands import Errands
from codex_orch_tui.ui.presentation.plan_draft import PlanDraft
from codex_orch_tui.ui.presentation.plan_rows import PlanFacts, facts_of, head_line, plan_details, task_details
from codex_orch_tui.ui.screens.confirm import ConfirmScreen
from codex_orch_tui.ui.screens.dialogs import open_over
from codex_orch_tui.ui.screens.frame import Reading
from codex_orch_tui.ui.screens.one_answer import OneAnswer
from codex_orch_tui.ui.widgets.hints import Hint, Hints
from codex_orch_tui.ui.widgets.key_guard import KeyGuard
from codex_orch_tui.ui.widgets.plan_list import PlanList
from codex_orch_tui.ui.widgets.row_list import RowList
from codex_orch_tui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from codex_orch_tui.services.reading import BaseInfo
    from codex_orch_tui.services.session import Session

_AT_ONCE_TASKS = 300
"""A plan with more is looked over in a thread."""
_FIXED = "All of this plan has begun; it is only looked at. n goes to a new one."
_EDIT_HINTS = (
    Hint("ctrl+s", "approve and start"),
    Hint("enter", "edit"),
    Hint("a", "add"),
    Hint("x", "remove"),
    Hint("K J", "move"),
    Hint("r", "role"),
    Hint("u", "take back"),
    Hint("v", "waves"),
    Hint("o", "open"),
    Hint("S", "save"),
    Hint("esc", "back"),
    Hint("?", "help"),
)
_RUN_HINTS = (Hint("ctrl+s", "change the run so"), *_EDIT_HINTS[1:])
_FIXED_HINTS = (
    Hint("enter", "all of it"),
    Hint("v", "waves"),
    Hint("S", "save to a file"),
    Hint("n", "new plan"),
    Hint("o", "open a file"),
    Hint("esc", "back"),
    Hint("?", "help"),
)
_RECORDED_HINTS = tuple(hint for hint in _FIXED_HINTS if hint.key not in {"S", "n", "o"})
_MAX_PROBLEMS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """How the plan was left."""

    started: tuple[TaskRef, ...] = ()
    to_question: bool = False


class PlanView(OneAnswer[PlanResult], Screen[PlanResult]):
    """Shows a plan as a tree or as waves, with all of one task beside it.

    What is changed is kept in `drafts` until the program ends, however the screen is left.
    """

    CSS_PATH = "plan.tcss"
    AUTO_FOCUS = "#plan"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.PLAN)

    def __init__(
        self,
        orchestrator: "Session",
        errands: Errands,
        draft: PlanDraft,
        drafts: dict[str, PlanDraft],
        *,
        marked: TaskId | None = None,
        guard_s: float = 0.0,
        is_recorded: bool = False,
    ) -> None:
        """Makes the screen.

        Args:
            orchestrator: Reads, writes and starts plans.
            errands: Runs the commands.
            draft: The plan.
            drafts: The plans that are being written, by their keys.
            marked: The task that the cursor begins at; otherwise at the plan itself.
            guard_s: For so long after it came no key acts: it came by itself.
            is_recorded: It is the plan of a replay: only looked at, and no other plan is opened from here.
        """
        super().__init__()
        self._orchestrator = orchestrator
        self._errands = errands
        self._drafts = drafts
        self._is_recorded = is_recorded
        self._roles = orchestrator.role_profiles()
        self.draft = draft
        self.facts: PlanFacts | None = None
        self._looked_at: Plan | None = None
        self._remarks: Mapping[TaskId, str] = {}
        self._remarks_for: tuple[str, Mapping[TaskId, tuple[str, ...]]] = ("", {})
        self._wanted = next((index for index, task in enumerate(draft.plan.tasks) if task.id == marked), None)
        self._is_starting = False
        self._branches: tuple[str, ...] = ()
        self._bridge: Bridge | None = None
        self._guard = KeyGuard(guard_s)
        ascii_only = bool(orchestrator.config.ascii_glyphs)
        self._head = StatusBar(id="head")
        self.task_list = PlanList(ascii_only=ascii_only, id="plan")
        self._detail = Reading(())
        self._detail.id = "detail"
        self._hints = Hints((), id="keys")
        self.set_class(ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Head, tasks beside all of one of them, keys."""
        yield self._head
        with Container(id="body"):
            yield self.task_list
            yield self._detail
        yield self._hints

    def on_mount(self) -> None:
        """Looks the plan over, and watches what becomes of one that runs."""
        self._guard.arm()
        self.call_after_refresh(self._guard.painted)
        self._bridge = Bridge(self._orchestrator, self._draw, self.app.call_later)
        self._errands.start(self._orchestrator.base_info(), self._know_branches)
        self.call_after_refresh(self._look)

    def on_unmount(self) -> None:
        """Watches no more."""
        if self._bridge is not None:
            self._bridge.close()

    def on_key(self, event: events.Key) -> None:
        """A key that was meant for what was there before does nothing."""
        if self._guard.swallows():
            event.stop()

    # -- what is shown ------------------------------------------------------------------------------------------

    @property
    def is_fixed(self) -> bool:
        """The plan runs, and nothing of it can be changed any more: it is only looked at."""
        if self.draft.run is None or self._is_recorded:
            return self._is_recorded
        state = self._orchestrator.state
        refs = state.runs[self.draft.run].tasks
        return len(refs) == 1 or not any(is_planned(state.tasks[ref]) for ref in refs)

    def _begun(self) -> "dict[TaskId, TaskSpec]":
        """The tasks that have begun, as they are: they stay so."""
        if self.draft.run is None:
            return {}
        state = self._orchestrator.state
        tasks = (state.tasks[ref] for ref in state.runs[self.draft.run].tasks)
        return {task.ref.task: task.spec for task in tasks if not is_open(task)}

    def _know_branches(self, base: "BaseInfo") -> None:
        self._branches = base.branches
        wanted = self._orchestrator.config.base_branch
        usual = wanted if wanted in base.branches else base.current or next(iter(base.branches), "")
        if self.draft.base_branch not in base.branches and self.draft.run is None:
            self._put(replace(self.draft, base_branch=usual))

    def show_draft(self, draft: PlanDraft) -> None:
        """Another plan."""
        self.task_list.shows_waves = False
        self._put(draft)
        self.task_list.move(0)
        if self._branches and draft.base_branch not in self._branches and draft.run is None:
            self._put(replace(draft, base_branch=self._usual_branch))

    @property
    def _usual_branch(self) -> str:
        wanted = self._orchestrator.config.base_branch
        return wanted if wanted in self._branches else next(iter(self._branches), "")

    def _put(self, draft: PlanDraft) -> None:
        self.draft = draft
        if draft.run is None:
            self._drafts[draft.key] = draft
        self._look()

    def _change(self, plan: Plan, go_to: int | None = None) -> None:
        now = {task.id: task for task in plan.tasks}
        for name, spec in self._begun().items():
            if now.get(name) != spec:
                self._tell(f"{name} has begun and stays as it is.", is_warning=True)
                return
        self._wanted = go_to
        self._put(self.draft.changed(plan))

    def _look(self) -> None:
        """Looks the plan over, a large one in a thread."""
        plan = self.draft.plan
        if self.facts is not None and self.facts.plan is plan:
            self._show(self.facts)
            return
        self._looked_at = plan
        work = partial(
            facts_of, plan, frozenset(self._roles), is_running=self.draft.run is not None and not self.draft.is_changed
        )
        if len(plan.tasks) <= _AT_ONCE_TASKS:
            self._show(work())
        else:
            self._head.show(head_line(None, self.draft, waiting=len(self._orchestrator.state.pending)))
            self._errands.start(asyncio.to_thread(work), self._show)

    def _show(self, facts: PlanFacts) -> None:
        if not self.is_attached or facts.plan is not self.draft.plan:
            return
        if self.draft.run is not None:
            facts = replace(facts, states=self._states())
        self.facts = facts = replace(facts, remarks=self._remarks_of(facts.plan))
        self.task_list.show_facts(facts)
        if self._wanted is not None and self._wanted < len(facts.keys):
            self.task_list.go_to(self._wanted)
        self._wanted = None
        shown = "Waves" if self.task_list.shows_waves else "Tasks"
        self.task_list.border_title = Content(shown)
        self._show_head()
        view = Hint("v", "tree" if self.task_list.shows_waves else "waves")
        self._hints.show([view if hint.key == view.key else hint for hint in self._hints_now])
        self._show_detail()

    @property
    def _hints_now(self) -> tuple[Hint, ...]:
        if self._is_recorded:
            return _RECORDED_HINTS
        return _FIXED_HINTS if self.is_fixed else _EDIT_HINTS if self.draft.run is None else _RUN_HINTS

    def _remarks_of(self, plan: Plan) -> Mapping[TaskId, str]:
        """What is known of claims that match nothing; of others it is asked, and told when it is known."""
        base_branch = self.draft.base_branch
        wanted = (base_branch, {task.id: task.paths for task in plan.tasks if task.paths})
        if self.draft.run is not None or not base_branch or not wanted[1]:
            return {}
        if self._remarks_for != wanted:
            self._remarks_for = wanted

            def known(found: Mapping[TaskId, tuple[str, ...]]) -> None:
                if self.is_attached and self._remarks_for == wanted:
                    self._remarks = {
                        task: f"paths: {told_unmatched(paths, base_branch)}" for task, paths in found.items()
                    }
                    self._look()

            self._errands.start(self._orchestrator.unmatched_paths(plan, base_branch), known)
        return {task: text for task, text in self._remarks.items() if task in wanted[1]}

    def _states(self) -> dict[TaskId, TaskState]:
        """Where the tasks of a plan that runs are; a task that is to be added is nowhere yet."""
        state = self._orchestrator.state
        refs = state.runs[self.draft.run].tasks if self.draft.run is not None else ()
        return {ref.task: state.tasks[ref].state for ref in refs}

    def _show_head(self) -> None:
        words = "" if self.draft.run is None else "only looked at" if self.is_fixed else "what has begun stays"
        waiting = len(self._orchestrator.state.pending)
        self._head.show(head_line(self.facts, self.draft, waiting=waiting, of_run=words))

    def _show_detail(self) -> None:
        if self.facts is None:
            return
        index = self.task_list.index
        self._detail.border_title = Content("Plan" if index is None else "Task")
        self._detail.view.show(
            plan_details(self.facts, self.draft) if index is None else task_details(self.facts, index)
        )

    def _draw(self, dirty: Dirty) -> None:
        """Something happened: a plan that runs may look otherwise. What the person has changed stays on screen."""
        if Dirty.STATE not in dirty or not self.is_attached:
            return
        if self.draft.run is not None and not self.draft.is_changed:
            now = edit.plan_of_run(self._orchestrator.state, self.draft.run)
            if now != self.draft.plan:
                self.draft = replace(self.draft, plan=now, kept=now, before=())
        if self.facts is None or self.facts.plan is not self.draft.plan or self.facts.states != self._states():
            self._look()
        else:
            self._show_head()

    def on_resize(self, _event: events.Resize) -> None:
        """Another width: the columns are made anew."""
        self.call_after_refresh(self._look)

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Another task."""
        message.stop()
        self._detail.scroll_home(animate=False)
        self._show_detail()

    def _tell(self, text: str, *, is_warning: bool = False) -> None:
        self.app.notify(text, severity="warning" if is_warning else "information", markup=False, timeout=5)

    def _may_edit(self) -> bool:
        if self.is_fixed:
            self._tell(REFUSAL if self._is_recorded else _FIXED, is_warning=True)
        return not self.is_fixed and not self._is_starting

    def _may_open(self) -> bool:
        """Whether other plans are read and written here; tells why not."""
        if self._is_recorded:
            self._tell(REFUSAL, is_warning=True)
        return not self._is_recorded

    def _refused(self, error: NotPossibleError) -> bool:
        if not isinstance(error, PlanRefusedError) or not self.is_attached:
            return False
        many = len(error.problems)
        title = "It is no plan that can be run" if many == 1 else f"It is no plan that can be run: {many:,} problems"
        open_over(self, ConfirmScreen(title, error.problems[:_MAX_PROBLEMS], ()), lambda _key: None)
        return True
