"""The event log: wrapping, the ring, following, paging, search, selection, raw lines."""

import re
import string
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size
from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.ui.presentation import cells as cells_module
from codex_orch_tui.ui.presentation.cells import cell_slice, cell_text
from codex_orch_tui.ui.presentation.glyphs import (
    ITEM_LOOKS,
    LOG_LOOKS,
    STEP_LOOKS,
    TASK_LOOKS,
    WAITS,
    Tone,
    remark_tone,
)
from codex_orch_tui.ui.presentation.log_lines import (
    MAX_ENTRY_CHARS,
    LogLayout,
    clipped,
    clock,
    count_lines,
    wrap,
)
from codex_orch_tui.ui.presentation.log_ring import LogRing, Place
from codex_orch_tui.ui.presentation.log_stream import LogStream
from codex_orch_tui.ui.widgets.event_log import EventLog
from tests.keyboard import press

NOON_S = 1_754_300_282.0

texts = st.text(
    alphabet=st.sampled_from([*string.ascii_letters[:6], " ", " ", "\n", "漢", "é", "🎉", "“", "\u0301", "-"]),
    max_size=300,
)
entries = st.builds(
    LogEntry,
    st.sampled_from(list(LogKind)),
    texts,
    st.just(NOON_S),
    st.sampled_from(["", "+84", "exit 1 · 4.2s", "a remark of twenty c"]),
    st.booleans(),
)


def note(text: str) -> LogEntry:
    return LogEntry(LogKind.NOTE, text, NOON_S)


def notes(count: int, start: int = 0) -> list[LogEntry]:
    return [note(f"entry {number}") for number in range(start, start + count)]


# Looks.


def test_every_state_and_kind_has_a_sign_of_one_cell_in_both_sets() -> None:
    for look in (*TASK_LOOKS.values(), *STEP_LOOKS.values(), WAITS):
        assert cell_len(look.sign(ascii_only=False)) == 1
        assert look.sign(ascii_only=True).isascii()
        assert len(look.sign(ascii_only=True)) == 1
        assert look.word
    for log_look in (*LOG_LOOKS.values(), *ITEM_LOOKS.values()):
        assert cell_len(log_look.sign) == len(log_look.ascii_sign) == 1
        assert log_look.ascii_sign.isascii()
    assert set(LOG_LOOKS) == set(LogKind)


def test_only_what_asks_is_yellow_and_words_tell_states_apart_without_colour() -> None:
    assert {look.word for look in TASK_LOOKS.values() if look.tone is Tone.ASKS} == {"asks"}
    looks = {(look.word, look.glyph) for look in TASK_LOOKS.values()}
    assert len({word for word, _ in looks}) == len(looks) == len({glyph for _, glyph in looks})


def test_exit_codes_have_a_tone() -> None:
    assert remark_tone("exit 0 · 4.2s") is Tone.GOOD
    assert remark_tone("exit 1 · 4.2s") is Tone.BAD
    assert remark_tone("exit 0") is Tone.GOOD
    assert remark_tone("+84") is Tone.QUIET


# Wrapping.


def test_characters_that_skip_measuring_are_one_cell_wide() -> None:
    for number in range(0x2600):
        char = chr(number)
        if char != "\n" and cells_module._ODD.search(char) is None:
            assert get_character_cell_size(char) == 1, hex(number)


@settings(max_examples=300)
@given(entries, st.integers(20, 120))
@example(LogEntry(LogKind.TURN, "aaaaaaaaa \u0301" + 4 * "漢", None), 20)
def test_wrapping_fits_loses_nothing_and_counts_right(entry: LogEntry, width: int) -> None:
    entry = clipped(entry)
    layout = LogLayout(width)
    wide = cell_text(entry.text)
    lines = wrap(entry, wide, layout)
    assert count_lines(entry, wide, layout) == len(lines)
    position = 0
    for line in lines:
        taken = cell_len(line.text) + cell_len(line.remark) + 2 * bool(line.text and line.remark)
        assert taken <= layout.text_cells
        assert line.text == entry.text[line.start : line.end]
        assert entry.text[position : line.start].strip(" \n") == ""
        position = line.end
    assert entry.text[position:].strip(" \n") == ""
    assert sum(bool(line.remark) for line in lines) == bool(entry.remark)


