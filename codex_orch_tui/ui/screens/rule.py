"""A new rule from a question: how wide it is, what it decides, where it stands, and what it would have answered."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.policy.rule import RuleDecision
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.policy_types import Proposals, RuleFile, Where
from codex_orch_tui.ui.ascii_filter import unmistakable
from codex_orch_tui.ui.errands import Errands, telling
from codex_orch_tui.ui.presentation.paragraphs import Paragraph
from codex_orch_tui.ui.presentation.rule import Draft, decided, draft_lines, none_lines, reading_lines, title
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.screens.policy import DAY_S, DAYS
from codex_orch_tui.ui.widgets.hints import Hint

if TYPE_CHECKING:
    from codex_orch_tui.policy.back_test import BackTest
    from codex_orch_tui.policy.rule import Rule
    from codex_orch_tui.services.session import Session

_BACK = Hint("esc", "back, nothing is stored")


class RuleScreen(FramedScreen[str | None]):
    """Stores a rule, or nothing. The result is what to tell the person about the stored rule.

    The question that it was made from is not answered here: a new rule is for the next one, the card stays.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Narrower", id="rule.narrower"),
        Binding("right", "step(1)", "Wider", id="rule.wider"),
        Binding("a", "decide('accept')", "Accept", id="rule.accept"),
        Binding("s", "decide('ask')", "Ask", id="rule.ask"),
        Binding("d", "decide('decline')", "Decline", id="rule.decline"),
        Binding("w", "where", "Where it is stored", id="rule.where"),
        Binding("ctrl+s", "store", "Store it", id="rule.store"),
        Binding("escape", "close", "Back", id="rule.close"),
        Binding("space", "page", "Page down", show=False),
        Binding("j", "scroll(1)", "Line down", show=False),
        Binding("k", "scroll(-1)", "Line up", show=False),
    ]

    def __init__(self, orchestrator: "Session", approval: Approval) -> None:
        """Makes the dialog; it asks for proposals once it is on screen.

        Args:
            orchestrator: Knows the rules.
            approval: The question.
        """
        super().__init__(title(approval), (_BACK,))
        self._orchestrator = orchestrator
        self._approval = approval
        self._errands = Errands(self._tell)
        self._proposals: Proposals | None = None
        self._files: tuple[RuleFile, ...] = ()
        self._place = 0
        self._decision = RuleDecision.ACCEPT
        self._where = Where.REPOSITORY
        self._tested: dict[str, BackTest] = {}
        self._is_storing = False
        self._reading = Reading(reading_lines(approval))

    def content(self) -> Sequence[Widget]:
        """The rule and what it would do."""
        return (self._reading,)

    def on_mount(self) -> None:
        """Asks for proposals."""
        self._reading.focus()
        self._errands.start(self._read(), self._opened, refused=self._refused)

    async def _read(self) -> tuple[Proposals, tuple[RuleFile, ...]]:
        return await self._orchestrator.propose_rules(self._approval.id), await self._orchestrator.rule_files()

    def _opened(self, read: tuple[Proposals, tuple[RuleFile, ...]]) -> None:
        if not self.is_attached:
            return
        self._proposals, self._files = read
        if self._proposals.options:
            self._decision = self._proposals.options[0].rule.decision
        self._show()

    def _refused(self, error: NotPossibleError) -> bool:
        if self.is_attached:
            self._proposals = Proposals(why_none=str(error))
            self._show()
        return True

    # -- the draft ----------------------------------------------------------------------------------------------

    @property
    def _rule(self) -> "Rule | None":
        """The rule as it would be stored now."""
        if self._proposals is None or not self._proposals.options:
            return None
        taken = {rule.id for file in self._files if file.where is self._where for rule in file.rules}
        return decided(self._proposals.options[self._place].rule, self._decision, taken)

    def _show(self) -> None:
        assert self._proposals is not None, "the proposals were read"
        rule = self._rule
        if rule is None:
            self._put(none_lines(self._approval, self._proposals))
            return
        tested = self._tested.get(rule.sha256)
        if tested is None:
            self._test(rule)
        self._put(
            draft_lines(
                Draft(
                    approval=self._approval,
                    proposals=self._proposals,
                    place=self._place,
                    rule=rule,
                    where=self._where,
                    files=self._files,
                    back_test=tested,
                    days=DAYS,
                ),
                self._orchestrator.root,
                Path.home(),
                time.time(),
            )
        )
        self._hints.show(self._keys(rule))

    def _put(self, lines: Sequence[Paragraph]) -> None:
        self._reading.view.show(unmistakable(lines, self.app))

    def _keys(self, rule: "Rule") -> tuple[Hint, ...]:
        assert self._proposals is not None, "there is a rule"
        last = len(self._proposals.options) - 1
        steps = (
            Hint("←", "narrower", acts_now=self._place > 0),
            Hint("→", "wider", acts_now=self._place < last),
        )
        decisions = (Hint("a", "accept"), Hint("s", "ask"), Hint("d", "decline"))
        store = Hint("ctrl+s", "store it", acts_now=rule.sha256 in self._tested)
        return (*(steps if last else ()), *decisions, Hint("w", "where"), store, _BACK)

    def _test(self, rule: "Rule") -> None:
        def tested(result: "BackTest") -> None:
            self._tested[rule.sha256] = result
            if self.is_attached and self._rule == rule:
                self._show()

        self._errands.start(self._orchestrator.policy_back_test(time.time() - DAYS * DAY_S, rule), tested)

    # -- keys ---------------------------------------------------------------------------------------------------

    def action_step(self, step: int) -> None:
        """A narrower or a wider rule."""
        if self._proposals is not None and self._proposals.options:
            self._place = min(max(0, self._place + step), len(self._proposals.options) - 1)
            self._show()

    def action_decide(self, decision: str) -> None:
        """What the rule says."""
        if self._rule is not None:
            self._decision = RuleDecision(decision)
            self._show()

    def action_where(self) -> None:
        """Whose rule it is."""
        if self._rule is not None:
            self._where = Where.USER if self._where is Where.REPOSITORY else Where.REPOSITORY
            self._show()

    def action_store(self) -> None:
        """Stores the rule, once what it would have answered was on screen."""
        rule = self._rule
        if rule is None or self._is_storing or not self.is_painted:
            return
        if rule.sha256 not in self._tested:
            self._tell("One moment: what it would have answered is not known yet.", "warning")
            return
        self._is_storing = True
        self._errands.start(self._orchestrator.store_rule(rule, self._where), self.dismiss)

    def _tell(self, text: str, severity: str) -> None:
        self._is_storing = False
        telling(self, timeout_s=8.0)(text, severity)

    def action_page(self) -> None:
        """A page down."""
        self._reading.scroll_page_down(animate=False)

    def action_scroll(self, step: int) -> None:
        """A line down or up."""
        self._reading.scroll_relative(y=step, animate=False)

    def action_close(self) -> None:
        """Stores nothing."""
        self.dismiss(None)
