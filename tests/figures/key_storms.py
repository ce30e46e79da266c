"""Keys that come faster than anybody reads, on questions that come and go: none may answer what was not on screen.

The whole screen runs, with a stand-in for the orchestrator. Of each answer it is known which key caused it, and of each
key which card the last frame before it showed, read from the frame's own text. Toasts are off: they name questions too.
"""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Region, Size
from textual.strip import Strip

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import (
    Approval,
    ApprovalKind,
    ApprovalRequest,
    Choice,
    Decision,
    Outcome,
    PermissionEntry,
    Question,
    QuestionOption,
)
from codex_orch_tui.domain.ids import ApprovalId, TaskRef
from codex_orch_tui.services.errors import AnswerRefusedError
from codex_orch_tui.ui import app as app_module
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.widgets.approval_card import ApprovalCard
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import Story, command_request

WORKERS = 20
APPROVALS = 100
STORMS_A_SESSION = 100
GUARD_S = 0.4
_KEYS = (
    *("a", "y", "A", "d", "c") * 6,
    *("n", "v", "P", "r", "g", "enter", "space", "escape", "tab", "end", "pagedown", "ctrl+s") * 2,
    *(
        "left_square_bracket",
        "right_square_bracket",
        "1",
        "2",
        "3",
        "4",
        "home",
        "down",
        "j",
        "x",
        "i",
        "question_mark",
    ),
)
_SIZES = ((160, 45), (120, 40), (80, 24), (100, 30))
_NAMED = re.compile(r"q-(\d{3})")
_AGAIN = re.compile(r"again-(\d+)")
_MINI_STEPS = 6
_MIN_PENDING = 3

Seen = tuple[ApprovalId, int] | str
"""The question that a frame shows, and how often it was asked by then; or why none can be read."""


class Terminal:
    """What a terminal shows that got these updates, and no more than these."""

    def __init__(self) -> None:
        self._rows: dict[int, Strip] = {}

    def take(self, update: object) -> None:
        """Writes an update as Textual writes it to a terminal.

        Raises:
            TypeError: it is of a kind that is not known here.
        """
        if isinstance(update, LayoutUpdate):
            for y, strips in enumerate(update.strips, update.region.y):
                self._put(update.region.x, y, Strip.join(strips))
        elif isinstance(update, ChopsUpdate):
            for y, x1, x2 in update.spans:
                for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                    if strip is not None and x <= x2 and end > x1:
                        self._put(x, y, strip.crop(0, min(end, x2) - x))
        else:
            raise TypeError(f"an update of the kind {type(update).__name__}")

    def _put(self, x: int, y: int, strip: Strip) -> None:
        row = self._rows.get(y, Strip.blank(0))
        self._rows[y] = Strip.join([row.adjust_cell_length(x), strip, row.crop(x + strip.cell_length)])

    def text(self, place: Region) -> str:
        """The text in a part of it."""
        blank = Strip.blank(0)
        return "\n".join(self._rows.get(y, blank).crop(place.x, place.right).text for y in range(place.y, place.bottom))


class Clock:
    """The guard's time, in seconds: the real one, put forward by leaps."""

    def __init__(self) -> None:
        self._leapt_s = 0.0
        self.under_way: list[events.Key] = []
        """Keys that were pressed and may not have arrived: a leap makes them older."""

    def __call__(self) -> float:
        """The time."""
        return time.monotonic() + self._leapt_s

    def leap(self, seconds: float) -> None:
        """Lets so much time pass."""
        self._leapt_s += seconds
        for key in self.under_way:
            key.time -= seconds


