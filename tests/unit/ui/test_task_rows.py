"""The tree's rows: what is said of each state, folds, and that unchanged tasks cost nothing."""

from dataclasses import replace

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.item import Fault, FaultKind, FileEdit, ItemKind, StepStatus
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS, Tone
from codex_orch_tui.ui.presentation.quiet import quiet_words
from codex_orch_tui.ui.presentation.rows import Row
from codex_orch_tui.ui.presentation.task_rows import TaskRows
from codex_orch_tui.ui.presentation.turn_rows import task_key
from codex_orch_tui.ui.presentation.worktree_rows import WorktreeRows, base_line
from tests.fakes.states import NOT_LOGGED_IN, NOW_S, Story, many, shop


def lines(rows: TaskRows, story: Story) -> list[str]:
    return ["  " * row.depth + " ".join(filter(None, (row.sign, row.text))) for row in rows.sheet(story.state).rows]


def row(rows: TaskRows, story: Story, text: str) -> Row:
    return next(row for row in rows.sheet(story.state).rows if row.text == text)


def test_a_run_of_one_task_is_its_task() -> None:
    story = Story()
    story.run(("Only task",))
    assert lines(TaskRows(), story) == ["◌ Only task"]


def test_a_run_holds_its_tasks_and_newer_runs_come_first() -> None:
    story = Story()
    story.run(("One", "Two"), title="The plan")
    story.run(("Later",))
    assert lines(TaskRows(), story) == ["◌ Later", "◌ The plan", "  ◌ One", "  ◌ Two"]


def test_a_working_task_is_open_and_shows_what_goes_on() -> None:
    story = Story()
    (ref,) = story.run(("Only task",))
    story.start(ref)
    story.steps(ref, ("look", StepStatus.COMPLETED), ("change", StepStatus.IN_PROGRESS))
    story.item(ref, ItemKind.COMMAND, "ls", exit_code=0)
    story.item(ref, ItemKind.COMMAND, "pytest", done=False)
    rows = TaskRows()
    assert lines(rows, story) == ["● Only task", "  ✓ look", "  ● change", "  turn 1", "    $ pytest"]
    rows.set_open(row(rows, story, "turn 1"), True)
    assert lines(rows, story)[-2:] == ["    $ ls", "    $ pytest"]
    done = row(rows, story, "ls")
    assert (done.remark, done.remark_tone, done.tail) == ("exit 0", Tone.GOOD, "2.0s")


def test_a_finished_task_closes_unless_the_person_opened_it() -> None:
    story = Story()
    first, second = story.run(("One", "Two"), title="Both")
    rows = TaskRows()
    for ref in (first, second):
        story.start(ref)
    rows.set_open(row(rows, story, "Two"), True)
    for ref in (first, second):
        story.finish(ref)
    assert row(rows, story, "One").is_open is False
    assert row(rows, story, "Two").is_open is True


def test_a_fault_and_the_command_that_helps_are_always_seen() -> None:
    story = Story()
    (ref,) = story.run(("Only task",))
    story.start(ref)
    story.fail(ref, NOT_LOGGED_IN)
    assert lines(TaskRows(), story) == ["✗ Only task", "  ✗ Codex is not logged in", f"  → {NOT_LOGGED_IN.next_step}"]


def test_a_fault_that_codex_retries_is_no_failure() -> None:
    story = Story()
    (ref,) = story.run(("Only task",))
    story.start(ref)
    story.tell(ev.FaultTold(ref=ref, fault=Fault(kind=FaultKind.RATE_LIMITED, message="429, trying again")))
    assert row(TaskRows(), story, "429, trying again").text_tone is Tone.PLAIN


def test_times_tick_only_for_what_runs() -> None:
    story = shop()
    ticking = {row.text for row in TaskRows().sheet(story.state).rows if row.since_s is not None}
    assert ticking == {"Add product search", "Search endpoint", "Fix auth middleware", "turn 1"}


