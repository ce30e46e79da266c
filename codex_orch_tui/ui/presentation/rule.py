"""A new rule before it is stored: how wide it is, what it says, where it would stand, what it would have answered."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from codex_orch_tui.domain.approval import Approval, ApprovalKind, Choice
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.back_test import BackTest, RuleTest
from codex_orch_tui.policy.rule import Rule, RuleDecision, RuleKind
from codex_orch_tui.services.judgement import Judgement
from codex_orch_tui.services.policy_types import Proposals, RuleFile, Where
from codex_orch_tui.services.rule_writer import rule_fields, rule_yaml
from codex_orch_tui.ui.presentation.back_test import tried_counts, tried_questions, tried_tone
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph, aligned, labelled
from codex_orch_tui.ui.presentation.rule_words import what
from codex_orch_tui.ui.presentation.trust import short_path

_ID_CHARS = 64
"""The longest id that a file of rules takes."""
_STAYS = "This question still waits for your own answer: a new rule is for the next one."
_DECISIONS = {RuleDecision.ACCEPT: "accept", RuleDecision.ASK: "ask", RuleDecision.DECLINE: "decline"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule that is not stored yet. `back_test` None: it is not known yet."""

    approval: Approval
    proposals: Proposals
    place: int
    rule: Rule
    where: Where
    files: tuple[RuleFile, ...]
    back_test: BackTest | None
    days: int


def said_now(judgement: Judgement) -> str:
    """What the card says of the rules once one was stored: its question was asked before."""
    if judgement.choice is None or judgement.rule is None:
        why = judgement.assessment.why_asked
        return f"{why}; this one still waits for you" if why else ""
    does = "declines" if judgement.choice is Choice.DECLINE else "accepts"
    return f"{judgement.rule.id} {does} the like of it from now on; this one was asked before and still waits for you"


def decided(rule: Rule, decision: RuleDecision, taken: Collection[str] = ()) -> Rule:
    """A proposed rule with another decision, without what narrows an accept only.

    Args:
        rule: The proposal.
        decision: What it shall say.
        taken: The ids of the file that it would stand in; an id stands once in a file.
    """
    if decision is not rule.decision:
        paths = rule.paths if rule.kind is RuleKind.FILE_CHANGE else ()
        name = f"{decision}-{rule.id}"
        rule = replace(rule, id=name, decision=decision, options=None, paths=paths, no_match=())
    return replace(rule, id=_free_id(rule.id, taken))


def _free_id(name: str, taken: Collection[str]) -> str:
    for number in count(1):
        tail = f"-{number}" if number > 1 else ""
        if (found := name[: _ID_CHARS - len(tail)] + tail) not in taken:
            return found
    raise AssertionError("numbers do not end")


def title(approval: Approval) -> str:
    """The dialog's title."""
    return f"A rule from this question of {approval.ref.task}"


def request_line(approval: Approval) -> Paragraph:
    """The question in short."""
    request = approval.request
    match request.kind:
        case ApprovalKind.FILE_CHANGE:
            text = "change of " + (", ".join(edit.path for edit in request.files) or "files")
        case ApprovalKind.NETWORK:
            text = f"the network: {request.host}"
        case _:
            text = request.command or request.reason or request.kind.value
    sign = "$" if request.kind is ApprovalKind.COMMAND else "·"
    return Paragraph(text=clean_line(text), label=sign, indent=3, is_verbatim=True, is_strong=True)


def reading_lines(approval: Approval) -> list[Paragraph]:
    """While the proposals are made."""
    return [request_line(approval), BLANK, Paragraph(text="Looking for rules…", tone=Tone.QUIET)]


def none_lines(approval: Approval, proposals: Proposals) -> list[Paragraph]:
    """No rule can be made."""
    return [
        request_line(approval),
        BLANK,
        Paragraph(text="No rule can be made that accepts this.", is_strong=True),
        Paragraph(text=f"Why: {clean_line(proposals.why_none)}" if proposals.why_none else ""),
        BLANK,
        Paragraph(text="This question waits for your own answer, and so will the next one like it.", tone=Tone.QUIET),
    ]


