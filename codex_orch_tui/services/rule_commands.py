"""The part of the facade that is about rules and trust."""

from typing import TYPE_CHECKING

from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.services.policy import Policy
from codex_orch_tui.services.reading import Reading

if TYPE_CHECKING:
    from codex_orch_tui.policy.back_test import BackTest
    from codex_orch_tui.policy.rule import Rule
    from codex_orch_tui.services.judgement import Judgement
    from codex_orch_tui.services.policy_types import Proposals, RuleFile, Where
    from codex_orch_tui.services.trust import TrustItem


class RuleCommands(Reading):
    """What the screens ask of the rules; `Orchestrator` is one. Files are read and rules tried in a thread."""

    _policy: Policy

    @property
    def policy(self) -> Policy:
        """The rules in force."""
        return self._policy

    async def rule_files(self) -> "tuple[RuleFile, ...]":
        """The files of rules as they are now: what counts, what is wrong with them, whether they are trusted."""
        return await self._policy.files()

    async def policy_back_test(self, since_s: float, extra_rule: "Rule | None" = None) -> "BackTest":
        """What the rules in force, and one that is not stored yet, would have answered since then."""
        return await self._policy.back_test(self.state, since_s, extra_rule)

    async def propose_rules(self, approval: ApprovalId) -> "Proposals":
        """Rules that would answer a question like this one, from narrow to wide, or why there is none."""
        return await self._policy.propose(self.state, approval)

    async def store_rule(self, rule: "Rule", where: "Where") -> str:
        """Add a rule to a file; returns a sentence on where it stands and whether it counts.

        Raises:
            NotPossibleError: the file does not take it; nothing was written.
        """
        return await self._policy.store(rule, where)

    async def judge_again(self, approval: ApprovalId) -> "Judgement | None":
        """What the rules of now say of a question that was asked before; it waits for the person all the same."""
        return await self._policy.judge_again(self.state, approval)

    async def trust_wanted(self) -> "tuple[TrustItem, ...]":
        """What the repository brings that would count and is not trusted as it is now."""
        return await self._policy.trust_wanted()

    async def trust(self, item: "TrustItem") -> None:
        """Let exactly this content count.

        Raises:
            NotPossibleError: the file has changed since it was read, or the trust could not be kept.
        """
        await self._policy.trust(item)