def test_edits_say_their_size() -> None:
    story = Story()
    (ref,) = story.run(("Only task",))
    story.start(ref)
    edit = FileEdit(path="a.py", change="update", insertions=6, deletions=2)
    story.item(ref, ItemKind.FILE_CHANGE, "a.py", files=(edit,))
    rows = TaskRows()
    rows.set_open(row(rows, story, "turn 1"), True)
    assert row(rows, story, "a.py").remark == "+6 −2"


def test_every_state_has_its_word_and_sign_in_both_alphabets() -> None:
    for ascii_only in (False, True):
        signs = {look.sign(ascii_only=ascii_only) for look in TASK_LOOKS.values()}
        assert len(signs) >= len({look.word for look in TASK_LOOKS.values()})
    assert set(TASK_LOOKS) == set(TaskState)


def test_unchanged_tasks_keep_their_rows() -> None:
    story = many(50)
    rows = TaskRows()
    before = {row.key: row for row in rows.sheet(story.state).rows}
    ref = next(iter(story.state.tasks))
    story.finish(ref)
    after = {row.key: row for row in rows.sheet(story.state).rows}
    changed = {key for key in after if before.get(key) is not after[key]}
    assert all(task_key(ref) in key or key.startswith("run:") for key in changed)


def test_the_table_lists_folders_and_tells_how_the_base_stands() -> None:
    story = shop()
    sheet = WorktreeRows().sheet(story.state)
    assert [row.text for row in sheet.rows] == [
        "upgrade-the-linter",
        "search-endpoint",
        "fix-auth-middleware",
        "correct-the-docs",
        "rate-limits",
    ]
    assert [row.tail for row in sheet.rows] == ["", "+84", "+12 −3", "+142 −18", ""]
    typo = next(ref for ref in story.state.tasks if ref.task == "correct-the-docs")
    assert base_line(story.state, typo) == "main has moved on: u updates correct-the-docs"
    before = replace(story.state, base_tips={})
    assert base_line(before, typo) == "main  1 commit behind correct-the-docs"
    assert base_line(story.state, None) == ""


def test_a_quiet_worker_is_called_so_and_only_its_rows_are_made_again() -> None:
    story = Story()
    silent, other = story.run(("Silent", "Other"), title="Both")
    for ref in (silent, other):
        story.start(ref)
    tree, table = TaskRows(), WorktreeRows()
    before, folders = tree.sheet(story.state), table.sheet(story.state)
    quiet = quiet_words({silent: NOW_S - 200.0}, NOW_S)
    after, told = tree.sheet(story.state, quiet=quiet), table.sheet(story.state, quiet)
    words = {row.text: (row.remark, row.remark_tone) for row in after.rows}
    assert words["Silent"] == ("quiet 3m", Tone.PLAIN)
    assert words["Other"] == ("working", Tone.QUIET)
    assert {row.remark for row in told.rows} == {"quiet 3m", "working"}
    assert sum(1 for old, new in zip(before.rows, after.rows, strict=True) if old is not new) == 2, "task and turn"
    assert sum(1 for old, new in zip(folders.rows, told.rows, strict=True) if old is not new) == 1
    long = tree.sheet(story.state, quiet={silent: "quiet 100d"})
    assert long.remark_cells == len("quiet 100d"), "the column is as wide as its longest word"
    again, rows = tree.sheet(story.state), table.sheet(story.state)
    assert {row.remark for row in rows.rows} == {"working"}
    assert "quiet" not in "".join(row.remark for row in again.rows)


def test_where_nobody_is_quiet_a_frame_costs_nothing_for_it() -> None:
    story = many(50)
    tree, table = TaskRows(), WorktreeRows()
    before, folders = tree.sheet(story.state), table.sheet(story.state)
    assert all(a is b for a, b in zip(before.rows, tree.sheet(story.state).rows, strict=True))
    assert table.sheet(story.state) is folders
