"""The main screen: worktrees and tasks, the log, what needs the person."""

import time
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen

from codex_orch_tui.config.rates import rates_of
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.selectors import is_checked
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.bindings import BY_ID, Where, bindings, keys_of
from codex_orch_tui.ui.bridge import Bridge, Dirty
from codex_orch_tui.ui.drafts import Drafts
from codex_orch_tui.ui.errands import Errands
from codex_orch_tui.ui.presentation.attention import first_task
from codex_orch_tui.ui.presentation.quiet import Quiet, quiet_words
from codex_orch_tui.ui.presentation.status import is_busy, is_under_way, status_line
from codex_orch_tui.ui.presentation.wait_words import is_stuck
from codex_orch_tui.ui.screens.approval_actions import ApprovalActions
from codex_orch_tui.ui.screens.landing_actions import LandingActions
from codex_orch_tui.ui.screens.main_keys import keys_now
from codex_orch_tui.ui.screens.panes import Panes
from codex_orch_tui.ui.screens.plan_actions import PlanActions
from codex_orch_tui.ui.screens.rule_actions import RuleActions
from codex_orch_tui.ui.screens.true_size import TrueSize
from codex_orch_tui.ui.screens.viewing import ViewingActions
from codex_orch_tui.ui.widgets.log_pane import LogPane
from codex_orch_tui.ui.widgets.needs_you import NeedsYou
from codex_orch_tui.ui.widgets.row_list import RowList
from codex_orch_tui.ui.widgets.status_bar import KeyBar, PaneTabs, StatusBar
from codex_orch_tui.ui.widgets.task_tree import TaskTree
from codex_orch_tui.ui.widgets.too_small import TooSmall
from codex_orch_tui.ui.widgets.worktree_table import WorktreeTable

if TYPE_CHECKING:
    from textual.timer import Timer

    from codex_orch_tui.services.reading import BaseInfo
    from codex_orch_tui.services.session import Session
    from codex_orch_tui.ui.announcer import Announcer
    from codex_orch_tui.ui.widgets.guide_line import Guide, GuideLine

_LOG_DELAY_S = 0.08
"""A cursor that moves on does not wait for the logs that it passes."""
_NEEDED = Size(60, 16)
"""Cells; the breakpoints say the same."""


