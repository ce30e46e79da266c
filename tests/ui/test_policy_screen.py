"""The screen of the rules: what is in force, what each would have answered, what waits for trust."""

import time
from dataclasses import replace

import pytest

from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.policy.back_test import BackTest
from codex_orch_tui.policy.builtin import BUILTIN_DECLINES
from codex_orch_tui.policy.rule import RuleDecision, RuleKind
from codex_orch_tui.services.policy_types import RuleFile, Where
from codex_orch_tui.services.trust import TrustItem, TrustKind
from codex_orch_tui.ui.presentation.back_test import MAX_SHOWN, question, tried_questions
from codex_orch_tui.ui.presentation.paragraphs import plain_text
from codex_orch_tui.ui.presentation.policy import Overview, PolicyRows, detail, head_line
from codex_orch_tui.ui.presentation.rule_words import rule_lines, what
from codex_orch_tui.ui.screens.main import MainScreen
from codex_orch_tui.ui.screens.policy import PolicyScreen
from codex_orch_tui.ui.screens.trust import TrustScreen
from tests.fakes.states import NOW_S, shop
from tests.ui.rule_scene import (
    FILES,
    LOOK,
    LOOKED,
    NARROW,
    NO_CURL,
    OLD,
    OWN,
    ROOT,
    SHARED,
    WIDE,
    answer,
    opened,
    past,
    rule,
    tried,
)

HOME = OWN.parents[2]
UNTRUSTED = TrustItem(
    path=SHARED, kind=TrustKind.RULES, means="Rules of this repository.", what=("rules: []",), sha256="ab" * 32
)
OVERVIEW = Overview(files=FILES, back_test=LOOKED, untrusted=(), days=7, now_s=NOW_S)


def row_texts(overview: Overview) -> list[str]:
    rows = PolicyRows(ROOT, HOME, ascii_only=False).sheet(overview).rows
    return [" ".join(filter(None, (row.sign, row.text, row.remark, row.tail))) for row in rows]


def told(overview: Overview, key: str) -> str:
    title, lines = detail(overview, key, ROOT, HOME)
    return f"{title}\n{plain_text(lines)}"


# What is said.


def test_rules_stand_below_their_files_with_what_they_would_have_answered() -> None:
    assert row_texts(OVERVIEW) == [
        "✓ of this repository · .orchestrator/policy.yaml in force",
        "✓ git-look accepts ≠1 of 3",
        "✓ old-docs expired –",
        "✓ your own · ~/.config/codex-orch-tui/policy.yaml in force",
        "✗ no-curl declines –",
        "✓ built in",
        *(f"✗ {each.id.removeprefix('builtin.')} declines –" for each in BUILTIN_DECLINES),
    ]


def test_a_file_says_why_it_does_not_count() -> None:
    shared = replace(FILES[0], is_trusted=False, rules=())
    own = replace(FILES[1], problems=("policy.yaml:3: no-curl.program: is missing",))
    overview = replace(OVERVIEW, files=(shared, own), untrusted=(UNTRUSTED,))
    assert "! of this repository · .orchestrator/policy.yaml not trusted" in row_texts(overview)
    assert "nothing of it counts" in told(overview, "file:repository")
    assert "t shows it" in told(overview, "file:repository")
    assert "✗ your own · ~/.config/codex-orch-tui/policy.yaml broken" in row_texts(overview)
    assert "What held before stays in force until it is mended" in told(overview, "file:user")
    marks = [piece.text for piece in head_line(overview).counts]
    assert marks == ["✗ 1 file broken", "! 1 not trusted"]


def test_commands_of_the_repository_wait_among_the_files() -> None:
    commands = replace(UNTRUSTED, kind=TrustKind.COMMANDS, path=ROOT / "settings.yaml", what=("setup_command: npm ci",))
    overview = replace(OVERVIEW, untrusted=(commands,))
    assert "! of this repository · settings.yaml not trusted" in row_texts(overview)
    assert "setup_command: npm ci" in told(overview, f"trust:{commands.path}")


def test_without_files_it_says_how_a_rule_is_made() -> None:
    none = RuleFile(path=OWN, where=Where.USER, exists=False, is_trusted=True)
    overview = replace(OVERVIEW, files=(none,), back_test=BackTest(total=0))
    assert "○ your own · ~/.config/codex-orch-tui/policy.yaml none yet" in row_texts(overview)
    assert "r in a question makes a rule your own" in told(overview, "file:user")


def test_a_rule_is_told_field_by_field_and_what_differs_comes_first() -> None:
    lines = told(OVERVIEW, "rule:repository:git-look").splitlines()
    assert lines[:2] == ["git-look", "accepts git log ..."]
    assert "options --oneline" in lines
    assert "such as git log --oneline" in lines
    assert "stands in .orchestrator/policy.yaml, line 4" in lines
    at = lines.index("otherwise than you")
    assert lines[at - 1].endswith("3 questions: 1 otherwise than you, 1 as you did, 1 without an answer of yours.")
    assert lines[at + 1] == "≠ git log [/x]"
    assert lines[at + 2].startswith("you declined, it accepts, but another rule declines it · fix-auth · ")
    assert lines[at + 4].startswith("= git log --oneline ")
    assert lines[at + 7].startswith("it expired, it accepts · fix-auth · ")