def draft_lines(draft: Draft, root: Path, home: Path, now_s: float) -> tuple[Paragraph, ...]:
    """The dialog's text.

    Args:
        draft: The rule.
        root: The repository's main worktree.
        home: The person's home folder.
        now_s: The time now, seconds since the epoch.
    """
    return (
        request_line(draft.approval),
        BLANK,
        *aligned(
            [
                *_width(draft),
                *_effect(draft),
                _past(draft),
                labelled("stored in", _place(draft, root, home)),
            ]
        ),
        BLANK,
        *_yaml(draft.rule),
        BLANK,
        Paragraph(text=_STAYS, tone=Tone.QUIET),
        *_past_questions(draft, now_s),
    )


def _width(draft: Draft) -> list[Paragraph]:
    total = len(draft.proposals.options)
    lines = [labelled("rule", what(draft.rule), is_verbatim=True, is_strong=True)]
    if total > 1:
        marks = " ".join("●" if at == draft.place else "○" for at in range(total))
        word = {0: ", the narrowest", total - 1: ", the widest"}.get(draft.place, "")
        lines.append(labelled("how wide", f"{marks}  {draft.place + 1} of {total}{word}"))
    chosen = "   ".join(
        f"{'●' if decision is draft.rule.decision else '○'} {word}" for decision, word in _DECISIONS.items()
    )
    return [*lines, labelled("decision", chosen)]


def _effect(draft: Draft) -> list[Paragraph]:
    match draft.rule.decision:
        case RuleDecision.ACCEPT:
            return [labelled("lets through", clean_line(draft.proposals.options[draft.place].sentence))]
        case RuleDecision.ASK:
            return [labelled("asks", "all that begins like this is left to you, also where another rule accepts it")]
        case RuleDecision.DECLINE:
            return [
                labelled(
                    "declines",
                    "all that begins like this, also inside of other commands; the worker is told no at once",
                )
            ]


def _place(draft: Draft, root: Path, home: Path) -> str:
    file = next((each for each in draft.files if each.where is draft.where), None)
    if draft.where is Where.USER:
        told = "all your repositories" + (f" · {short_path(file.path, root, home)}" if file is not None else "")
    else:
        told = "this repository only" + (f" · {short_path(file.path, root, home)}" if file is not None else "")
    if file is not None and file.problems:
        return f"{told}: it is broken and takes no rule until it is mended"
    if file is not None and file.exists and not file.is_trusted:
        return f"{told}: it is not trusted, so the rule would not count until you accept that file"
    return told if file is None or file.exists else f"{told}, a new file"


def _yaml(rule: Rule) -> list[Paragraph]:
    lines = rule_yaml(rule_fields(rule)).splitlines()
    return [Paragraph(text=clean_line(line), indent=3, is_verbatim=True, tone=Tone.QUIET) for line in lines]


def _past(draft: Draft) -> Paragraph:
    """What a person decides upon, above what can be scrolled away."""
    label = f"last {draft.days} days"
    if draft.back_test is None:
        return labelled(label, "trying it on the questions of then…", tone=Tone.QUIET)
    test = _others(draft, draft.back_test)
    if not test.answers:
        return labelled(label, "no other question that it would have answered")
    told = f"it would have answered {len(test.answers)}: {tried_counts(test)}"
    return labelled(label, told, tone=tried_tone(test))


def _past_questions(draft: Draft, now_s: float) -> Iterator[Paragraph]:
    test = _others(draft, draft.back_test) if draft.back_test is not None else None
    if test is not None and test.answers:
        yield BLANK
        yield from tried_questions(test, now_s)


def _others(draft: Draft, back_test: BackTest) -> RuleTest:
    """The rule's answers without the one to the question that it was made from."""
    test = back_test.of(draft.rule)
    own = clean_line(draft.approval.id)
    return replace(test, answers=tuple(answer for answer in test.answers if answer.past.approval != own))
