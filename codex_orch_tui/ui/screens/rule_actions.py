"""What a person does about rules and trust, on the main screen."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from codex_orch_tui.ui.screens import dialogs
from codex_orch_tui.ui.screens.task_actions import TaskActions

if TYPE_CHECKING:
    from pathlib import Path

    from codex_orch_tui.services.errors import NotPossibleError
    from codex_orch_tui.services.judgement import Judgement
    from codex_orch_tui.services.trust import TrustItem
    from codex_orch_tui.ui.widgets.approval_inbox import ApprovalInbox
    from codex_orch_tui.ui.widgets.needs_you import NeedsYou

# Screens are imported inside the functions: none of them is needed for the first frame.
# ruff: noqa: PLC0415

_LOOK_EVERY_S = 5.0
"""How often the repository's files are looked at while something runs."""


class RuleActions(TaskActions):
    """Opens the rules, makes one from a question, and asks whether what came with the repository may count."""

    needs_you: "NeedsYou"
    left_out: "set[tuple[Path, str]]"
    """Files that the person left out, each with the hash of then: only another content is asked for again."""
    looked_at_s = -_LOOK_EVERY_S
    """When the files were looked at last, on the monotonic clock."""

    @property
    def is_free(self) -> bool:
        """Nothing is in front, nobody types and nobody reads a question: a dialog may come by itself."""
        raise NotImplementedError

    def action_rules(self) -> None:
        """The rules in force and what they would have answered."""
        if self.refuses("go.rules"):
            return
        from codex_orch_tui.ui.screens.policy import PolicyScreen

        simulated = bool(getattr(self.app, "is_simulated", False))
        screen = PolicyScreen(self.orchestrator, self.ask_for_trust)
        dialogs.open_over(self, screen, lambda _result: None, simulated=simulated)

    def on_approval_inbox_rule_wanted(self, message: "ApprovalInbox.RuleWanted") -> None:
        """The person wants a rule for the like of a question; the question itself still waits for them."""
        from codex_orch_tui.ui.presentation.rule import said_now
        from codex_orch_tui.ui.screens.rule import RuleScreen

        message.stop()
        approval = self.state.approvals.get(message.approval_id)
        if approval is None:
            return

        def judged(judgement: "Judgement | None") -> None:
            if judgement is not None and self.needs_you.inbox is not None:
                self.needs_you.inbox.tell_rules(approval.id, said_now(judgement))

        def stored(text: str) -> None:
            self.tell(text)
            self.errands.start(self.orchestrator.judge_again(approval.id), judged)

        dialogs.open_over(self, RuleScreen(self.orchestrator, approval), stored)

    # -- trust --------------------------------------------------------------------------------------------------

    def look_for_trust(self) -> None:
        """Asks for what the repository brings and nobody accepted, now or when the person has time for it."""
        now_s = time.monotonic()
        if self.is_free and now_s - self.looked_at_s >= _LOOK_EVERY_S:
            self.looked_at_s = now_s
            self.errands.start(self.orchestrator.trust_wanted(), self._found_untrusted)

    def _found_untrusted(self, items: "tuple[TrustItem, ...]") -> None:
        asked = tuple(item for item in items if (item.path, item.sha256) not in self.left_out)
        if asked and self.is_free:
            self.ask_for_trust(asked, lambda: None)

    def ask_for_trust(self, items: "tuple[TrustItem, ...]", then: Callable[[], object], *, position: int = 0) -> None:
        """Asks for one file after the other.

        Args:
            items: The files.
            then: Called when all were answered.
            position: The first that is asked for, counted from 0.
        """
        from codex_orch_tui.ui.presentation.trust import left_out, trust_text, trusted
        from codex_orch_tui.ui.screens.trust import TrustScreen

        if position == len(items):
            then()
            return
        item, root = items[position], self.orchestrator.root

        def go_on() -> None:
            self.ask_for_trust(items, then, position=position + 1)

        def not_kept(_error: "NotPossibleError") -> bool:
            go_on()
            return False

        def kept(_done: None) -> None:
            self.tell(trusted(item, root))
            go_on()

        def answered(is_trusted: bool | None) -> None:
            if is_trusted:
                self.errands.start(self.orchestrator.trust(item), kept, refused=not_kept)
            else:
                self.left_out.add((item.path, item.sha256))
                self.tell(left_out(item, root))
                go_on()

        guard_s = self.orchestrator.config.approval_guard_ms / 1000
        text = trust_text(item, root, position=position, total=len(items))
        self.app.push_screen(TrustScreen(item, text, guard_s=guard_s), answered)
