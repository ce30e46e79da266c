"""What a run without a screen tells: lines, the bar of a terminal, and JSONL."""

import io
import json
import os
import pty
import re
import subprocess
from collections.abc import Callable
from unittest.mock import Mock

import pytest

from codex_orch_tui.cli import acting, working
from codex_orch_tui.cli.event_words import MAX_TOLD_CHARS, event_lines
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.out import Out
from codex_orch_tui.cli.progress import JsonLines, Lines, bar_line
from codex_orch_tui.cli.run_end import end_lines, is_at_rest, run_code
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import Plan, TaskSpec
from tests.fakes.states import NOT_LOGGED_IN, NOW_S, Story, command_request

HOSTILE = "\x1b]52;c;aGk=\x07\x9b31m\u202e[/]\r\n" + "x" * 500


class Told:
    """A story whose events are told as they happen."""

    def __init__(self, *titles: str) -> None:
        self.stream = io.StringIO()
        self.story = Story()
        self.refs = self.story.run(titles)
        self.run = self.refs[0].run
        self.teller = Lines(Out(self.stream), lambda: self.run, clock=lambda: NOW_S)

    def tell(self, event: ev.Event) -> str:
        """What is told of it."""
        before = len(self.stream.getvalue())
        self.teller.take(self.story.tell(event), self.story.state)
        return self.stream.getvalue()[before:]


def test_each_event_is_a_line_with_its_time_and_its_task() -> None:
    told = Told("Add search", "Fix auth")
    line = told.tell(ev.TaskStarted(ref=told.refs[0]))
    assert re.fullmatch(r"\d\d:\d\d:\d\d  add-search  starts\n", line)
    assert told.tell(ev.RunPaused(run=told.run, cause="the program ended")).endswith("  paused: the program ended\n")
    assert told.tell(ev.RateLimitsUpdated(used_percent=1)) == ""
    other = told.story.run(["Another"])[0]
    assert told.tell(ev.TaskStarted(ref=other)) == "", "another run"


def test_hostile_text_stays_in_its_line() -> None:
    told = Told("Add search")
    line = told.tell(ev.NoteAdded(ref=told.refs[0], kind=LogKind.ERROR, text=HOSTILE))
    assert line.endswith("\n") and line[:-1].isprintable()
    assert len(line) < MAX_TOLD_CHARS + 40


def test_a_secret_in_a_text_is_not_told() -> None:
    told = Told("Add search")
    token = "ghp_" + "a1B2" * 9
    assert token not in told.tell(ev.NoteAdded(ref=told.refs[0], kind=LogKind.WARNING, text=f"it said {token}"))


def test_a_question_is_told_with_the_command_that_answers_it() -> None:
    story = Story()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    asked = story.ask(ref, command_request(story, ref, command="npm install"))
    event = ev.DecisionNotKept(ref=ref, approval=asked, cause="disk full")
    lines = [line for _, line in event_lines(event, story.state)]
    assert lines[0] == "asks: $ npm install"
    assert lines[1].startswith(f"→ codex-orch-tui approvals answer {asked} DECISION: accept, ")
    assert "|" not in lines[1]


def test_events_of_the_run_and_of_the_repository_are_jsonl() -> None:
    stream, story = io.StringIO(), Story()
    refs = [*story.run(["Add search"]), *story.run(["Another"])]
    teller = JsonLines(Out(stream), lambda: refs[0].run)
    for event in (
        ev.TaskStarted(ref=refs[0]),
        ev.TaskStarted(ref=refs[1]),
        ev.RunPaused(run=refs[1].run, cause="x"),
        ev.SessionClosed(pid=1),
    ):
        teller.take(story.tell(event), story.state)
    assert [json.loads(line)["type"] for line in stream.getvalue().splitlines()] == ["TaskStarted", "SessionClosed"]


def test_the_bar_counts_what_is_over() -> None:
    story = Story()
    first, second, third, _fourth = story.run(["One", "Two", "Three", "Four"])
    for ref in (first, second, third):
        story.start(ref)
    story.finish(first)
    story.ask(second)
    line = bar_line(story.state, story.state.runs[first.run], NOW_S + 65)
    assert line == "[#####---------------] 1/4  ! 1 needs you · 1 working · 1 queued · 1 to review · 94k tokens · 1m05s"


def painted(master: int, slave: int) -> str:
    """What came to the terminal since the last look."""
    os.write(slave, b"END")
    seen = b""
    while not seen.endswith(b"END"):
        seen += os.read(master, 4096)
    return seen.decode().removesuffix("END")


