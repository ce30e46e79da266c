"""The trust dialog: exactly the content, no yes by accident, and when it may come by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.trust import TrustItem, TrustKind
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.presentation.paragraphs import plain_text
from codex_orch_tui.ui.presentation.trust import left_out, short_path, trust_text
from codex_orch_tui.ui.screens.new_task import NewTaskScreen
from codex_orch_tui.ui.screens.trust import TrustScreen
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import Story, shop
from tests.keyboard import press

WIDE = (160, 45)
NARROW = (80, 24)
ROOT = FakeOrchestrator().root


def item(*what: str, name: str = "policy.yaml", sha256: str = "ab" * 32, **fields: Any) -> TrustItem:
    return TrustItem(
        path=ROOT / ".orchestrator" / name,
        kind=TrustKind.RULES,
        means="Rules of this repository answer questions in your place.",
        what=what or ("rules:", "  - id: [/look]", "    decision: accept"),
        sha256=sha256,
        **fields,
    )


COMMANDS = item("setup_command: npm ci", name="orchestrator.yaml", sha256="cd" * 32)


class Stage:
    """An app whose repository brings something."""

    def __init__(self, app: OrchApp, fake: FakeOrchestrator, pilot: Pilot[Any]) -> None:
        self.app, self.fake, self.pilot = app, fake, pilot

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)
        await self.pilot.pause()

    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def until_asked(self, *, is_asked: bool = True) -> None:
        for _ in range(200):
            if isinstance(self.app.screen, TrustScreen) is is_asked:
                await self.pilot.pause()
                return
            await self.pilot.pause(0.01)
        raise AssertionError(self.text())

    def notes(self) -> str:
        return "\n".join(note.message for note in self.app._notifications)


@asynccontextmanager
async def opened(
    *items: TrustItem, story: Story | None = None, size: tuple[int, int] = WIDE, **settings: Any
) -> AsyncIterator[Stage]:
    fake = FakeOrchestrator(story or Story(), **{"approval_guard_ms": 0, **settings})
    fake.untrusted = items
    app = OrchApp(fake)  # type: ignore[arg-type] # a fake
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield Stage(app, fake, pilot)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_at_start_the_content_is_shown_as_it_is(size: tuple[int, int]) -> None:
    async with opened(item(), size=size) as on:
        await on.until_asked()
        for part in ("Trust .orchestrator/policy.yaml?", "1  rules:", "2    - id: [/look]", "t trust exactly this"):
            assert part in on.text()
        await on.press("t")
        await on.until_asked(is_asked=False)
        assert on.fake.asked("trust") == [(item(),)]
        assert "policy.yaml is trusted" in on.notes()


async def test_no_other_key_says_yes() -> None:
    async with opened(item()) as on:
        await on.until_asked()
        await on.press("enter", "space", "y", "a", "T", "ctrl+s", "tab")
        await on.until_asked()
        await on.press("escape")
        await on.until_asked(is_asked=False)
        assert on.fake.asked("trust") == []
        assert left_out(item(), ROOT) in on.notes()


async def test_a_yes_needs_the_end_on_screen() -> None:
    long = item(*(f"# line {number}" for number in range(1, 101)))
    async with opened(long, size=NARROW) as on:
        await on.until_asked()
        await on.press("t")
        assert "once its end was on screen" in on.text()
        await on.press(*["pagedown"] * 12)
        assert "# line 100" in on.text()
        assert "t trust exactly this" in on.text()
        await on.press("t")
        await on.until_asked(is_asked=False)
        assert on.fake.asked("trust") == [(long,)]


async def test_a_key_that_was_on_its_way_does_nothing() -> None:
    async with opened(item(), approval_guard_ms=60_000) as on:
        await on.until_asked()
        await on.press("t", "t")
        await on.until_asked()
        assert on.fake.asked("trust") == []


async def test_a_broken_file_can_only_be_left_out() -> None:
    async with opened(item(problems=("policy.yaml:3: decision: there is no such decision",))) as on:
        await on.until_asked()
        assert "cannot be trusted as it is" in on.text()
        assert "no such decision" in on.text()
        await on.press("t")
        await on.until_asked()
        assert on.fake.asked("trust") == []


async def test_one_file_after_the_other_each_for_itself() -> None:
    async with opened(item(), COMMANDS) as on:
        await on.until_asked()
        assert "(1 of 2)" in on.text()
        await on.press("escape")
        await on.until_asked()
        assert "(2 of 2)" in on.text()
        assert "setup_command: npm ci" in on.text()
        await on.press("t")
        await on.until_asked(is_asked=False)
        assert on.fake.asked("trust") == [(COMMANDS,)]


async def test_what_was_left_out_is_not_asked_again_until_it_changes() -> None:
    async with opened(item()) as on:
        await on.until_asked()
        await on.press("escape")
        await on.until_asked(is_asked=False)
        await look_again(on)
        await on.until_asked(is_asked=False)
        on.fake.untrusted = (item(sha256="ef" * 32, changed_since_trusted=True),)
        await look_again(on)
        await on.until_asked()
        assert "It has changed since you trusted it" in on.text()


async def look_again(on: Stage) -> None:
    """The next look is due."""
    on.app.main_screen.looked_at_s = -1_000.0
    on.app.main_screen.look_for_trust()
    await on.pilot.pause()


async def test_it_takes_no_keys_from_someone_who_types_or_reads_a_question() -> None:
    async with opened(story=shop()) as on:
        await on.press("n")
        assert isinstance(on.app.screen, NewTaskScreen)
        on.fake.untrusted = (item(),)
        await look_again(on)
        assert isinstance(on.app.screen, NewTaskScreen)
        on.fake.untrusted = ()
        await on.press("escape", "g")
        on.fake.untrusted = (item(),)
        await look_again(on)
        assert on.app.main_screen.needs_you.has_focus_within
        await on.press("escape")
        await look_again(on)
        await on.until_asked()


async def test_what_could_not_be_kept_is_told_and_the_next_file_follows() -> None:
    async with opened(item(), COMMANDS) as on:
        on.fake.raises["trust"] = NotPossibleError("policy.yaml has changed since you read it")
        await on.until_asked()
        await on.press("t")
        for _ in range(100):
            if "(2 of 2)" in on.text():
                break
            await on.pilot.pause(0.01)
        assert "has changed since you read it" in on.notes()


def test_what_reads_as_something_else_is_warned_about() -> None:
    text = plain_text(trust_text(item("a", "program: c\u0430t", *["x" + " " * 40 + "y"] * 9), ROOT).lines)
    assert "△ line 2 mixes scripts in a word" in text
    assert "and 5 more lines like these" in text
    assert "△" not in plain_text(trust_text(item(), ROOT).lines)


def test_numbers_stand_in_one_column_and_empty_lines_stay() -> None:
    text = trust_text(item("a", "", *["b"] * 9), ROOT)
    shown = [line for line in text.lines if line.is_verbatim]
    assert [line.label for line in shown] == [f"{number:>2}" for number in range(1, 12)]
    assert "11 b" in plain_text(text.lines)


def test_paths_are_told_from_where_people_stand() -> None:
    home = Path("/home/ada")
    assert short_path(ROOT / ".orchestrator/policy.yaml", ROOT, home) == ".orchestrator/policy.yaml"
    assert short_path(home / ".config/policy.yaml", ROOT, home) == "~/.config/policy.yaml"
    assert short_path(Path("/etc/x\x1b.yaml"), ROOT, home) == "/etc/x␛.yaml"