def test_words_wrap_between_words_and_output_at_the_edge() -> None:
    layout = LogLayout(33)
    assert layout.text_cells == 30
    text = "the quick brown fox jumps over the lazy dog"
    words = [line.text for line in wrap(LogEntry(LogKind.MESSAGE, text), None, layout)]
    assert words == ["the quick brown fox jumps over", "the lazy dog"]
    edge = [line.text for line in wrap(LogEntry(LogKind.OUTPUT, "x" * 65), None, layout)]
    assert edge == ["x" * 30, "x" * 30, "x" * 5]


def test_indentation_and_blank_lines_are_kept() -> None:
    lines = wrap(LogEntry(LogKind.MESSAGE, "def f():\n    return 1\n\nend"), None, LogLayout(80))
    assert [line.text for line in lines] == ["def f():", "    return 1", "", "end"]


def test_a_megabyte_in_one_line_is_cut_at_once() -> None:
    begun = time.perf_counter()
    for filling in ("x", "漢", "e\u0301"):
        entry = clipped(LogEntry(LogKind.OUTPUT, filling * 1_000_000))
        assert len(entry.text) < MAX_ENTRY_CHARS + 40
        assert entry.text.endswith(" chars")
        count_lines(entry, cell_text(entry.text), LogLayout(80))
    assert time.perf_counter() - begun < 1
    assert clipped(LogEntry(LogKind.OUTPUT, "x" * (MAX_ENTRY_CHARS + 1234))).text.endswith(" … +1,234 chars")


@given(texts.map(lambda text: text.replace("\n", "")), st.integers(0, 40), st.integers(1, 40))
def test_a_window_on_a_line_has_the_width_it_shows(text: str, start: int, width: int) -> None:
    shown, index = cell_slice(text, start, width)
    assert cell_len(shown) == max(0, min(width, cell_len(text) - start))
    assert 0 <= index <= len(text)


# The ring.


def ring_of(max_lines: int = 100, width: int = 80) -> LogRing:
    return LogRing(max_lines=max_lines, max_chars=20_000_000, layout=LogLayout(width))


def shown_text(ring: LogRing) -> list[str]:
    texts: list[str] = []
    for number in range(ring.first_line, ring.end_line):
        place = ring.place(number)
        texts.append(ring.wrapped(place.entry_index)[place.row].text)
    return texts


def test_the_ring_keeps_the_newest_lines_and_their_numbers() -> None:
    ring = ring_of(max_lines=100)
    ring.extend(notes(90))
    line = ring.line_at(Place(50, 0))
    ring.extend(notes(60, start=90))
    assert ring.line_count == 100
    assert ring.first_index == 50
    assert ring.line_at(Place(50, 0)) == line
    assert shown_text(ring)[0] == "entry 50"
    assert shown_text(ring)[-1] == "entry 149"


def test_a_batch_larger_than_the_ring_leaves_its_end() -> None:
    ring = ring_of(max_lines=100)
    ring.extend(notes(1_000))
    assert (ring.first_index, ring.end_index, ring.line_count) == (900, 1_000, 100)


def test_the_ring_is_bounded_in_characters_too() -> None:
    ring = LogRing(max_lines=100_000, max_chars=50_000, layout=LogLayout(80))
    ring.extend([note("x" * 5_000) for _ in range(100)])
    assert ring.end_index - ring.first_index == 10


def test_older_entries_go_before_and_count_down() -> None:
    ring = ring_of(max_lines=100)
    ring.extend(notes(20, start=100))
    line = ring.first_line
    assert ring.prepend(notes(30, start=70)) == 30
    assert ring.first_index == -30
    assert ring.line_at(Place(0, 0)) == line
    assert shown_text(ring)[0] == "entry 70"
    assert ring.prepend(notes(70)) == 50
    assert shown_text(ring)[0] == "entry 20"


@settings(max_examples=60)
@given(st.lists(st.lists(entries, max_size=12), max_size=8), st.integers(20, 100))
def test_any_history_of_a_ring_agrees_with_wrapping_anew(batches: list[list[LogEntry]], width: int) -> None:
    ring = ring_of(max_lines=60, width=80)
    for number, batch in enumerate(batches):
        if number % 3 == 2:
            ring.prepend(batch)
        else:
            ring.extend(batch)
    before = [ring.entry(index) for index in range(ring.first_index, ring.end_index)]
    ring.relayout(LogLayout(width))
    kept = [ring.entry(index) for index in range(ring.first_index, ring.end_index)]
    assert kept == before[len(before) - len(kept) :]
    expected = [line.text for entry in kept for line in wrap(entry, cell_text(entry.text), LogLayout(width))]
    assert shown_text(ring) == expected
    for number in range(ring.first_line, ring.end_line):
        assert ring.line_at(ring.place(number)) == number


