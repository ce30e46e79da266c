"""Rules tried on the past. Every command is text for a parser; none is run."""

from typing import Any

from codex_orch_tui.domain.approval import ApprovalKind, Outcome
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.back_test import Past, back_test
from codex_orch_tui.policy.rule import REST, Rule, RuleDecision, RuleKind


def past(command: str, outcome: Outcome, *, at_s: float = 1.0, by_person: bool = True) -> Past:
    asked = Asked(
        kind=ApprovalKind.COMMAND,
        command=command,
        cwd="/r/w",
        worktree="/r/w",
        find_program=lambda name: f"/usr/bin/{name}",
        real_path=lambda path: path,
        git_trouble=lambda: "",
    )
    return Past(asked=asked, outcome=outcome, by_person=by_person, at_s=at_s, approval=f"a{at_s}", task="run/task")


def rule(program: str, decision: RuleDecision = RuleDecision.ACCEPT, **fields: Any) -> Rule:
    return Rule(
        id=f"{program}-{decision}", kind=RuleKind.COMMAND, decision=decision, program=program, args=(REST,), **fields
    )


def test_agreements_and_disagreements_are_counted() -> None:
    ls = rule("ls")
    result = back_test(
        [ls],
        [
            past("ls a", Outcome.DECLINED, at_s=3.0),
            past("ls b", Outcome.ACCEPTED, at_s=1.0),
            past("ls c", Outcome.ACCEPTED_FOR_SESSION, at_s=2.0),
            past("ls d", Outcome.EXPIRED, at_s=4.0),
            past("ls e", Outcome.DECLINED, at_s=5.0, by_person=False),
            past("wc f", Outcome.ACCEPTED, at_s=6.0),
        ],
        now_s=10.0,
    )
    test = result.of(ls)
    assert [(answer.past.at_s, answer.agrees) for answer in test.answers] == [
        (1.0, True),
        (2.0, True),
        (3.0, False),
        (4.0, None),
        (5.0, None),
    ]
    assert test.agreements == 2
    assert [answer.past.at_s for answer in test.disagreements] == [3.0]
    assert result.total == 6
    assert result.left_to_person == 1
    assert [answer.past.at_s for answer in result.disagreements] == [3.0]


def test_a_decline_that_the_person_made_too_agrees() -> None:
    no = rule("rm", RuleDecision.DECLINE)
    result = back_test([no], [past("sudo rm x", Outcome.CANCELLED), past("rm y", Outcome.ACCEPTED)], now_s=0.0)
    assert [answer.agrees for answer in result.of(no).answers] == [True, False]


def test_to_leave_it_to_the_person_always_agrees_and_answers_nothing() -> None:
    ask = rule("ls", RuleDecision.ASK)
    result = back_test([ask], [past("ls", Outcome.DECLINED), past("ls", Outcome.ACCEPTED)], now_s=0.0)
    assert [answer.agrees for answer in result.of(ask).answers] == [True, True]
    assert result.answers == ()
    assert result.left_to_person == 2


def test_a_rule_that_another_beats_shows_it() -> None:
    yes, no = rule("ls"), rule("ls", RuleDecision.DECLINE)
    result = back_test([yes, no], [past("ls", Outcome.ACCEPTED)], now_s=0.0)
    (answer,) = result.of(yes).answers
    assert answer.says is RuleDecision.ACCEPT
    assert answer.verdict is RuleDecision.DECLINE
    assert [one.says for one in result.answers] == [RuleDecision.DECLINE]


def test_rules_that_accept_a_line_together_are_each_counted() -> None:
    ls, wc = rule("ls"), rule("wc")
    line = past("ls a && wc b", Outcome.ACCEPTED)
    assert back_test([ls], [line], now_s=0.0).of(ls).answers == ()
    together = back_test([ls, wc], [line], now_s=0.0)
    assert len(together.of(ls).answers) == len(together.of(wc).answers) == 1


def test_built_in_declines_stand_at_the_end() -> None:
    result = back_test(
        [rule("ls")], [past("git push", Outcome.DECLINED), past("git push", Outcome.ACCEPTED)], now_s=0.0
    )
    assert [test.id for test in result.rules] == ["ls-accept", "builtin.git-push"]
    assert result.rules[1].rule is None
    assert [answer.agrees for answer in result.rules[1].answers] == [True, False]


def test_an_expired_rule_says_nothing() -> None:
    old = rule("ls", expires_s=5.0)
    question = past("ls", Outcome.ACCEPTED)
    assert back_test([old], [question], now_s=6.0).of(old).answers == ()
    assert len(back_test([old], [question], now_s=4.0).of(old).answers) == 1


def test_without_rules_or_past_there_is_an_empty_result() -> None:
    assert back_test([], [], now_s=0.0).total == 0
    assert back_test([rule("ls")], [], now_s=0.0).rules[0].answers == ()


def test_a_rule_that_was_not_tested_has_an_empty_test() -> None:
    assert back_test([], [], now_s=0.0).of(rule("ls")).answers == ()