def test_a_built_in_decline_tells_what_and_why() -> None:
    decline = BUILTIN_DECLINES[0]
    text = told(OVERVIEW, f"builtin:{decline.id}")
    assert decline.what in text
    assert decline.reason in text


def test_many_questions_are_counted_and_the_newest_are_shown() -> None:
    many = [
        answer(past(f"git log -{n}", Outcome.ACCEPTED, ago_s=n), RuleDecision.ACCEPT) for n in range(1, MAX_SHOWN + 31)
    ]
    shown = plain_text(list(tried_questions(tried(LOOK, *many).rules[0], NOW_S))).splitlines()
    assert shown[1].startswith("= git log -1 ")
    assert shown[-1] == "and 30 more"
    assert len(shown) == MAX_SHOWN + 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (LOOK, "git log ..."),
        (rule("exact", args=("status",)), "git status"),
        (rule("none", args=()), "git"),
        (NO_CURL, "curl ..."),
        (rule("begins", RuleDecision.DECLINE, args=("fetch",)), "git fetch ..."),
        (OLD, "changes of docs/**"),
        (rule("net", kind=RuleKind.NETWORK, program="", args=None, hosts=("*.pypi.org",)), "the network: *.pypi.org"),
        (rule("odd", args=("\x1b[2J\n",)), "git ␛[2J\\n"),
    ],
)
def test_what_a_rule_is_about_is_one_clean_line(given: object, words: str) -> None:
    assert what(given) == words  # type: ignore[arg-type] # a Rule


def test_an_expiry_is_told_and_when_it_has_passed() -> None:
    assert "it has expired" in plain_text(rule_lines(OLD, ROOT, HOME, NOW_S))
    later = replace(OLD, expires_s=NOW_S + 60)
    assert "it has expired" not in plain_text(rule_lines(later, ROOT, HOME, NOW_S))


def test_a_question_of_the_past_is_one_clean_line() -> None:
    assert question(past("git log\x1b[2J", Outcome.ACCEPTED).asked) == "git log␛[2J"


# The screen.


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_r_opens_the_rules_and_the_cursor_shows_each(size: tuple[int, int]) -> None:
    async with opened(size=size) as on:
        before_s = time.time()
        await on.press("R")
        await on.until_shown("git-look")
        ((since_s, extra),) = on.fake.asked("policy_back_test")
        assert since_s == pytest.approx(before_s - 7 * 86_400, abs=5)
        assert extra is None
        await on.press("down")
        for part in ("git log ...", "≠1 of 3", "otherwise than you"):
            assert part in on.text(), part
        await on.press("tab", "end")
        await on.until_shown("it expired, it accepts")
        assert "≠ git log [/x]" in on.text()
        await on.press("tab", "down", "down", "down")
        await on.until_shown("curl ...")
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_t_asks_for_trust_and_the_rules_are_read_again() -> None:
    async with opened() as on:
        await on.press("R")
        await on.until_shown("git-look")
        await on.press("t")
        assert "waits for your trust" in on.notes()
        on.fake.untrusted = (UNTRUSTED,)
        await on.press("u")
        await on.until_shown("look at what is not trusted")
        await on.press("t")
        await on.until(lambda: isinstance(on.app.screen, TrustScreen))
        await on.pilot.pause()
        await on.press("t")
        await on.until(lambda: isinstance(on.app.screen, PolicyScreen))
        await on.until(lambda: "look at what is not trusted" not in on.text())
        assert on.fake.asked("trust") == [(UNTRUSTED,)]


async def test_a_file_that_was_left_out_can_be_asked_for_from_the_rules() -> None:
    async with opened() as on:
        on.fake.untrusted = (UNTRUSTED,)
        await on.press("R")
        await on.until_shown("look at what is not trusted")
        for _ in range(2):
            await on.press("t")
            await on.until(lambda: isinstance(on.app.screen, TrustScreen))
            await on.press("escape")
            await on.until(lambda: isinstance(on.app.screen, PolicyScreen))
        assert on.fake.asked("trust") == []


async def test_in_ascii_nothing_else_is_painted() -> None:
    async with opened(shop(), ascii_glyphs=True) as on:
        on.fake.untrusted = (UNTRUSTED,)
        for keys in (("R",), ("down",), ("t",), ("escape", "escape"), ("g", "r"), ("right",)):
            await on.press(*keys)
            await on.pilot.pause(0.05)
            assert on.text().isascii(), keys


async def test_the_cursor_stays_on_its_rule_when_the_files_change() -> None:
    async with opened() as on:
        await on.press("R")
        await on.until_shown("git-look")
        await on.press("down")
        first = replace(LOOK, id="another")
        on.fake.files_of_rules = (replace(FILES[0], rules=(first, LOOK, OLD)), FILES[1])
        await on.press("u")
        await on.until_shown("another")
        screen = on.app.screen
        assert isinstance(screen, PolicyScreen)
        assert screen.rule_list.cursor_row is not None
        assert screen.rule_list.cursor_row.text == "git-look"