class MainScreen(
    TrueSize, Panes, LandingActions, RuleActions, PlanActions, ApprovalActions, ViewingActions, Screen[None]
):
    """Holds which task is the current one; worktrees, tree, log and result all show that one."""

    AUTO_FOCUS = "#tasks"
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (60, "-narrow"), (120, "-wide")]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-tall")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.MAIN)

    def __init__(
        self, orchestrator: "Session", errands: Errands, *, simulated: bool, guide: "Guide | None" = None
    ) -> None:
        """Makes the screen.

        Args:
            orchestrator: What it shows and commands.
            errands: Runs the commands.
            simulated: No Codex runs; the top line says so.
            guide: Leads a newcomer.
        """
        super().__init__(id="main", classes="-pane-tasks -ascii" if orchestrator.config.ascii_glyphs else "-pane-tasks")
        self.orchestrator = orchestrator
        self.errands = errands
        self.current: TaskRef | None = None
        self.drafts = Drafts(orchestrator)
        self.branch = ""
        self.waits_to_close = False
        """The program ends by itself when no turn runs any more."""
        self.is_lent = False  # another program has the terminal
        self.left_out = set()
        self.planning = set()
        self.announcer: Announcer | None = None
        self._simulated = simulated
        self._guide = guide
        self._log_wanted = False
        self._has_painted = False
        self._unsettled: set[RowList] = set()
        self._waiting = 0
        self._quiet: Quiet = {}
        self._clock: Timer | None = None
        self._bridge: Bridge | None = None
        config = orchestrator.config
        self.status_bar = StatusBar(id="status")
        self.pane_tabs = PaneTabs(id="tabs")
        self.worktree_table = WorktreeTable(ascii_only=config.ascii_glyphs, id="worktrees")
        self._card = rates_of(config.rate_card)
        self.task_tree = TaskTree(
            ascii_only=config.ascii_glyphs, card=self._card, is_recorded=self.is_recorded, id="tasks"
        )
        self.log_pane = LogPane(ascii_only=config.ascii_glyphs, id="log-pane")
        self.needs_you = NeedsYou(guard_s=config.approval_guard_ms / 1000, keymap=config.keymap, id="inbox")
        self.key_bar = KeyBar(id="keys")
        self.too_small = TooSmall(_NEEDED, keys_of("program.quit", config.keymap), id="too-small")

    def compose(self) -> ComposeResult:
        """The panes; which of them are seen is for the style sheet.

        Textual sets the classes of the breakpoints after the first frame, which so would be of another layout.
        """
        for cells, breakpoints in zip(
            self.app.size, (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), strict=True
        ):
            self.add_class(max(each for each in breakpoints if each[0] <= cells)[1])
        if self._guide is not None:
            self.add_class("-guided")
            yield self._guide_line(self._guide)
        yield self.status_bar
        yield self.pane_tabs
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self.worktree_table
                yield self.task_tree
            with Vertical(id="right"):
                yield self.log_pane
                yield self.needs_you
        yield self.too_small
        yield self.key_bar

    def _guide_line(self, guide: "Guide") -> "GuideLine":
        from codex_orch_tui.ui.widgets.guide_line import GuideLine  # noqa: PLC0415 - for newcomers only

        return GuideLine(guide, id="guide")

    def on_mount(self) -> None:
        """Draws what is there and watches for more."""
        self._bridge = Bridge(self.orchestrator, self.draw, self.app.call_later)
        self._clock = self.set_interval(1.0, self._tick, pause=True, name="clock")
        self.bindings_updated_signal.subscribe(self, lambda _screen: self._show_keys())
        self.draw(Dirty.EVERYTHING)
        self.call_after_refresh(self._first_frame_painted)

    def _first_frame_painted(self) -> None:
        """What costs time comes now: the log, and git's word on which branch is checked out."""
        self._has_painted = True
        self.draw(Dirty.LOG)
        self.drafts.open()

        def told(base: "BaseInfo") -> None:
            self.branch = base.current or "detached HEAD"
            self.bridge.mark(Dirty.STATE)

        self.errands.start(self.orchestrator.base_info(), told)
        self.look_for_trust()

    def on_unmount(self) -> None:
        """Watches no more."""
        self.drafts.keep()
        if self._bridge is not None:
            self._bridge.close()

    @property
    def bridge(self) -> Bridge:
        """The frame gate, once the screen is mounted."""
        assert self._bridge is not None, "the screen is not mounted"
        return self._bridge

    # -- drawing ------------------------------------------------------------------------------------------------

    def draw(self, dirty: Dirty) -> None:
        """One frame: what is marked, of what is seen."""
        # Frames still come while the panes are taken away.
        if self._bridge is None or not self.app.is_running or not self.is_attached:
            return
        state, now_s = self.state, self.now_s()
        if Dirty.STATE in dirty:
            self._keep_current(state)
            self._look_after(state)
        if self._is_covered:
            return
        if Dirty.STATE in dirty:
            self._draw_state(state, now_s)
        if not self._has_painted or not self._is_seen("log"):
            return
        if self._log_wanted:
            self._open_log()
        elif dirty:
            # Our own notes are part of the log and come with the state.
            self.log_pane.grow()

    @property
    def _is_covered(self) -> bool:
        """A full screen is in front, not only a dialog; everything is drawn when it goes."""
        return not self.is_current

    def _look_after(self, state: State) -> None:
        """What has to happen whatever is on screen."""
        waiting = len(state.pending)
        self.too_small.show(waiting)
        if waiting > self._waiting and self.app.screen is not self:
            self.tell(f"! {waiting} need{'s' if waiting == 1 else ''} you")
        self._waiting = waiting
        self.look_for_plans(state)
        self.look_at_holder()
        if self.announcer is not None and self.announcer.is_due:
            self.app.call_after_refresh(self.announcer.tell, self.announcer.collect())
        if self.waits_to_close and (not is_under_way(state) or is_stuck(state, self.orchestrator.waits())):
            self.app.exit(0)
        assert self._clock is not None, "the screen is mounted"
        if is_busy(state):
            self._clock.resume()
        else:
            self._clock.pause()

    def _draw_state(self, state: State, now_s: float) -> None:
        self._draw_status(state, now_s)
        empty = self.empty_panes()
        self.worktree_table.say_when_empty(empty.worktrees)
        self.task_tree.say_when_empty(empty.tasks)
        self.log_pane.say_when_empty(empty.log)
        self.needs_you.say_when_empty(empty.questions)
        if self._quiet:
            self._quiet = quiet_words(self.orchestrator.quiet(), now_s)
        if self._is_seen("worktrees"):
            self.worktree_table.show_state(state, self.current, now_s, self._quiet)
        if self._is_seen("tasks"):
            self.task_tree.show_state(state, now_s, self.orchestrator.waits(), self._quiet)
        self._select_rows()
        self.needs_you.show_state(state, now_s)
        if not self._log_wanted:
            self._show_task()
        self._show_keys()

    def _show_task(self) -> None:
        task = self._current_task()
        self.log_pane.show_task(
            task,
            self._quiet,
            is_checked=task is not None and is_checked(self.state, task.ref),
            can_act=not self.why_refused(BY_ID["task.resume"]),
        )

    def _draw_status(self, state: State, now_s: float) -> None:
        task = self._current_task()
        line = status_line(
            state,
            project=self.orchestrator.root.name,
            branch=task.base_branch if task is not None else self.branch,
            now_s=now_s,
            simulated=self._simulated,
            closing=self.waits_to_close,
            rate_hold=self.orchestrator.rate_hold,
            viewing=self.orchestrator.viewing,
            card=self._card,
        )
        self.status_bar.show(line)
        self.draw_tabs()

    def _tick(self) -> None:
        if self._is_covered:
            return
        now_s = self.now_s()
        self.look_for_trust()
        self._draw_status(self.state, now_s)
        self.task_tree.tick(now_s)
        if self.needs_you.inbox is not None:
            self.needs_you.show_state(self.state, now_s)
        self._look_for_quiet(now_s)

    def _look_for_quiet(self, now_s: float) -> None:
        """Whose worker has reported nothing for a while; the frames look only while there is one."""
        quiet = quiet_words(self.orchestrator.quiet(), now_s)
        if quiet != self._quiet:
            self._quiet = quiet
            self.bridge.mark(Dirty.STATE)

    @property
    def is_free(self) -> bool:
        """Nothing is in front, nobody types and nobody reads a question."""
        if not (self._has_painted and self.is_attached and self.app.is_running) or self.is_lent:
            return False
        takes_letters = self.focused is not None and self.focused.check_consume_key("n", "n")
        return self.app.screen is self and not takes_letters and not self.needs_you.has_focus_within

    def _show_keys(self) -> None:
        """The keys that act now."""
        self.key_bar.show(keys_now(self))

    # -- the current task ---------------------------------------------------------------------------------------

    def _current_task(self) -> Task | None:
        return self.state.tasks.get(self.current) if self.current is not None else None

    @property
    def acts_on(self) -> TaskRef | None:
        """The task that keys act on: none while the cursor is on a run, which is no task."""
        row = self.task_tree.cursor_row
        return None if self.task_tree.has_focus and row is not None and row.ref is None else self.current

    @property
    def marked_run(self) -> RunId | None:
        """The run that is marked in the tree; None while a task is."""
        row = self.task_tree.cursor_row
        return row.run if self.task_tree.has_focus and row is not None else None

    def _keep_current(self, state: State) -> None:
        """With tasks there is always a current one."""
        if self.current not in state.tasks:
            self.go_to_task(first_task(state))

    def go_to_task(self, ref: TaskRef | None) -> None:
        """Makes a task the current one. Its log follows when the cursor has come to rest."""
        if ref == self.current:
            return
        self.current = ref
        self._log_wanted = True
        self._unsettled = {self.worktree_table, self.task_tree}
        self._select_rows()
        if self.is_mounted and self._bridge is not None:
            self._bridge.mark_soon(Dirty.STATE, _LOG_DELAY_S)

    def now_s(self) -> float:
        """The time that ages count from, in seconds since the epoch."""
        return time.time()

    def read_log_again(self) -> None:
        """The log of the current task is another one now: the next frame opens it anew."""
        self._log_wanted = True

    def _select_rows(self) -> None:
        """Puts the cursors on the current task; where it has no row yet, with the frame that brings one."""
        self._unsettled = {rows for rows in self._unsettled if not rows.select(self.current)}

    def _open_log(self) -> None:
        self._log_wanted = False
        task = self._current_task()
        if self._bridge is not None:
            self._bridge.log_of = self.current
        self.log_pane.open(self.orchestrator.log(task.ref) if task is not None else None)
        self._show_task()

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()
        if message.row.ref is not None:
            self.go_to_task(message.row.ref)
        self._show_keys()

    @on(RowList.Opened)
    def _opened(self, message: RowList.Opened) -> None:
        message.stop()
        ref = message.row.ref
        if ref is None or self.state.tasks[ref].spec.is_group:
            self.task_tree.action_fold()
        else:
            self.go_to_task(ref)
            self.show_pane("log")

    # -- coming and going ---------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Another layout: what was not seen is drawn now."""
        self.call_after_refresh(self.draw, Dirty.STATE)

    def on_screen_suspend(self) -> None:
        """Another screen is in front: none of these keys acts."""
        self.call_later(self._show_keys)

    def on_screen_resume(self) -> None:
        """Another screen was in front."""
        if self._bridge is not None:
            self._bridge.mark(Dirty.EVERYTHING)
            self.look_for_trust()

    # -- the way out --------------------------------------------------------------------------------------------

    def wait_to_close(self, waits: bool) -> None:
        """Leaves when every queued and running turn has ended, or stays after all."""
        self.waits_to_close = waits
        self.bridge.mark(Dirty.STATE)
