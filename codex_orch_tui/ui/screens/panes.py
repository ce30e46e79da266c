"""The panes of the main screen: which of them is in front, and what goes from one to the next."""

from typing import TYPE_CHECKING

from textual import events, on

from codex_orch_tui.ui.bridge import Dirty
from codex_orch_tui.ui.screens.task_actions import TaskActions
from codex_orch_tui.ui.widgets.status_bar import PaneTabs
from codex_orch_tui.ui.widgets.too_small import TooSmall

if TYPE_CHECKING:
    from codex_orch_tui.ui.widgets.log_pane import LogPane
    from codex_orch_tui.ui.widgets.needs_you import NeedsYou
    from codex_orch_tui.ui.widgets.task_tree import TaskTree
    from codex_orch_tui.ui.widgets.worktree_table import WorktreeTable

PANES = ("worktrees", "tasks", "log", "inbox")


class Panes(TaskActions):
    """Where the terminal is narrow, only the pane in front is seen."""

    pane_tabs: PaneTabs
    worktree_table: "WorktreeTable"
    task_tree: "TaskTree"
    log_pane: "LogPane"
    needs_you: "NeedsYou"
    _pane = "tasks"
    """The pane in front."""
    _pane_before = "tasks"
    """The one that was in front before the questions were."""

    def draw(self, dirty: Dirty) -> None:
        """One frame."""
        raise NotImplementedError

    def draw_tabs(self) -> None:
        """The panes by name, where one is seen at a time."""
        inbox = self.needs_you.inbox
        is_numbered = inbox is None or not inbox.takes_digits
        self.pane_tabs.show(PANES.index(self._pane) + 1, len(self.state.pending), is_numbered=is_numbered)

    def _is_seen(self, pane: str) -> bool:
        return not self.has_class("-narrow") or pane == self._pane

    def show_pane(self, pane: str) -> None:
        """Brings a pane to the front and gives it the focus."""
        self._bring(pane)
        match pane:
            case "worktrees":
                self.worktree_table.focus()
            case "tasks":
                self.task_tree.focus()
            case "log":
                self.log_pane.log_view.focus()
            case _:
                self.call_after_refresh(self.needs_you.go_in)

    def _bring(self, pane: str) -> None:
        if pane == "inbox" and self._pane != "inbox":
            self._pane_before = self._pane
        self._pane = pane
        for each in PANES:
            self.set_class(each == pane, f"-pane-{each}")
        self.draw(Dirty.STATE)

    def _step_pane(self, step: int) -> None:
        panes = [pane for pane in PANES if pane != "inbox" or self.needs_you.has_class("-pending")]
        place = panes.index(self._pane) if self._pane in panes else 0
        self.show_pane(panes[(place + step) % len(panes)])

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane that has the focus is the front one, also when a click gave it."""
        self.draw_tabs()
        if self.has_class("-slim") or self.has_class("-flat"):
            return  # too small: every pane goes, and Textual hands the focus on to one after the other
        for pane, widget in zip(
            PANES, (self.worktree_table, self.task_tree, self.log_pane, self.needs_you), strict=True
        ):
            if widget in event.widget.ancestors_with_self and pane != self._pane:
                self._bring(pane)

    @on(TooSmall.Gone)
    def _large_enough(self, message: TooSmall.Gone) -> None:
        message.stop()
        self.show_pane(self._pane)

    @on(PaneTabs.Picked)
    def _picked(self, message: PaneTabs.Picked) -> None:
        self.show_pane(PANES[message.number - 1])

    def action_next_pane(self) -> None:
        """To the next pane."""
        self._step_pane(1)

    def action_previous_pane(self) -> None:
        """To the previous pane."""
        self._step_pane(-1)

    def action_worktrees(self) -> None:
        """To the worktrees."""
        self.show_pane("worktrees")

    def action_tasks(self) -> None:
        """To the tasks."""
        self.show_pane("tasks")

    def action_log(self) -> None:
        """To the log."""
        self.show_pane("log")

    def action_inbox(self) -> None:
        """To the questions."""
        if self.has_class("-narrow") or self.needs_you.has_class("-pending"):
            self.show_pane("inbox")
        else:
            self.tell("Nothing needs you.")

    def action_raw(self) -> None:
        """The raw JSONL, or the log again."""
        self.show_pane("log")
        self.log_pane.toggle_raw()

    def action_search(self) -> None:
        """Looks for a text in the log."""
        self.show_pane("log")
        self.log_pane.search()

    def action_follow(self) -> None:
        """Stays at the newest line, or holds still."""
        self.log_pane.log_view.action_follow()