@dataclass(slots=True)
class Tally:
    """What has happened."""

    keys: int = 0
    frames: int = 0
    questions: int = 0
    asked_again: int = 0
    gone: int = 0
    mixed: int = 0
    """Frames in whose card there was another question than the card had."""
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Asker(FakeOrchestrator):
    """Takes answers as the real one does: only to what is open; now and then it asks again, or keeps nothing."""

    def __init__(self, story: Story, dice: random.Random, tally: Tally, **settings: Any) -> None:
        super().__init__(story, **settings)
        self._dice = dice
        self._tally = tally
        self.causes: dict[ApprovalId, list[tuple[int, Seen]]] = {}
        """For each question the answers that a key caused: how often it was asked, and what that key's frame showed."""

    async def answer(self, approval: ApprovalId, decision: Decision) -> None:
        """Compares the answer with what was on screen when its key was pressed."""
        await asyncio.sleep(0)
        now = self.state.approvals[approval]
        causes = self.causes.get(approval, [])
        asked, seen = causes.pop(0) if causes else (0, "no key")
        if seen != (approval, now.times_asked):
            told = f"{decision.choice} for {approval} (asked {now.times_asked}, answered as {asked}); shown: {seen}"
            self._tally.wrong.append(told)
        self._tally.answers[decision.choice] += 1
        if not now.is_pending:
            raise AnswerRefusedError("gone")
        lot = self._dice.random()
        if lot < 0.15 and decision.choice in {Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION, Choice.GRANT}:
            self._tally.asked_again += 1
            self.apply(ev.ApprovalChanged(ref=now.ref, approval=approval, paths=(f"again-{now.times_asked + 1}",)))
            raise AnswerRefusedError("changed")
        self.apply(ev.ApprovalDecided(ref=now.ref, approval=approval, choice=decision.choice))
        if lot < 0.25:
            self.apply(ev.DecisionNotKept(ref=now.ref, approval=approval, cause="no room"))
            raise AnswerRefusedError("not kept")
        await asyncio.sleep(0)
        self.apply(ev.AnswerSent(ref=now.ref, approval=approval))


class StormApp(OrchApp):
    """Knows of each key what the last frame before it showed."""

    CSS_PATH = str(Path(app_module.__file__).parent / "screens" / "main.tcss")

    def __init__(self, asker: Asker, clock: Clock, tally: Tally) -> None:
        super().__init__(asker)  # type: ignore[arg-type] # a fake
        self.asker = asker
        self.clock = clock
        self.tally = tally
        self.seen: Seen = "no frame"
        self.handled: Seen = "no key"
        self._seen_at: dict[events.Key, Seen] = {}
        self._terminal = Terminal()

    def press(self, key: str) -> None:
        """A key of the person, at what is on the terminal now."""
        event = events.Key(key, key if len(key) == 1 else None)
        self._seen_at[event] = self.seen
        self.clock.under_way.append(event)
        self.tally.keys += 1
        self.post_message(event)

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override] # runs before the app's own
        self.handled = self._seen_at.get(event, "no key")
        if event in self.clock.under_way:
            self.clock.under_way.remove(event)

    async def on_event(self, event: events.Event) -> None:
        """A key that a field takes for itself never comes up to the app."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.handled = self._seen_at.get(event, "no key")
        await super().on_event(event)

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        if renderable is not None and not self._batch_count:
            self.tally.frames += 1
            self._terminal.take(renderable)
            self.seen = self._read()

    def _read(self) -> Seen:
        """The question on the terminal: by the words in the card's part of it."""
        inbox = self.main_screen.needs_you.inbox
        if self.screen is not self.main_screen or inbox is None or not inbox.is_attached:
            return type(self.screen).__name__
        card = inbox.query_one(ApprovalCard)
        place = card.region
        if not card.display or not place.area or not inbox.display:
            return "no card"
        text = self._terminal.text(place)
        named = set(_NAMED.findall(text))
        shown = card.approval
        if shown is None or named - {shown.id.partition(":")[2]}:
            self.tally.mixed += shown is not None
            return f"{named} on the card of {shown.id if shown is not None else None}"
        if card.scroll_y or not named:  # what tells them apart is not among the few rows that there is room for
            return (shown.id, shown.times_asked)
        again = _AGAIN.search(text)
        return (shown.id, int(again[1]) if again is not None else 1)