def test_only_a_terminal_has_the_bar_and_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    subprocess.run(["stty", "cols", "40"], stdin=slave, check=True)
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(slave, "w") as stream:
        told = Told("Add search")
        teller = Lines(Out(stream), lambda: told.run, clock=lambda: NOW_S)
        teller.take(told.story.tell(ev.TaskStarted(ref=told.refs[0])), told.story.state)
        teller.tick(told.story.state)
        teller.close()
        shown = painted(master, slave)
        monkeypatch.setenv("TERM", "dumb")
        teller.tick(told.story.state)
        assert painted(master, slave) == "", "no bar where lines cannot be written over"
    os.close(master)
    assert shown.count("\r\x1b[K[") == 2 and shown.endswith("\r\x1b[K")
    bars = re.findall(r"\x1b\[K(\[[^\r]*)", shown)
    assert all(len(bar) <= 39 for bar in bars)
    told.teller.tick(told.story.state)
    assert "\r" not in told.stream.getvalue()


def test_a_reader_that_has_gone_ends_the_output_and_nothing_else() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        out = Out(stream)
        for _ in range(3):
            out.say("x" * 100_000)
        assert out.is_gone


# -- the end of a run -------------------------------------------------------------------------------------------------


def chain() -> tuple[Story, TaskRef, TaskRef]:
    """A plan of two tasks, the second after the first."""
    story = Story()
    specs = (
        TaskSpec(id=TaskId("one"), title="One", prompt="x"),
        TaskSpec(id=TaskId("two"), title="Two", prompt="y", depends_on=(TaskId("one"),)),
        TaskSpec(id=TaskId("group"), title="Group", prompt=""),
    )
    one, two, _ = story.begin(Plan(title="Chain", tasks=specs))
    return story, one, two


def nothing(_story: Story, _one: TaskRef, _two: TaskRef) -> None:
    pass


def first_done(story: Story, one: TaskRef, _two: TaskRef) -> None:
    story.start(one)
    story.finish(one)


def first_stopped(story: Story, one: TaskRef, _two: TaskRef) -> None:
    story.start(one)
    story.tell(ev.TaskInterrupted(ref=one, cause="stopped by you"))


def first_lost(story: Story, one: TaskRef, _two: TaskRef) -> None:
    story.start(one)
    story.tell(ev.TaskLost(ref=one, fault=NOT_LOGGED_IN))


def paused(story: Story, one: TaskRef, _two: TaskRef) -> None:
    story.tell(ev.RunPaused(run=one.run, cause="paused by you"))


def held(story: Story, one: TaskRef, _two: TaskRef) -> None:
    story.tell(ev.TaskHeld(ref=one))


def both_done(story: Story, one: TaskRef, two: TaskRef) -> None:
    for ref in (one, two):
        story.start(ref)
        story.finish(ref)


@pytest.mark.parametrize(
    ("what", "rests", "code"),
    [
        (nothing, False, ExitCode.WAITING),
        (first_done, False, ExitCode.WAITING),
        (first_stopped, True, ExitCode.WAITING),
        (first_lost, True, ExitCode.FAILED),
        (paused, True, ExitCode.WAITING),
        (held, True, ExitCode.WAITING),
        (both_done, True, ExitCode.DONE),
    ],
)
def test_when_a_run_is_at_rest_and_how_it_ended(
    what: Callable[[Story, TaskRef, TaskRef], None], rests: bool, code: ExitCode
) -> None:
    story, one, two = chain()
    what(story, one, two)
    run = story.state.runs[RunId(one.run)]
    assert (is_at_rest(story.state, run), run_code(story.state, run)) == (rests, code)
    assert all(line.isprintable() for line in end_lines(story.state, run.id))


def test_the_end_tells_what_there_is_to_do_next() -> None:
    story, one, two = chain()
    first_stopped(story, one, two)
    assert f"To go on: codex-orch-tui resume --run-id {one.run}" in list(end_lines(story.state, one.run))
    single = Story()
    (ref,) = single.run(["Add search"])
    single.start(ref)
    single.finish(ref, answer="Done.\nNothing else.")
    lines = list(end_lines(single.state, ref.run))
    assert lines[lines.index("Done.") + 1] == "Nothing else."


def test_the_bar_is_taken_away_after_the_workers_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    order = []

    async def alone(*_given: object) -> int:
        order.append("workers stopped")
        return 130

    monkeypatch.setattr(acting, "alone", alone)
    monkeypatch.setattr(working.Telling, "close", lambda _self: order.append("bar taken away"))
    assert working.work(Mock(holder=None), Mock(), as_json=False) == 130
    assert order == ["workers stopped", "bar taken away"]
