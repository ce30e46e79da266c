"""A new rule from a question: narrowed, widened, decided, placed, tried, stored."""

from dataclasses import replace
from typing import Any

import pytest

from codex_orch_tui.domain.approval import Assessment, Choice, Outcome, Risk, RuleRef
from codex_orch_tui.policy.rule import RuleDecision
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.judgement import Judgement
from codex_orch_tui.services.policy_types import Proposals, Where
from codex_orch_tui.ui.presentation.paragraphs import plain_text
from codex_orch_tui.ui.presentation.rule import Draft, decided, draft_lines, said_now
from codex_orch_tui.ui.screens.main import MainScreen
from codex_orch_tui.ui.screens.rule import RuleScreen
from tests.fakes.states import NOW_S, command_request, shop
from tests.ui.rule_scene import (
    EXACT,
    FILES,
    NARROW,
    OWN,
    PROPOSALS,
    ROOT,
    WIDE,
    WIDER,
    Stage,
    answer,
    opened,
    past,
    tried,
)


async def rule_of_the_question(on: Stage) -> None:
    """The person is at the question and wants a rule."""
    await on.press("g", "r")
    await on.until(lambda: isinstance(on.app.screen, RuleScreen))
    await on.pilot.pause()


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_r_opens_the_narrowest_rule_with_its_back_test(size: tuple[int, int]) -> None:
    async with opened(shop(), size) as on:
        on.fake.back_test = tried(EXACT, answer(past("git log --oneline", Outcome.DECLINED), RuleDecision.ACCEPT))
        await rule_of_the_question(on)
        await on.until_shown("it would have answered 1: 1 otherwise than you")
        for part in (
            "npm install --save-dev supertest@7",
            "1 of 2, the narrowest",
            "exactly git log --oneline.",
            "● accept   ○ ask   ○ decline",
            "this repository only",
            "- id: git-log",
            "args: [log, --oneline]",
        ):
            assert part in on.text(), part
        ((approval,),) = on.fake.asked("propose_rules")
        assert approval == on.fake.state.pending[0].id


async def test_keys_change_the_rule_and_ctrl_s_stores_what_is_shown() -> None:
    async with opened(shop()) as on:
        await rule_of_the_question(on)
        await on.press("left", "right", "right")
        await on.until_shown("2 of 2, the widest")
        assert "git log with the options --oneline." in on.text()
        await on.press("d")
        await on.until_shown("○ accept   ○ ask   ● decline")
        assert "also inside of other commands" in on.text()
        await on.press("s", "w")
        await on.until_shown("● ask")
        assert "all your repositories" in on.text()
        stored = decided(WIDER, RuleDecision.ASK)
        await on.until(lambda: stored in [extra for _since, extra in on.fake.asked("policy_back_test")])
        await on.press("ctrl+s")
        await on.until(lambda: isinstance(on.app.screen, MainScreen))
        assert on.fake.asked("store_rule") == [(stored, Where.USER)]
        assert "in force: ask-git-log-any" in on.notes()


async def test_the_question_itself_is_not_answered() -> None:
    async with opened(shop()) as on:
        await rule_of_the_question(on)
        await on.until_shown("no other question that it would have answered")
        assert "still waits for your own answer" in on.text()
        await on.press("ctrl+s")
        await on.until(lambda: isinstance(on.app.screen, MainScreen))
        assert on.fake.asked("store_rule") == [(EXACT, Where.REPOSITORY)]
        assert on.fake.asked("answer") == []
        assert on.app.main_screen.needs_you.has_focus_within


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_card_says_what_the_stored_rule_does_and_that_this_question_waits(size: tuple[int, int]) -> None:
    story = shop()
    (approval,) = story.state.pending
    later = story.ask(approval.ref, command_request(story, approval.ref, number=2))
    async with opened(story, size) as on:
        rule = RuleRef(id="git-log", file="policy.yaml", sha256="0" * 64)
        on.fake.judgement = Judgement(assessment=Assessment(risk=Risk.LOW), choice=Choice.ACCEPT, rule=rule)
        await rule_of_the_question(on)
        await on.until_shown("no other question that it would have answered")
        await on.press("ctrl+s")
        await on.until(lambda: isinstance(on.app.screen, MainScreen))
        said = "git-log accepts the like of it from now on; this one was asked before and still waits for you"
        words = lambda: " ".join(on.text().replace("│", " ").split())  # noqa: E731
        inbox = on.app.main_screen.needs_you.inbox
        assert inbox is not None
        await on.until(lambda: said in plain_text(inbox._card._text.paragraphs))
        assert on.fake.asked("judge_again") == [(approval.id,)]
        await on.press("right_square_bracket")
        await on.until(lambda: inbox.shown is not None and inbox.shown.id == later)
        assert said not in plain_text(inbox._card._text.paragraphs), "of another question nothing is known"
        await on.press("left_square_bracket", "end")
        await on.until(lambda: "still waits for you" in words())
        await on.press("a")
        await on.until(lambda: on.fake.asked("answer"))
        assert on.fake.asked("answer")[0][0] == approval.id


