"""What a rule would have answered of the questions of the past: where it differs from the person comes first."""

import time
from collections.abc import Iterator, Mapping

from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.back_test import Answer, BackTest, Past, RuleTest
from codex_orch_tui.policy.rule import RuleDecision
from codex_orch_tui.policy.unfold import unfold
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph

MAX_SHOWN = 50
"""Questions of each group; the numbers count all."""

_SAYS = {
    RuleDecision.ACCEPT: "it accepts",
    RuleDecision.ASK: "it leaves it to you",
    RuleDecision.DECLINE: "it declines",
}
_BEATEN_BY = {
    RuleDecision.ASK: "but another rule leaves it to you",
    RuleDecision.DECLINE: "but another rule declines it",
}
_YOU: Mapping[Outcome, str] = {
    Outcome.ACCEPTED: "you accepted",
    Outcome.ACCEPTED_FOR_SESSION: "you accepted for the session",
    Outcome.ACCEPTED_FOR_GOOD: "you accepted for good",
    Outcome.GRANTED: "you granted it",
    Outcome.DECLINED: "you declined",
    Outcome.CANCELLED: "you cancelled the turn",
}
_NOT_YOU: Mapping[Outcome, str] = {
    Outcome.PENDING: "it waits for you",
    Outcome.BY_RULE: "a rule answered",
    Outcome.DECLINED: "a rule declined",
    Outcome.EXPIRED: "it expired",
    Outcome.SUPERSEDED: "it was superseded",
    Outcome.WORKER_LOST: "its worker was lost",
}


def builtin_test(back_test: BackTest, name: str) -> RuleTest:
    """The test of a built-in decline; an empty one when it did not speak."""
    return next(
        (test for test in back_test.rules if test.rule is None and test.id == name), RuleTest(id=name, rule=None)
    )


def tried_line(test: RuleTest, days: int) -> str:
    """The numbers, as a sentence."""
    if not test.answers:
        return f"In the last {days} days there was no question that it would have answered."
    total, counts = len(test.answers), tried_counts(test)
    return f"In the last {days} days it would have answered {total} question{'s' if total != 1 else ''}: {counts}."


def tried_counts(test: RuleTest) -> str:
    """How its answers stand to the person's."""
    parts = (
        (len(test.disagreements), "otherwise than you"),
        (test.agreements, "as you did"),
        (sum(answer.agrees is None for answer in test.answers), "without an answer of yours"),
    )
    return ", ".join(f"{number} {words}" for number, words in parts if number)


def tried_tone(test: RuleTest) -> Tone:
    """Red when it lets through what the person did not."""
    return Tone.BAD if any(answer.says is RuleDecision.ACCEPT for answer in test.disagreements) else Tone.PLAIN


def tried_questions(test: RuleTest, now_s: float) -> Iterator[Paragraph]:
    """The questions: those that it would have answered otherwise than the person first, each group newest first.

    Args:
        test: The rule's answers.
        now_s: The time now, seconds since the epoch.
    """
    for heading, agrees in (("otherwise than you", False), ("as you did", True), ("without an answer of yours", None)):
        group = [answer for answer in test.answers if answer.agrees is agrees]
        if not group:
            continue
        yield Paragraph(text=heading, indent=3, tone=Tone.QUIET)
        for answer in sorted(group, key=lambda each: -each.past.at_s)[:MAX_SHOWN]:
            yield from _question(answer, now_s)
        if len(group) > MAX_SHOWN:
            yield Paragraph(text=f"and {len(group) - MAX_SHOWN:,} more", indent=5, tone=Tone.QUIET)


def _question(answer: Answer, now_s: float) -> Iterator[Paragraph]:
    """What was asked in full; below it who said what, except where all is as it was."""
    past, agrees = answer.past, answer.agrees
    when = day_time(past.at_s, now_s)
    yield Paragraph(
        text=question(past.asked),
        label={False: "≠", True: "=", None: "·"}[agrees],
        label_tone=Tone.BAD if agrees is False and answer.says is RuleDecision.ACCEPT else Tone.PLAIN,
        indent=3,
        remark=when if agrees else "",
        is_verbatim=True,
    )
    if not agrees:
        parts = (person(past), _SAYS[answer.says], _beaten(answer))
        told = ", ".join(filter(None, parts))
        task = clean_line(past.task.rpartition("/")[2])
        yield Paragraph(text=" · ".join(filter(None, (told, task, when))), indent=5, tone=Tone.QUIET)


def question(asked: Asked) -> str:
    """What was asked for, as one clean line."""
    text = unfold(asked.command) or (f"the network: {asked.host}" if asked.host else "")
    return clean_line(text or "changes of " + (", ".join(asked.paths) or "files"))


def person(past: Past) -> str:
    """What was done about it then."""
    return (_YOU if past.by_person else _NOT_YOU).get(past.outcome, past.outcome.value.replace("_", " "))


def _beaten(answer: Answer) -> str:
    return _BEATEN_BY.get(answer.verdict, "") if answer.verdict is not answer.says else ""


def day_time(at_s: float, now_s: float) -> str:
    """When it was, in few cells: the time today, the day and the time before."""
    at, now = time.localtime(at_s), time.localtime(now_s)
    return time.strftime("%H:%M" if at[:3] == now[:3] else "%d %b %H:%M", at)