def test_rewrapping_twenty_thousand_lines_takes_less_than_fifty_milliseconds() -> None:
    words = [LogEntry(LogKind.MESSAGE, "some words of a line " * 4) for _ in range(20_000)]
    spans: list[float] = []
    for width in (100, 90, 80, 60, 40):
        ring = ring_of(max_lines=20_000, width=120)
        ring.extend(words)
        begun = time.process_time()
        ring.relayout(LogLayout(width))
        spans.append(time.process_time() - begun)
        assert ring.line_count > 19_900
    assert min(spans) < 0.05


def test_a_paused_stream_lets_newer_entries_wait_and_loses_none_of_the_last() -> None:
    stream = LogStream(ring_of(max_lines=100))
    stream.feed(notes(100))
    stream.pause()
    stream.feed(notes(40, start=100))
    assert shown_text(stream.ring)[0] == "entry 0"
    assert stream.new_entries == 40
    stream.follow()
    assert shown_text(stream.ring)[-1] == "entry 139"
    assert stream.oldest_index == 40


def test_a_paused_stream_starts_anew_after_a_long_flood() -> None:
    stream = LogStream(ring_of(max_lines=100))
    stream.feed(notes(100))
    stream.pause()
    for start in range(100, 1_000, 50):
        stream.feed(notes(50, start=start))
    stream.follow()
    assert shown_text(stream.ring) == [f"entry {number}" for number in range(900, 1_000)]
    assert stream.oldest_index == 900


def test_paging_back_makes_newer_entries_wait() -> None:
    stream = LogStream(ring_of(max_lines=100))
    stream.feed(notes(100, start=100))
    stream.pause()
    assert stream.prepend(notes(30, start=70)) == 30
    assert shown_text(stream.ring)[0] == "entry 70"
    assert shown_text(stream.ring)[-1] != "entry 199"
    while stream.advance():
        pass
    assert shown_text(stream.ring)[-1] == "entry 199"


# The widget.


class LogApp(App[None]):
    CSS = "EventLog { height: 1fr; }"

    def __init__(self, max_lines: int = 20_000) -> None:
        super().__init__()
        self.log_view = EventLog(max_lines=max_lines)
        self.wanted: list[EventLog.OlderWanted] = []

    def compose(self) -> ComposeResult:
        yield self.log_view

    def on_event_log_older_wanted(self, message: EventLog.OlderWanted) -> None:
        self.wanted.append(message)


def painted(log: EventLog) -> list[str]:
    return [log.render_line(row).text.rstrip() for row in range(log.view_lines)]


def state(log: EventLog) -> str:
    return str(log.border_subtitle)


def selected(log: EventLog, selection: Selection) -> str:
    found = log.get_selection(selection)
    assert found is not None
    return found[0]


async def fed(pilot: Pilot[None], count: int = 200) -> EventLog:
    app = pilot.app
    assert isinstance(app, LogApp)
    log = app.log_view
    log.focus()
    await pilot.pause()
    log.extend(notes(count))
    await pilot.pause()
    return log


async def test_an_entry_is_painted_with_time_sign_indent_and_remark() -> None:
    async with LogApp().run_test(size=(62, 12)) as pilot:
        log = await fed(pilot, 0)
        assert painted(log)[0].startswith(" Nothing here yet.")
        log.extend(
            [
                LogEntry(LogKind.COMMAND, "pytest -q tests/ tests/test_search.py", NOON_S, "exit 1 · 4.2s"),
                LogEntry(LogKind.OUTPUT, "2 failed, [/] 11 passed", None, "", continues=True),
                LogEntry(LogKind.MESSAGE, "The two failures come from the empty query case; I go on.", NOON_S),
            ]
        )
        at = clock(NOON_S)
        assert painted(log)[:4] == [
            f" {at}  $ pytest -q tests/                 exit 1 · 4.2s",
            " " * 13 + "tests/test_search.py",
            " " * 13 + "2 failed, [/] 11 passed",
            f" {at}  “ The two failures come from the empty query",
        ]
        log.ascii_signs = True
        await pilot.pause()
        assert painted(log)[3].startswith(f' {at}  " The')