def test_what_the_card_says_of_the_rules_now() -> None:
    nothing = Judgement(assessment=Assessment(risk=Risk.LOW, why_asked="no rule speaks of it"))
    assert said_now(nothing) == "no rule speaks of it; this one still waits for you"
    rule = RuleRef(id="no-curl", file="policy.yaml", sha256="0" * 64)
    declined = replace(nothing, choice=Choice.DECLINE, rule=rule)
    assert said_now(declined).startswith("no-curl declines the like of it from now on;")


async def test_nothing_is_stored_before_its_back_test_is_known() -> None:
    async with opened(shop()) as on:
        on.fake.raises["policy_back_test"] = NotPossibleError("no journal")
        await rule_of_the_question(on)
        await on.until_shown("- id: git-log")
        await on.press("ctrl+s", "enter")
        assert on.fake.asked("store_rule") == []
        assert "not known yet" in on.notes()
        await on.press("escape")
        await on.until(lambda: isinstance(on.app.screen, MainScreen))


async def test_where_no_rule_can_accept_it_says_so_and_why() -> None:
    async with opened(shop()) as on:
        on.fake.proposals = Proposals(why_none="the rules do not read > [/x]")
        await rule_of_the_question(on)
        await on.until_shown("No rule can be made that accepts this.")
        assert "Why: the rules do not read > [/x]" in on.text()
        await on.press("a", "right", "w", "ctrl+s")
        assert on.fake.asked("store_rule") == []
        assert on.fake.asked("policy_back_test") == []


async def test_what_could_not_be_stored_is_told_and_the_rule_stays() -> None:
    async with opened(shop()) as on:
        on.fake.raises["store_rule"] = NotPossibleError("policy.yaml is to be mended first")
        await rule_of_the_question(on)
        await on.until_shown("no other question that it would have answered")
        await on.press("ctrl+s")
        await on.until(lambda: "is to be mended first" in on.notes())
        assert isinstance(on.app.screen, RuleScreen)
        del on.fake.raises["store_rule"]
        await on.press("ctrl+s")
        await on.until(lambda: isinstance(on.app.screen, MainScreen))
        assert len(on.fake.asked("store_rule")) == 2


async def test_a_question_that_cannot_be_looked_at_is_told() -> None:
    async with opened(shop()) as on:
        on.fake.raises["propose_rules"] = NotPossibleError("the journal cannot be read")
        await rule_of_the_question(on)
        await on.until_shown("Why: the journal cannot be read")


# What is said.


def text_of(**fields: Any) -> str:
    approval = shop().state.pending[0]
    given = {"proposals": PROPOSALS, "place": 0, "rule": EXACT, "where": Where.REPOSITORY, "files": FILES}
    draft = Draft(**{"approval": approval, "back_test": None, "days": 7, **given, **fields})
    return plain_text(draft_lines(draft, ROOT, OWN.parents[2], NOW_S))


@pytest.mark.parametrize(
    ("files", "where", "words"),
    [
        (FILES, Where.USER, "all your repositories · ~/.config/codex-orch-tui/policy.yaml"),
        ((replace(FILES[0], exists=False, is_trusted=False),), Where.REPOSITORY, "policy.yaml, a new file"),
        ((replace(FILES[0], is_trusted=False),), Where.REPOSITORY, "would not count until you accept that file"),
        ((replace(FILES[0], problems=("line 3",)),), Where.REPOSITORY, "takes no rule until it is mended"),
    ],
)
def test_where_it_would_stand_and_whether_it_would_count(files: Any, where: Where, words: str) -> None:
    assert words in text_of(files=files, where=where)


def test_the_question_itself_is_no_question_of_the_past() -> None:
    own = replace(past("git log --oneline", Outcome.PENDING, by_person=False), approval=shop().state.pending[0].id)
    other = past("git log --oneline", Outcome.ACCEPTED)
    back_test = tried(EXACT, answer(own, RuleDecision.ACCEPT), answer(other, RuleDecision.ACCEPT))
    assert "it would have answered 1: 1 as you did" in text_of(back_test=back_test)


def test_only_an_accept_is_narrowed() -> None:
    declines = decided(WIDER, RuleDecision.DECLINE)
    assert (declines.id, declines.options, declines.no_match) == ("decline-git-log-any", None, ())
    assert decided(WIDER, RuleDecision.ACCEPT) == WIDER


def test_an_id_stands_once_in_a_file() -> None:
    assert decided(WIDER, RuleDecision.ACCEPT, {WIDER.id, f"{WIDER.id}-2"}).id == f"{WIDER.id}-3"
    long = replace(WIDER, id="a" * 64)
    assert decided(long, RuleDecision.ACCEPT, {long.id}).id == "a" * 62 + "-2"
