"""When the terminal rings, notifies and has another title: with the frame, joined, and never without a reason."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.terminal_text import is_clean
from codex_orch_tui.services.announce import Announcer as Source
from codex_orch_tui.services.announce import Moment, News
from codex_orch_tui.ui.announcer import Announcer
from codex_orch_tui.ui.presentation.announcement import MAX_CHARS, notification_text, title_text
from tests.fakes.hub import HubStory
from tests.fakes.states import command_request

if TYPE_CHECKING:
    from collections.abc import Callable


class Voice:
    """Writes down what it is to tell."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def ring(self) -> None:
        self.told.append("bell")

    def notify_desktop(self, text: str) -> None:
        self.told.append(text.removeprefix("codex-orch-tui: "))

    def set_title(self, title: str) -> None:
        self.told.append(f"title {title.removesuffix(' - codex-orch-tui')}")


class Rig:
    """Tasks in a turn, their news, and a clock of its own."""

    def __init__(self, *titles: str, **settings: Any) -> None:
        self.story = HubStory()
        self.refs = self.story.run(titles)
        for ref in self.refs:
            self.story.start(ref)
        self.now_s = 100.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.voice = Voice()
        self.announcer = Announcer(
            self.voice,
            Config(**settings),
            project="shop",
            state=lambda: self.story.state,
            later=lambda wait_s, call: self.timers.append((self.now_s + wait_s, call)),
            clock=lambda: self.now_s,
        )
        Source(self.story.hub).watch(self.announcer.hear)

    def frame(self) -> list[str]:
        """What is told with a frame."""
        if self.announcer.is_due:
            self.announcer.tell(self.announcer.collect())
        return self.heard()

    def pass_time(self, seconds: float) -> list[str]:
        """What is told by the timers of so many seconds."""
        self.now_s += seconds
        due = [call for at_s, call in self.timers if at_s <= self.now_s]
        self.timers = [(at_s, call) for at_s, call in self.timers if at_s > self.now_s]
        for call in due:
            call()
        return self.heard()

    def heard(self) -> list[str]:
        told, self.voice.told = self.voice.told, []
        return told


def test_a_question_rings_notifies_and_counts_once() -> None:
    rig = Rig("Search endpoint")
    assert rig.frame() == ["title shop"]
    assert rig.frame() == []
    approval = rig.story.ask(rig.refs[0])
    asked = "Search endpoint asks: npm install --save-dev supertest@7"
    assert rig.frame() == ["title (1) shop", "bell", asked]
    assert rig.frame() == []
    assert rig.timers == []
    rig.pass_time(60)
    rig.story.answered(approval)
    assert rig.frame() == ["title shop"]
    rig.story.finish(rig.refs[0])
    assert rig.frame() == ["bell", "Search endpoint is ready for review"]


def test_several_at_once_are_one_sound_and_one_notification() -> None:
    rig = Rig(*(f"Task {number}" for number in range(20)))
    rig.frame()
    for ref in rig.refs[:18]:
        rig.story.ask(ref)
    rig.story.finish(rig.refs[18])
    assert rig.frame() == ["title (18) shop", "bell", "18 need you, 1 to review"]


def test_what_follows_closely_waits_and_is_joined() -> None:
    rig = Rig(*(f"Task {number}" for number in range(5)))
    rig.frame()
    approvals = []
    for number, expected in ((0, True), (1, False), (2, False)):
        approvals.append(rig.story.ask(rig.refs[number]))
        assert ("bell" in rig.frame()) is expected
    assert len(rig.timers) == 2
    assert rig.pass_time(0.16) == ["bell"]
    rig.story.answered(approvals[1])
    assert rig.pass_time(0.9) == ["Task 2 asks: npm install --save-dev supertest@7"]
    assert rig.timers == []


def test_what_no_frame_shows_yet_is_not_heard_with_what_waited() -> None:
    rig = Rig("One", "Two", "Three")
    rig.frame()
    for ref in rig.refs[:2]:
        rig.story.ask(ref)
        rig.frame()
    third = rig.story.ask(rig.refs[2])
    assert rig.pass_time(0.16) == ["bell"]
    assert rig.announcer.is_due
    rig.frame()
    assert rig.pass_time(0.16) == ["bell"]
    assert third in rig.story.state.approvals


def test_what_was_answered_while_it_waited_is_not_told() -> None:
    rig = Rig("One", "Two")
    rig.frame()
    rig.story.ask(rig.refs[0])
    rig.frame()
    second = rig.story.ask(rig.refs[1])
    rig.frame()
    rig.story.answered(second)
    assert rig.pass_time(5) == []
    assert rig.announcer.is_due  # the count in the title
    assert rig.frame() == ["title (1) shop"]
    assert not rig.announcer.is_due


@pytest.mark.parametrize("setting", ["bell", "desktop_notifications", "terminal_title"])
def test_each_is_off_by_its_setting(setting: str) -> None:
    rig = Rig("One", **{setting: False})
    rig.story.ask(rig.refs[0])
    told = {"bell": "bell", "desktop_notifications": "One asks: npm install --save-dev supertest@7"}
    told["terminal_title"] = "title (1) shop"
    assert set(rig.frame()) == set(told.values()) - {told[setting]}
    assert not rig.announcer.is_due


def test_who_is_in_the_terminal_gets_no_notification() -> None:
    rig = Rig("One")
    rig.frame()
    rig.announcer.has_focus = True
    rig.story.ask(rig.refs[0])
    assert rig.frame() == ["title (1) shop", "bell"]
    rig.announcer.has_focus = False
    assert rig.pass_time(60) == []


NEWS = News(moment=Moment.ASKS, ref=TaskRef("r", "t"), title="x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["\x1b]0;own\x07", "4;1;50", "a\x9cb\x9d", "\u202e\x00", "x" * 10_000, ";" * 300, "\ud800"]
)
def test_no_text_ends_its_sequence_or_begins_another(text: str) -> None:
    shown = [
        title_text(text, 3),
        notification_text([replace(NEWS, title=text, command=text)]),
        notification_text([replace(NEWS, moment=Moment.FAILED, title=text, about=text)]),
    ]
    for line in shown:
        assert is_clean(line)
        assert ";" not in line
        assert len(line) <= MAX_CHARS
        line.encode()
    assert shown[0].endswith(" - codex-orch-tui")
    assert shown[1].startswith("codex-orch-tui: ")


def test_terminals_without_the_signs_get_none() -> None:
    assert title_text("läden", 2, ascii_only=True) == "(2) l?den - codex-orch-tui"


def test_the_command_of_a_question_is_named() -> None:
    rig = Rig("One")
    rig.frame()
    rig.story.ask(rig.refs[0], command_request(rig.story, rig.refs[0], command="touch a;touch b"))
    assert rig.frame()[-1] == "One asks: touch a,touch b"


def test_other_settings_count_from_the_next_news_on() -> None:
    rig = Rig("One", "Two")
    rig.frame()
    rig.announcer.use(Config(bell=False, desktop_notifications=False, terminal_title=False))
    rig.story.ask(rig.refs[0])
    assert rig.frame() == ["title "]
    rig.announcer.use(Config(desktop_notifications=False, terminal_title=False))
    rig.story.ask(rig.refs[1])
    assert rig.frame() == ["bell"]
