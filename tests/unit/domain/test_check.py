"""The line of a check, and what checks make of a task."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckLineError, CheckOutcome, CheckProcess, is_check_line, words_of
from codex_orch_tui.domain.checking import awaits_only_checks, has_passed_checks
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind, TurnStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState
from tests.fakes.states import Story

PROCESS = CheckProcess(pid=7, started_s=1.5)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pytest -q", ("pytest", "-q")),
        ("  npm   run  test:unit ", ("npm", "run", "test:unit")),
        ("pytest -k 'a or b' \"c d\"", ("pytest", "-k", "a or b", "c d")),
        ("grep '*' \"a|b\" c\\ d", ("grep", "*", "a|b", "c d")),
        (r'grep "a\"b\\c\d"', ("grep", r'a"b\c\d')),
        ("make CC=gcc a#b HEAD~2 ''", ("make", "CC=gcc", "a#b", "HEAD~2", "")),
    ],
)
def test_a_line_is_words(line: str, words: tuple[str, ...]) -> None:
    assert words_of(line) == words


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "names a command"),
        ("a | b", "a pipe"),
        ("a && b", "&&"),
        ("a; b", "a second command"),
        ("a > b", "a redirection"),
        ("a $(b)", "an expansion"),
        ('a "$HOME"', "an expansion"),
        ("a `b`", "a substitution"),
        ("pytest tests/*.py", "a glob"),
        ("a ~/b", "a tilde"),
        ("a # b", "a comment"),
        ("a\nb", "a second line"),
        ("a 'b", "no end"),
        ("a \\", "a backslash"),
        ("a \u202eb", "cannot be seen"),
        ("a" * 5_000, "at most"),
    ],
)
def test_what_only_a_shell_understands_is_named(line: str, why: str) -> None:
    with pytest.raises(CheckLineError, match=why.replace("$", r"\$")):
        words_of(line)
    assert not is_check_line(line)


@given(st.text(max_size=60))
def test_what_is_taken_reads_as_a_shell_reads_it(line: str) -> None:
    if is_check_line(line):
        assert list(words_of(line)) == shlex.split(line)


def begun(story: Story) -> TaskRef:
    (ref,) = story.run(["Greet"])
    story.start(ref)
    story.tell(ev.TurnEnded(ref=ref, turn=story.turn(ref), status=TurnStatus.COMPLETED))
    return ref


def start(story: Story, ref: TaskRef, check: str = "tests", commit: str = "c1") -> None:
    story.tell(ev.CheckStarted(ref=ref, check=check, command="pytest -q", commit=CommitId(commit), process=PROCESS))


def finish(
    story: Story, ref: TaskRef, outcome: CheckOutcome, check: str = "tests", commit: str = "c1", code: int | None = None
) -> Task:
    story.tell(
        ev.CheckFinished(
            ref=ref,
            check=check,
            command="pytest -q",
            commit=CommitId(commit),
            outcome=outcome,
            exit_code=code,
            duration_ms=4_200,
            output_tail="" if outcome is CheckOutcome.PASSED else "1 failed",
        ),
        after_s=4.2,
    )
    return story.state.tasks[ref]


def test_a_task_is_being_checked_until_its_checks_say_what_follows() -> None:
    story = Story()
    ref = begun(story)
    start(story, ref)
    task = story.state.tasks[ref]
    assert task.state is TaskState.CHECKING
    assert task.state in ACTIVE
    assert task.checks[0].process == PROCESS
    task = finish(story, ref, CheckOutcome.FAILED, code=1)
    assert (task.checks[0].process, task.checks[0].exit_code) == (None, 1)
    assert task.checks[0].started_at_s == story.now_s - 4.2
    assert task.notes[-1].text == "check tests: pytest -q · exit 1 · 4.2s\n1 failed"
    assert task.notes[-1].kind is LogKind.ERROR
    story.tell(ev.ChecksReturned(ref=ref, checks=("tests",), retry=1, of=2))
    task = story.state.tasks[ref]
    assert (task.state, task.check_retries) == (TaskState.STARTING, 1)
    story.start(ref, prompt="mend it")
    start(story, ref, commit="c2")
    task = finish(story, ref, CheckOutcome.PASSED, commit="c2", code=0)
    story.tell(ev.TaskFinished(ref=ref))
    task = story.state.tasks[ref]
    assert task.state is TaskState.DONE
    assert [(run.commit, run.outcome) for run in task.checks] == [("c2", CheckOutcome.PASSED)]
    story.tell(ev.TaskQueued(ref=ref, text="more"))
    assert story.state.tasks[ref].check_retries == 0, "a person's word gives it all its tries again"


def test_a_check_that_was_cut_off_says_nothing() -> None:
    story = Story()
    ref = begun(story)
    start(story, ref, "lint")
    finish(story, ref, CheckOutcome.PASSED, "lint", code=0)
    start(story, ref)
    story.tell(ev.TaskInterrupted(ref=ref, cause="the program was closed"))
    task = story.state.tasks[ref]
    assert [(run.name, run.outcome, run.process) for run in task.checks] == [
        ("lint", CheckOutcome.PASSED, None),
        ("tests", CheckOutcome.NOT_RUN, None),
    ]
    planned = replace(task, tip=CommitId("c1"), spec=replace(task.spec, checks=("lint", "tests")))
    assert awaits_only_checks(planned)
    assert not awaits_only_checks(replace(planned, unsent="and another thing")), "what was written is to be sent"
    assert not awaits_only_checks(replace(planned, checks=())), "its turn may want more than checks"


def test_a_stopped_task_is_not_taken_up_by_a_late_check() -> None:
    story = Story()
    ref = begun(story)
    story.tell(ev.StopRequested(ref=ref))
    start(story, ref)
    assert story.state.tasks[ref].state is TaskState.STOPPING
    fault = Fault(kind=FaultKind.CHECK_FAILED, message="it failed")
    story.tell(ev.TaskFailed(ref=ref, fault=fault))
    story.tell(ev.ChecksReturned(ref=ref, checks=("tests",), retry=1, of=2))
    assert story.state.tasks[ref].state is TaskState.FAILED


@pytest.mark.parametrize(
    ("outcome", "commit", "passed"),
    [
        (CheckOutcome.PASSED, "tip", True),
        (CheckOutcome.PASSED, "older", False),
        (CheckOutcome.SKIPPED, "tip", False),
        (CheckOutcome.FAILED, "tip", False),
    ],
)
def test_passed_means_this_commit(outcome: CheckOutcome, commit: str, passed: bool) -> None:
    story = Story()
    ref = begun(story)
    task = finish(story, ref, outcome, commit=commit)
    task = replace(task, tip=CommitId("tip"), spec=replace(task.spec, checks=("tests",)))
    assert has_passed_checks(task) is passed
    assert has_passed_checks(replace(task, spec=replace(task.spec, checks=())))


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"outcome": CheckOutcome.TIMED_OUT, "duration_ms": 1_000}, "check ls · time limit reached · 1.0s"),
        ({"outcome": CheckOutcome.NOT_RUN, "reason": "git push is blocked"}, "check ls · not run: git push is blocked"),
        ({"outcome": CheckOutcome.SKIPPED, "trace": "trace: ls"}, "check ls · skipped: this is a dry run\ntrace: ls"),
    ],
)
def test_what_a_check_without_an_exit_code_is_called(event: dict[str, object], text: str) -> None:
    story = Story()
    ref = begun(story)
    told = ev.CheckFinished(ref=ref, check="ls", command="ls", commit=None, **event)  # type: ignore[arg-type]
    story.tell(told)
    assert story.state.tasks[ref].notes[-1].text == text


def test_a_long_output_is_told_by_its_end() -> None:
    story = Story()
    ref = begun(story)
    tail = "\n".join(f"line {number}" for number in range(100))
    failed = CheckOutcome.FAILED
    story.tell(
        ev.CheckFinished(ref=ref, check="ls", command="ls", commit=None, outcome=failed, exit_code=1, output_tail=tail)
    )
    lines = story.state.tasks[ref].notes[-1].text.split("\n")
    assert lines[1] == "… 80 lines above"
    assert lines[2:] == [f"line {number}" for number in range(80, 100)]
    assert story.state.tasks[ref].checks[0].output_tail == tail
