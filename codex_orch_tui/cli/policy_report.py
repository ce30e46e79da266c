"""A back-test as text and as JSON."""

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.unfold import shown_script

if TYPE_CHECKING:
    from codex_orch_tui.cli.repository_state import SeenState
    from codex_orch_tui.policy.back_test import Answer, BackTest, RuleTest
    from codex_orch_tui.services.policy_types import RuleFile

SCHEMA_VERSION = 1
_MAX_SHOWN = 5
"""Questions that are listed below each rule; how many more there are is said."""


def back_test_lines(found: "BackTest", files: "Iterable[RuleFile]", since_s: float) -> Iterator[str]:
    """For people: the whole first, then every rule that answers any, what the person answered otherwise in front."""
    yield f"since {_moment(since_s)}: {_questions(found.total)}"
    for file in files:
        yield from file.problems
        if file.why_silent and not file.problems:
            yield file.why_silent
    if not found.total:
        yield "nothing to compare: no command, file change or host was asked for"
        return
    yield (
        f"the rules would have answered {len(found.answers)} and left {found.left_to_person} to you; "
        f"{len(found.disagreements)} otherwise than you did"
    )
    for test in found.rules:
        if test.answers:
            yield ""
            yield from _of_rule(test)
    silent = sum(not test.answers for test in found.rules)
    if silent:
        yield ""
        yield f"{silent} rule{'s' if silent > 1 else ''} would have answered none of them"


def back_test_document(
    found: "BackTest", files: "Iterable[RuleFile]", seen: "SeenState", since_s: float
) -> dict[str, object]:
    """For programs; see schemas/policy_test.json."""
    return {
        "schema_version": SCHEMA_VERSION,
        "repository": clean_line(str(seen.root)),
        "since_s": since_s,
        "questions": found.total,
        "answered": len(found.answers),
        "left_to_person": found.left_to_person,
        "disagreements": len(found.disagreements),
        "files": list(map(_file, files)),
        "rules": [_rule(test) for test in found.rules],
        "answers": [_answer(answer) for answer in found.answers],
    }


def check_document(files: "Iterable[RuleFile]") -> dict[str, object]:
    """For programs; see schemas/policy_check.json."""
    told = list(map(_file, files))
    return {"schema_version": SCHEMA_VERSION, "ok": not any(one["problems"] for one in told), "files": told}


def _file(file: "RuleFile") -> dict[str, object]:
    return {
        "path": clean_line(str(file.path)),
        "where": file.where.value,
        "exists": file.exists,
        "trusted": file.is_trusted,
        "rules": len(file.rules),
        "problems": list(file.problems),
    }


def _of_rule(test: "RuleTest") -> Iterator[str]:
    decision = test.rule.decision.value if test.rule is not None else "decline, built in"
    against = test.disagreements
    counts = f"{len(test.answers)}, as you did {test.agreements}, otherwise {len(against)}"
    yield f"{clean_line(test.id)} ({decision}): {counts}"
    others = [answer for answer in test.answers if answer.agrees is not False]
    shown = [*reversed(against), *reversed(others)]
    for answer in shown[:_MAX_SHOWN]:
        sign = "≠" if answer.agrees is False else " "
        yield f"  {sign} {_moment(answer.past.at_s)}  {_what(answer)}  {_said(answer)}"
    if len(shown) > _MAX_SHOWN:
        yield f"    and {len(shown) - _MAX_SHOWN} more"


def _said(answer: "Answer") -> str:
    person = answer.past.person_said
    you = f"you: {person.value}" if person is not None else f"ended: {answer.past.outcome.replace('_', ' ')}"
    beaten = f", but other rules together: {answer.verdict.value}" if answer.verdict is not answer.says else ""
    return f"[rule: {answer.says.value}{beaten} · {you}]"


def _what(answer: "Answer") -> str:
    asked = answer.past.asked
    return clean_line(shown_script(asked.command) or asked.host or ", ".join(asked.paths))


def _rule(test: "RuleTest") -> dict[str, object]:
    rule = test.rule
    return {
        "id": clean_line(test.id),
        "decision": rule.decision.value if rule is not None else "decline",
        "file": clean_line(rule.file) if rule is not None else None,
        "line": rule.line if rule is not None else None,
        "sha256": rule.sha256 if rule is not None else None,
        "agreements": test.agreements,
        "disagreements": len(test.disagreements),
        "answers": [_answer(answer) for answer in test.answers],
    }


def _answer(answer: "Answer") -> dict[str, object]:
    past = answer.past
    return {
        "approval": past.approval,
        "task": past.task,
        "asked_at_s": past.at_s,
        "kind": past.asked.kind.value,
        "what": _what(answer),
        "says": answer.says.value,
        "together": answer.verdict.value,
        "outcome": past.outcome.value,
        "by_person": past.by_person,
        "agrees": answer.agrees,
    }


def _questions(number: int) -> str:
    return f"{number} question" if number == 1 else f"{number} questions"


def _moment(at_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at_s))
