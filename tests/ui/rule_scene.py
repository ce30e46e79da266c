"""Rules, files and back-tests for the tests of the screens about them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from codex_orch_tui.domain.approval import ApprovalKind, Outcome
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.back_test import Answer, BackTest, Past, RuleTest
from codex_orch_tui.policy.propose import Proposal
from codex_orch_tui.policy.rule import Rule, RuleDecision, RuleKind
from codex_orch_tui.services.policy_types import Proposals, RuleFile, Where
from codex_orch_tui.ui.app import OrchApp
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import NOW_S, Story
from tests.keyboard import press

WIDE = (160, 45)
NARROW = (80, 24)
ROOT = FakeOrchestrator().root
SHARED = ROOT / ".orchestrator" / "policy.yaml"
OWN = Path("/home/ada/.config/codex-orch-tui/policy.yaml")


def rule(name: str, decision: RuleDecision = RuleDecision.ACCEPT, **fields: Any) -> Rule:
    """A rule about a command of git unless it is told otherwise."""
    given = {"kind": RuleKind.COMMAND, "program": "git", "args": ("log", "..."), "file": str(SHARED), "line": 4}
    return Rule(**{"id": name, "decision": decision, **given, **fields})


def past(command: str, outcome: Outcome, *, ago_s: float = 60.0, by_person: bool = True) -> Past:
    """A question about a command, as Codex asks it."""
    return Past(
        asked=Asked(kind=ApprovalKind.COMMAND, command=f"/bin/bash -lc '{command}'"),
        outcome=outcome,
        by_person=by_person,
        at_s=NOW_S - ago_s,
        approval="a:1",
        task="0101-1200/fix-auth",
    )


def answer(of: Past, says: RuleDecision, verdict: RuleDecision | None = None) -> Answer:
    """What a rule says of it."""
    return Answer(past=of, says=says, verdict=verdict or says)


def tried(of: Rule, *answers: Answer) -> BackTest:
    """The back-test of one rule."""
    return BackTest(total=len(answers) + 10, rules=(RuleTest(id=of.id, rule=of, answers=answers),), answers=answers)


LOOK = rule("git-look", options=("--oneline",), reason="only reads", match=("git log --oneline",))
OLD = rule("old-docs", kind=RuleKind.FILE_CHANGE, program="", args=None, paths=("docs/**",), expires_s=NOW_S)
NO_CURL = rule("no-curl", RuleDecision.DECLINE, program="curl", args=None, file=str(OWN))
LOOKED = tried(
    LOOK,
    answer(past("git log --oneline", Outcome.ACCEPTED, ago_s=500), RuleDecision.ACCEPT),
    answer(past("git log [/x]", Outcome.DECLINED, ago_s=4000), RuleDecision.ACCEPT, RuleDecision.DECLINE),
    answer(past("git log", Outcome.EXPIRED, by_person=False), RuleDecision.ACCEPT),
)
FILES = (
    RuleFile(path=SHARED, where=Where.REPOSITORY, exists=True, is_trusted=True, rules=(LOOK, OLD)),
    RuleFile(path=OWN, where=Where.USER, exists=True, is_trusted=True, rules=(NO_CURL,)),
)
EXACT = rule("git-log", args=("log", "--oneline"), options=None, file="", line=0, match=("git log --oneline",))
WIDER = rule("git-log-any", options=("--oneline",), file="", line=0, no_match=("git log -p",))
PROPOSALS = Proposals(
    options=(
        Proposal(rule=EXACT, sentence="exactly git log --oneline."),
        Proposal(rule=WIDER, sentence="git log with the options --oneline."),
    ),
    texts=("", ""),
)


class Stage:
    """An app under test with its fake."""

    def __init__(self, app: OrchApp, fake: FakeOrchestrator, pilot: Pilot[Any]) -> None:
        self.app, self.fake, self.pilot = app, fake, pilot

    def text(self) -> str:
        """What is on screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    def notes(self) -> str:
        """What was told."""
        return "\n".join(note.message for note in self.app._notifications)

    async def press(self, *keys: str) -> None:
        """Keys, and what follows from them."""
        await press(self.pilot, *keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Return when it is so."""
        for _ in range(300):
            if condition():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"it never came true; on screen:\n{self.text()}\n{self.notes()}")

    async def until_shown(self, text: str) -> None:
        """Return when it is on screen."""
        await self.until(lambda: text in self.text())


@asynccontextmanager
async def opened(story: Story | None = None, size: tuple[int, int] = WIDE, **settings: Any) -> AsyncIterator[Stage]:
    """The app on the main screen, with the rules of this module."""
    fake = FakeOrchestrator(story or Story(), **{"approval_guard_ms": 0, **settings})
    fake.files_of_rules, fake.back_test, fake.proposals = FILES, LOOKED, PROPOSALS
    app = OrchApp(fake)  # type: ignore[arg-type] # a fake
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield Stage(app, fake, pilot)