class Storm:
    """A session of storms on one screen."""

    def __init__(self, app: StormApp, dice: random.Random, refs: Sequence[TaskRef], clock: Clock) -> None:
        self._app, self._dice, self._refs, self._clock = app, dice, refs, clock
        self._asker = app.asker
        self._tally = app.tally
        self._asked = 0
        self._steps: tuple[tuple[int, Callable[[], object]], ...] = (
            (10, self._key),
            (3, self._burst),
            (2, self._ask),
            (1, self._go),
            (1, self._answered_elsewhere),
            (2, self._wait),
            (1, self._resize),
        )

    async def blow(self) -> None:
        """One storm: keys, questions and time in any order, faster than frames."""
        while len(self._asker.state.pending) < _MIN_PENDING and self._asked < APPROVALS:
            self._ask()
        if self._app.screen is not self._app.main_screen:
            self._app.press("escape")
        elif not self._app.main_screen.needs_you.has_focus_within or self._dice.random() < 0.2:
            self._app.press("g")
        await asyncio.sleep(self._dice.choice((0.0, 0.03, 0.03)))
        self._clock.leap(self._dice.choice((0.0, 0.3, 0.5, 0.5, 1.0)))
        weights = [weight for weight, _ in self._steps]
        for _ in range(self._dice.randint(2, _MINI_STEPS)):
            _, step = self._dice.choices(self._steps, weights)[0]
            step()
            await asyncio.sleep(self._dice.choice((0, 0, 0, 0.001, 0.004)))
        if self._dice.random() < 0.6:
            self._clock.leap(self._dice.choice((0.2, 0.5)))
            await asyncio.sleep(0.012)

    def _key(self) -> None:
        self._app.press(self._dice.choice(_KEYS))

    def _burst(self) -> None:
        for _ in range(self._dice.randint(2, 8)):
            self._key()

    def _wait(self) -> None:
        self._clock.leap(self._dice.choice((0.05, 0.3, 0.45)))

    def _resize(self) -> None:
        if self._dice.random() < 0.2:
            size = Size(*self._dice.choice(_SIZES))
            driver = self._app._driver
            assert isinstance(driver, HeadlessDriver), "the app runs without a terminal"
            driver._size = size
            self._app.post_message(events.Resize(size, size))

    def _ask(self) -> None:
        if self._asked < APPROVALS:
            ref = self._dice.choice(self._refs)
            request = _request(self._asker.story, ref, self._asked, self._dice)
            self._asker.apply(
                ev.ApprovalRequested(ref=ref, approval=ApprovalId(f"e:{self._asked:03}"), request=request)
            )
            self._asked += 1
            self._tally.questions += 1

    def _pending(self) -> Approval | None:
        pending = self._asker.state.pending
        return self._dice.choice(pending) if pending else None

    def _go(self) -> None:
        approval = self._pending()
        if approval is not None:
            outcome = self._dice.choice((Outcome.SUPERSEDED, Outcome.EXPIRED, Outcome.WORKER_LOST))
            self._asker.apply(
                ev.ApprovalClosed(ref=approval.ref, approval=approval.id, outcome=outcome, cause="it went")
            )
            self._tally.gone += 1

    def _answered_elsewhere(self) -> None:
        approval = self._pending()
        if approval is not None:
            self._asker.apply(ev.ApprovalDecided(ref=approval.ref, approval=approval.id, choice=Choice.DECLINE))


