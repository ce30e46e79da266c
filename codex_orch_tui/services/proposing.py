"""Rules that would answer a question, as they would stand in a file."""

import time
from collections.abc import Sequence
from dataclasses import replace

from codex_orch_tui.domain.approval import ApprovalRequest
from codex_orch_tui.domain.secrets import holds_mark
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.judge import judge
from codex_orch_tui.policy.propose import Proposal, propose
from codex_orch_tui.policy.rule import Rule
from codex_orch_tui.services.asking import why_only_a_person
from codex_orch_tui.services.policy_types import Proposals
from codex_orch_tui.services.rule_writer import rule_fields, rule_yaml


def proposals_for(request: ApprovalRequest, asked: Asked, rules: Sequence[Rule]) -> Proposals:
    """Rules for a question.

    Args:
        request: The question, with secrets taken out: none of them gets into a rule.
        asked: The same as the rules see it.
        rules: The rules in force.
    """
    if why := why_only_a_person(request):
        return Proposals(why_none=clean_line(why))
    if holds_mark(asked.command):
        return Proposals(why_none="it holds a secret, and no secret gets into a file of rules")
    found = propose(asked, judge(asked, rules, now_s=time.time()), rules)
    taken = {rule.id for rule in rules}
    options = tuple(_named(proposal, taken) for proposal in found.proposals)
    return Proposals(
        options=options,
        texts=tuple(rule_yaml(rule_fields(option.rule)) for option in options),
        why_none=clean_line(found.why_none),
    )


def _named(proposal: Proposal, taken: set[str]) -> Proposal:
    """With an id that no rule in force has, and a sentence that can be shown."""
    name, number = proposal.rule.id, 1
    while name in taken:
        number += 1
        name = f"{proposal.rule.id[:60]}-{number}"
    return Proposal(rule=replace(proposal.rule, id=name), sentence=clean_line(proposal.sentence))
