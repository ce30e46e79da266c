"""The rules in force, file by file, and what each would have answered of late."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen

from codex_orch_tui.services.trust import TrustItem
from codex_orch_tui.ui.ascii_filter import unmistakable
from codex_orch_tui.ui.errands import Errands, telling
from codex_orch_tui.ui.presentation.policy import Overview, PolicyRows, detail, head_line
from codex_orch_tui.ui.screens.frame import Reading
from codex_orch_tui.ui.screens.one_answer import OneAnswer
from codex_orch_tui.ui.widgets.hints import Hint, Hints
from codex_orch_tui.ui.widgets.row_list import RowList
from codex_orch_tui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from codex_orch_tui.services.session import Session

DAYS = 7
"""How far back the back-test goes."""
DAY_S = 86_400.0

AskForTrust = Callable[[tuple[TrustItem, ...], Callable[[], object]], object]
"""Asks for files one after the other, and calls back when all were answered."""


class PolicyScreen(OneAnswer[None], Screen[None]):
    """Reads the rules; it changes none. What is asked of a repository's file goes to the trust dialog."""

    CSS_PATH = "policy.tcss"
    AUTO_FOCUS = "#rules"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "trust", "Trust", id="policy.trust"),
        Binding("u", "look_again", "Read the files again", id="policy.look_again"),
        Binding("tab,shift+tab", "switch", "List or rule", id="policy.switch"),
        Binding("escape,q,R", "close", "Back", id="policy.close"),
    ]

    def __init__(self, orchestrator: "Session", ask_for_trust: AskForTrust) -> None:
        """Makes the screen; it reads the rules once it is on screen.

        Args:
            orchestrator: Knows the rules.
            ask_for_trust: Opens the dialog for the repository's files.
        """
        super().__init__()
        self._orchestrator = orchestrator
        self._ask_for_trust = ask_for_trust
        self._errands = Errands(telling(self))
        self._ascii_only = bool(orchestrator.config.ascii_glyphs)
        self._overview: Overview | None = None
        self._rows_of = PolicyRows(orchestrator.root, Path.home(), ascii_only=self._ascii_only)
        self._head = StatusBar(id="head")
        self.rule_list = RowList(empty_text="Reading the rules…", ascii_only=self._ascii_only, id="rules")
        self._detail = Reading(())
        self._detail.id = "detail"
        self._hints = Hints((), id="keys")
        self.set_class(self._ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Head, rules beside what one of them does, keys."""
        yield self._head
        with Container(id="body"):
            yield self.rule_list
            yield self._detail
        yield self._hints

    def on_mount(self) -> None:
        """Reads the rules."""
        self.rule_list.border_title = Content("Rules")
        self.rule_list.border_subtitle = Content(f"questions in {DAYS} days, ≠ otherwise than you")
        self._show_hints()
        self._look()

    def _look(self) -> None:
        self._errands.start(self._read(), self._show)

    async def _read(self) -> Overview:
        now_s = time.time()
        return Overview(
            files=await self._orchestrator.rule_files(),
            back_test=await self._orchestrator.policy_back_test(now_s - DAYS * DAY_S),
            untrusted=await self._orchestrator.trust_wanted(),
            days=DAYS,
            now_s=now_s,
        )

    def _show(self, overview: Overview) -> None:
        if not self.is_attached:
            return
        self._overview = overview
        self._head.show(head_line(overview))
        self.rule_list.show(self._rows_of.sheet(overview), overview.now_s)
        self._show_detail()
        self._show_hints()

    def _show_detail(self) -> None:
        row = self.rule_list.cursor_row
        if self._overview is None or row is None:
            return
        title, lines = detail(self._overview, row.key, self._orchestrator.root, Path.home())
        self._detail.border_title = Content(title)
        self._detail.view.show(unmistakable(lines, self.app))
        self._detail.scroll_home(animate=False)

    def _show_hints(self) -> None:
        waits = bool(self._overview and self._overview.untrusted)
        trust = (Hint("t", "look at what is not trusted"),) if waits else ()
        self._hints.show(
            (Hint("↓", "next rule"), Hint("tab", "to its text"), *trust, Hint("u", "read again"), Hint("esc", "back"))
        )

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Another rule."""
        message.stop()
        self._show_detail()

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """To the rule's text."""
        message.stop()
        self._detail.focus()

    def action_switch(self) -> None:
        """To the other pane."""
        (self._detail if self.rule_list.has_focus else self.rule_list).focus()

    def action_trust(self) -> None:
        """Asks for what is not trusted yet."""
        if self._overview is None:
            return
        if self._overview.untrusted:
            self._ask_for_trust(self._overview.untrusted, self._look)
        else:
            self.app.notify("Nothing of this repository waits for your trust.", markup=False, timeout=4)

    def action_look_again(self) -> None:
        """Reads the files again."""
        self._look()

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
