"""The questions that are in the journal, asked of the rules once more."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from codex_orch_tui.domain.approval import OUTCOME_OF_CHOICE, Approval
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.back_test import BackTest, Past, back_test
from codex_orch_tui.policy.rule import RULE_KINDS, Rule
from codex_orch_tui.services.asking import asked_of, why_only_a_person


def tested(state: State, rules: Sequence[Rule], since_s: float, environ: Mapping[str, str]) -> BackTest:
    """What rules would have answered.

    Args:
        state: Holds the questions; secrets are taken out of them.
        rules: Those in force, and any that might be.
        since_s: The oldest question that counts, in seconds since the epoch.
        environ: Programs are looked for on this PATH.
    """
    return back_test(rules, _past(state, since_s, environ), now_s=time.time())


def _past(state: State, since_s: float, environ: Mapping[str, str]) -> Iterator[Past]:
    for approval in state.approvals.values():
        if approval.asked_at_s >= since_s and approval.request.kind in RULE_KINDS:
            yield _past_of(approval, state, environ)


def _past_of(approval: Approval, state: State, environ: Mapping[str, str]) -> Past:
    asked = asked_of(approval.request, state.tasks.get(approval.ref), environ, None)
    if why_only_a_person(approval.request):
        asked = replace(asked, worktree="")  # Without one no rule accepts; what it declines it still declines.
    by_person = approval.rule is None and approval.choice is not None
    outcome = OUTCOME_OF_CHOICE[approval.choice] if by_person and approval.choice is not None else approval.outcome
    return Past(
        asked=asked,
        outcome=outcome,
        by_person=by_person,
        at_s=approval.asked_at_s,
        approval=clean_line(approval.id),
        task=clean_line(str(approval.ref)),
    )