async def test_it_follows_until_the_person_scrolls_up_and_again_from_the_end() -> None:
    async with LogApp().run_test(size=(60, 12)) as pilot:
        log = await fed(pilot)
        assert painted(log)[-1].endswith("entry 199")
        assert state(log) == "following"
        await press(pilot, "up")
        assert not log.following
        log.extend(notes(12, start=200))
        await pilot.pause()
        assert painted(log)[-1].endswith("entry 198")
        assert state(log) == "paused · 12 new · f follows"
        await press(pilot, "end")
        assert painted(log)[-1].endswith("entry 211")
        assert state(log) == "following"
        await press(pilot, "pageup", "pagedown")
        assert log.following
        await press(pilot, "f")
        log.extend(notes(1, start=212))
        assert painted(log)[-1].endswith("entry 211")
        await press(pilot, "f")
        assert painted(log)[-1].endswith("entry 212")


async def test_a_paused_view_stands_still_in_a_flood() -> None:
    async with LogApp(max_lines=500).run_test(size=(60, 12)) as pilot:
        log = await fed(pilot, 500)
        await press(pilot, "pageup")
        before = painted(log)
        for start in range(500, 5_000, 100):
            log.extend(notes(100, start=start))
        await pilot.pause()
        assert painted(log) == before
        assert state(log) == "paused · 4,500 new · f follows"
        await press(pilot, "f")
        assert painted(log)[-1].endswith("entry 4999")


async def test_the_ring_drops_lines_under_a_reader_without_moving_them() -> None:
    async with LogApp(max_lines=100).run_test(size=(60, 12)) as pilot:
        log = await fed(pilot, 90)
        await press(pilot, "pageup")
        before = painted(log)
        log.extend(notes(30, start=90))
        await pilot.pause()
        assert painted(log) == before


async def test_the_top_asks_for_older_entries_once_and_the_view_does_not_jump() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 12)) as pilot:
        log = await fed(pilot)
        assert app.wanted == []
        await press(pilot, "home", "up", "pageup")
        assert [(wanted.oldest_index, wanted.is_raw) for wanted in app.wanted] == [(0, False)]
        before = painted(log)
        log.prepend(notes(50, start=-50))
        await pilot.pause()
        assert painted(log) == before
        await press(pilot, "up")
        assert painted(log)[0].endswith("entry -1")
        await press(pilot, "home")
        assert app.wanted[-1].oldest_index == -50
        log.prepend([])
        await press(pilot, "up", "home")
        assert len(app.wanted) == 2


async def test_a_short_log_asks_for_older_entries_by_key_and_wheel() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 12)) as pilot:
        log = await fed(pilot, 3)
        await press(pilot, "up")
        assert len(app.wanted) == 1
        log.prepend(notes(1))
        await pilot._post_mouse_events([events.MouseScrollUp], log, offset=(5, 5), button=0)
        await pilot.pause()
        assert len(app.wanted) == 2
        assert log.following


async def test_a_partial_line_is_the_last_one_and_gives_way() -> None:
    async with LogApp().run_test(size=(60, 12)) as pilot:
        log = await fed(pilot)
        log.set_partial(LogEntry(LogKind.MESSAGE, "I am wri", NOON_S))
        assert painted(log)[-1].endswith("“ I am wri")
        log.set_partial(LogEntry(LogKind.MESSAGE, "I am writing", NOON_S))
        assert painted(log)[-1].endswith("“ I am writing")
        log.set_partial(LogEntry(LogKind.MESSAGE, "I am writing a long text " * 5, NOON_S))
        assert painted(log)[-1].endswith("writing a long text")
        log.set_partial(None)
        log.extend([LogEntry(LogKind.MESSAGE, "I am writing.", NOON_S)])
        assert painted(log)[-1].endswith("“ I am writing.")
        assert painted(log)[-2].endswith("entry 199")


async def test_a_resize_wraps_anew_and_keeps_the_place() -> None:
    async with LogApp().run_test(size=(100, 12)) as pilot:
        log = await fed(pilot, 0)
        log.extend([note(f"entry {number} " + "word " * 20) for number in range(200)])
        await pilot.pause()
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert log.following
        assert log.scroll_y == log.max_scroll_y
        assert painted(log)[-1].endswith("word")
        await press(pilot, "pageup", "pageup")
        top = re.search(r"entry \d+", painted(log)[0])
        assert top is not None
        await pilot.resize_terminal(90, 12)
        await pilot.pause()
        assert not log.following
        assert top.group() + " " in painted(log)[0]