def _request(story: Story, ref: TaskRef, number: int, dice: random.Random) -> ApprovalRequest:
    """A question whose every row has its number in it."""
    name = f"q-{number:03}"
    base = replace(command_request(story, ref, number=number), reason=name, cwd=f"/home/ada/{name}")
    match dice.randrange(5):
        case 0:
            return replace(base, command="\n".join(f"touch {name}-{line}" for line in range(dice.randint(2, 80))))
        case 1:
            wanted = tuple(PermissionEntry(access="write", target=f"/{name}/{part}") for part in "ab")
            kind, choices = ApprovalKind.PERMISSIONS, (Choice.GRANT, Choice.DECLINE)
            return replace(base, kind=kind, command="", permissions=wanted, choices=choices)
        case 2:
            options = (QuestionOption(label=f"{name} one"), QuestionOption(label=f"{name} two"))
            asked = Question(id="it", header=name, text=f"{name}?", options=options, allows_other=True)
            kind, choices = ApprovalKind.USER_INPUT, (Choice.ANSWER, Choice.DECLINE)
            return replace(base, kind=kind, command="", questions=(asked,), choices=choices)
        case _:
            offered = (*base.choices, Choice.ACCEPT_FOR_GOOD)
            return replace(base, command=f"touch {name}", amendment=("touch",), choices=offered)


async def _session(storms: int, dice: random.Random, tally: Tally) -> None:
    story, clock = Story(), Clock()
    refs = story.run([f"Worker {number:02}" for number in range(WORKERS)], title="Storm")
    for ref in refs:
        story.start(ref, after_s=0.0)
    asker = Asker(story, dice, tally, approval_guard_ms=int(GUARD_S * 1000))
    app = StormApp(asker, clock, tally)
    decide = ApprovalCard._decide

    def decided(card: ApprovalCard, decision: Decision) -> None:
        if card.approval is not None:
            asker.causes.setdefault(card.approval.id, []).append((card.approval.times_asked, app.handled))
        decide(card, decision)

    with patch.object(ApprovalCard, "_decide", decided):
        async with app.run_test(size=dice.choice(_SIZES)) as pilot:
            await pilot.pause()
            storm = Storm(app, dice, refs, clock)
            storm._ask()
            while (inbox := app.main_screen.needs_you.inbox) is None or not inbox.query(ApprovalCard):
                await pilot.pause(0.01)
            inbox.query_one(ApprovalCard)._guard._clock = clock
            for _ in range(storms):
                await storm.blow()
            await pilot.pause()


def _blown(storms: int, seed: int) -> Tally:
    tally = Tally()
    asyncio.run(_session(storms, random.Random(seed), tally))
    return tally


def run(storms: int = 10_000, seed: int = 20251120, processes: int | None = None) -> dict[str, Any]:
    """Blows so many storms.

    Args:
        storms: How many, in sessions of `STORMS_A_SESSION`.
        seed: Where the dice begin; the same one gives the same keys, if not the same frames.
        processes: How many sessions at once; None: one for each core.

    Returns:
        What happened, and `wrong`: how many answers were for a card that their key's frame did not show.
    """
    began_s = time.monotonic()
    sizes = [min(STORMS_A_SESSION, storms - begun) for begun in range(0, storms, STORMS_A_SESSION)]
    seeds = range(seed, seed + len(sizes))
    if processes == 1 or len(sizes) == 1:
        tallies = list(map(_blown, sizes, seeds))
    else:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            tallies = list(pool.map(_blown, sizes, seeds))
    wrong = [told for tally in tallies for told in tally.wrong]
    return {
        "storms": storms,
        "seed": seed,
        "workers": WORKERS,
        "questions_a_session": APPROVALS,
        "keys": sum(tally.keys for tally in tallies),
        "frames": sum(tally.frames for tally in tallies),
        "questions": sum(tally.questions for tally in tallies),
        "asked_again": sum(tally.asked_again for tally in tallies),
        "gone": sum(tally.gone for tally in tallies),
        "mixed_frames": sum(tally.mixed for tally in tallies),
        "answers": dict(sum((tally.answers for tally in tallies), Counter())),
        "wrong": len(wrong),
        "examples": wrong[:5],
        "goal": 0,
        "holds": not wrong,
        "seconds": round(time.monotonic() - began_s, 1),
    }
