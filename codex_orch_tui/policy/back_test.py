"""What rules would have answered of the questions of the past, beside what the person did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.judge import Verdict, judge, speaks_of
from codex_orch_tui.policy.rule import Rule, RuleDecision

_SAID: dict[Outcome, RuleDecision] = {
    Outcome.ACCEPTED: RuleDecision.ACCEPT,
    Outcome.ACCEPTED_FOR_SESSION: RuleDecision.ACCEPT,
    Outcome.ACCEPTED_FOR_GOOD: RuleDecision.ACCEPT,
    Outcome.GRANTED: RuleDecision.ACCEPT,
    Outcome.DECLINED: RuleDecision.DECLINE,
    Outcome.CANCELLED: RuleDecision.DECLINE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A question of the past. `asked` looks at the disk as it is now: a program that is gone is not found.

    `by_person`: the outcome is a person's answer, not a rule's and not the end of a worker. `at_s` is when it was
    asked, seconds since the epoch; `approval` and `task` are ids as texts.
    """

    asked: Asked
    outcome: Outcome
    by_person: bool
    at_s: float
    approval: str
    task: str

    @property
    def person_said(self) -> RuleDecision | None:
        """Yes or no; None: no person said either."""
        return _SAID.get(self.outcome) if self.by_person else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a rule, or all rules together, would have said to a question.

    `verdict` is what all rules together say: another than `says` means that another rule beats this one.
    """

    past: Past
    says: RuleDecision
    verdict: RuleDecision

    @property
    def agrees(self) -> bool | None:
        """Whether the person said the same. To leave it to the person always agrees; None: no person said anything."""
        said = self.past.person_said
        return None if said is None else self.says in {said, RuleDecision.ASK}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """The answers of one rule, oldest first. `rule` None: a built-in decline; `id` names it."""

    id: str
    rule: Rule | None
    answers: tuple[Answer, ...] = ()

    @property
    def agreements(self) -> int:
        """How often the person said the same."""
        return sum(answer.agrees is True for answer in self.answers)

    @property
    def disagreements(self) -> tuple[Answer, ...]:
        """Where the person said otherwise."""
        return tuple(answer for answer in self.answers if answer.agrees is False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """The result: each rule for itself, in the order of the rules with the built-in ones that spoke at the end.

    `total` are all questions that were looked at, `answers` those that all rules together would have accepted or
    declined.
    """

    total: int
    rules: tuple[RuleTest, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def left_to_person(self) -> int:
        """How many questions would still have been asked."""
        return self.total - len(self.answers)

    @property
    def disagreements(self) -> tuple[Answer, ...]:
        """Where all rules together would have answered otherwise than the person did."""
        return tuple(answer for answer in self.answers if answer.agrees is False)

    def of(self, rule: Rule) -> RuleTest:
        """The test of one rule; an empty one for a rule that was not tested."""
        return next((test for test in self.rules if test.rule == rule), RuleTest(id=rule.id, rule=rule))


def back_test(rules: Sequence[Rule], past: Iterable[Past], *, now_s: float) -> BackTest:
    """Try rules on the past.

    Args:
        rules: Those that are in force, and any that might be; expired ones say nothing.
        past: The questions, in any order.
        now_s: The time now, seconds since the epoch.
    """
    in_force = [rule for rule in rules if rule.is_in_force(now_s)]
    answers_of: dict[int, list[Answer]] = {}
    builtin: dict[str, list[Answer]] = {}
    together: list[Answer] = []
    total = 0
    for one in sorted(past, key=lambda question: question.at_s):
        total += 1
        verdict = judge(one.asked, in_force, now_s=now_s)
        if verdict.decision is not RuleDecision.ASK:
            together.append(Answer(past=one, says=verdict.decision, verdict=verdict.decision))
        if verdict.builtin:
            answer = Answer(past=one, says=verdict.decision, verdict=verdict.decision)
            builtin.setdefault(verdict.builtin, []).append(answer)
        for index, rule in enumerate(in_force):
            if _speaks(rule, one.asked, verdict):
                answer = Answer(past=one, says=rule.decision, verdict=verdict.decision)
                answers_of.setdefault(index, []).append(answer)
    tests = [
        RuleTest(id=rule.id, rule=rule, answers=tuple(answers_of.get(index, ()))) for index, rule in enumerate(in_force)
    ]
    tests += [RuleTest(id=rule.id, rule=rule) for rule in rules if not rule.is_in_force(now_s)]
    tests += [RuleTest(id=name, rule=None, answers=tuple(answers)) for name, answers in builtin.items()]
    return BackTest(total=total, rules=tuple(tests), answers=tuple(together))


def _speaks(rule: Rule, asked: Asked, verdict: Verdict) -> bool:
    """Alone, or as one of several that accept a line of several commands together."""
    return rule in verdict.rules or speaks_of(rule, asked)