async def test_find_marks_scrolls_and_goes_round() -> None:
    async with LogApp().run_test(size=(60, 12)) as pilot:
        log = await fed(pilot)
        await press(pilot, "home")
        assert log.find("Entry 77") == (0, 0)
        assert "not found" in state(log)
        assert log.find("entry 77") == (1, 1)
        assert any(line.endswith("entry 77") for line in painted(log))
        assert not log.following
        row = next(row for row, line in enumerate(painted(log)) if line.endswith("entry 77"))
        marked = [segment.text for segment in log.render_line(row) if segment.style and segment.style.reverse]
        assert marked == ["entry 77"]
        await press(pilot, "home")
        log.clear_find()
        assert log.find("entry 1") == (1, 111)
        assert log.find("entry 1", backwards=True) == (111, 111)
        assert any(line.endswith("entry 199") for line in painted(log))
        assert log.find("entry 1") == (1, 111)
        assert log.find("entry 1") == (2, 111)
        assert log.find("") == (0, 0)


async def test_selected_text_has_no_times_and_no_wrapping() -> None:
    async with LogApp(max_lines=100).run_test(size=(60, 12)) as pilot:
        log = await fed(pilot, 300)
        text = "one two three four five six seven eight nine ten eleven twelve"
        log.extend([note(text), LogEntry(LogKind.OUTPUT, "a\nb", continues=True)])
        await pilot.pause()
        rows = painted(log)
        row = next(number for number, line in enumerate(rows) if "one two" in line)
        await pilot.mouse_down(log, offset=(14 + 4, row + 1))
        await pilot.hover(log, offset=(14 + 1, row + 4))
        await pilot.mouse_up(log, offset=(14 + 1, row + 4))
        assert pilot.app.screen.get_selected_text() == f"{text[4:]}\na\nb"
        log.extend(notes(2))
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == f"{text[4:]}\na\nb"
        assert selected(log, Selection(None, None)).startswith("entry 2")
        styled = [
            segment.text
            for segment in log.render_line(row - 2)
            if segment.style is not None and segment.style.bgcolor == log.selection_style.bgcolor
        ]
        assert "".join(styled).startswith("two three")
        assert selected(log, Selection(Offset(0, 0), Offset(0, 1))) == ""


async def test_raw_lines_are_cleaned_and_the_entries_come_back() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 12)) as pilot:
        log = await fed(pilot)
        await press(pilot, "pageup")
        before = painted(log)
        log.show_raw([b'{"a":"\x1b]52;c;eA==\x07"}\r\n', '{"b":"\u202e"}', b"\xff"])
        assert [line.strip() for line in painted(log)[:3]] == [
            '{"a":"␛]52;c;eA==\\x07"}',
            '{"b":"\\u{202E}"}',
            "\N{REPLACEMENT CHARACTER}",
        ]
        assert state(log) == "raw JSONL · following"
        log.extend(notes(5, start=200))
        await press(pilot, "up")
        assert app.wanted[-1].is_raw
        log.prepend_raw([b'{"older":1}'])
        assert painted(log)[0].strip() == '{"older":1}'
        log.show_entries()
        assert painted(log) == before
        assert not log.is_raw


async def test_another_theme_paints_anew() -> None:
    app = LogApp()
    async with app.run_test(size=(60, 12)) as pilot:
        log = await fed(pilot)
        dark = log.render_line(0)
        assert log.render_line(0) is dark
        app.theme = "textual-light"
        await pilot.pause()
        assert log.render_line(0) != dark
        assert log.render_line(0).text == dark.text


async def test_clear_forgets_one_worker_for_another() -> None:
    async with LogApp().run_test(size=(60, 12)) as pilot:
        log = await fed(pilot)
        await press(pilot, "pageup")
        log.find("entry 3")
        log.clear()
        assert painted(log)[0].startswith(" Nothing here yet.")
        assert state(log) == "following"
        log.extend(notes(2))
        assert painted(log)[1].endswith("entry 1")


@pytest.mark.parametrize("size", [(12, 4), (3, 3), (200, 60)])
async def test_odd_sizes_do_not_break_it(size: tuple[int, int]) -> None:
    async with LogApp().run_test(size=size) as pilot:
        log = await fed(pilot)
        log.extend([LogEntry(LogKind.COMMAND, "漢" * 50, NOON_S, "a long remark that has no room")])
        await pilot.pause()
        assert painted(log)
