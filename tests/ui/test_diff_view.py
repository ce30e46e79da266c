"""The diff view: rows and numbers, hunks, wrapping, sideways scrolling, selection, notes, size."""

import time

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.selection import Selection

from codex_orch_tui.domain.review import (
    ChangeStatus,
    DiffLine,
    EntryKind,
    FileChange,
    FilePatch,
    Hunk,
    LineKind,
)
from codex_orch_tui.ui.presentation.diff_lines import MAX_LINE_CHARS, DiffRows, file_notes
from codex_orch_tui.ui.presentation.syntax import SyntaxRole, highlight
from codex_orch_tui.ui.widgets.diff_view import DiffView
from tests.keyboard import press

SIGNS = {" ": LineKind.CONTEXT, "+": LineKind.ADDED, "-": LineKind.REMOVED, "\\": LineKind.NOTE}

EDIT = """\
 def parse_query(raw: str) -> Query:
-    return Query(raw.split())
+    terms = [t for t in raw.split() if t]
+    if not terms:
+        raise BadRequest("empty query [/]")
 \\ end"""


def change(path: str = "src/api/search.py", **fields: object) -> FileChange:
    known: dict[str, object] = {
        "path": path,
        "raw_path": path.encode(),
        "status": ChangeStatus.MODIFIED,
        "old_kind": EntryKind.FILE,
        "new_kind": EntryKind.FILE,
        "old_id": "a",
        "new_id": "b",
    }
    return FileChange(**(known | fields))  # type: ignore[arg-type]


def hunk(text: str, start: int) -> Hunk:
    """A hunk from lines that begin with their sign."""
    old = new = start
    lines: list[DiffLine] = []
    for raw in text.split("\n"):
        kind = SIGNS[raw[0]]
        has_old = kind in {LineKind.CONTEXT, LineKind.REMOVED}
        has_new = kind in {LineKind.CONTEXT, LineKind.ADDED}
        lines.append(DiffLine(kind, old if has_old else None, new if has_new else None, raw[1:]))
        old, new = old + has_old, new + has_new
    return Hunk(
        old_start=start,
        old_count=old - start,
        new_start=start,
        new_count=new - start,
        section="class Search",
        lines=tuple(lines),
    )


def patch_of(*hunks: Hunk, path: str = "src/api/search.py", note: str = "", **fields: object) -> FilePatch:
    return FilePatch(change=change(path, **fields), hunks=hunks, note=note)


class DiffApp(App[None]):
    CSS = "DiffView { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.diff = DiffView()

    def compose(self) -> ComposeResult:
        yield self.diff


def painted(diff: DiffView) -> list[str]:
    return [diff.render_line(row).text.rstrip() for row in range(diff.view_lines)]


def state(diff: DiffView) -> str:
    return str(diff.border_subtitle)


def big_patch(lines: int) -> FilePatch:
    body = tuple(DiffLine(LineKind.ADDED, None, number, f"value_{number} = {number}") for number in range(lines))
    whole = Hunk(old_start=0, old_count=0, new_start=1, new_count=lines, section="", lines=body)
    return patch_of(whole, path="data.txt")


# Rows.


def test_rows_number_both_sides_with_and_without_wrapping() -> None:
    patch = patch_of(hunk(EDIT, 41), hunk(" " + "x" * 95 + "\n+漢漢漢漢漢漢漢漢", 90))
    rows = DiffRows(patch)
    assert len(rows) == 2 + patch.line_count
    assert [rows.head_row(number) for number in range(2)] == [0, 7]
    assert rows.row(2).line == patch.hunks[0].lines[1]
    assert rows.line_row(1, 0) == 8
    wrapped = DiffRows(patch, wrap_cells=10)
    texts = [
        wrapped.row(number).text[wrapped.row(number).start : wrapped.row(number).end]
        for number in range(wrapped.line_row(1, 0), len(wrapped))
    ]
    assert texts == ["x" * 10] * 9 + ["x" * 5, "漢" * 5, "漢" * 3]
    with pytest.raises(IndexError):
        rows.row(len(rows))


def test_every_wrapped_row_belongs_to_its_line() -> None:
    patch = patch_of(hunk(EDIT, 41), hunk(EDIT, 141))
    for width in (8, 13, 40):
        rows = DiffRows(patch, wrap_cells=width)
        for number in range(len(rows)):
            row = rows.row(number)
            assert rows.line_row(row.hunk, row.line_index) + row.part == number
            if row.line is not None:
                assert cell_len(row.text[row.start : row.end]) <= width


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        (patch_of(is_binary=True, old_size_bytes=1_204, new_size_bytes=2_310), "1,204 → 2,310 bytes"),
        (patch_of(new_kind=EntryKind.EXECUTABLE), "was file, now executable file"),
        (
            patch_of(new_kind=EntryKind.SYMLINK, symlink_target="../../etc", points_outside=True),
            "symlink to ../../etc, outside the repository",
        ),
        (patch_of(status=ChangeStatus.RENAMED, old_path="old.py"), "renamed from old.py"),
        (patch_of(status=ChangeStatus.ADDED, old_kind=EntryKind.ABSENT), "an empty file"),
        (patch_of(note="Only the first 5,000 lines are shown."), "Only the first 5,000 lines"),
        (patch_of(watched="git hooks"), "look twice: git hooks"),
        (patch_of(), "no lines changed"),
    ],
)
def test_what_lines_do_not_tell_is_said(patch: FilePatch, words: str) -> None:
    assert any(words in note for note in file_notes(patch))
    assert len(DiffRows(patch)) == len(file_notes(patch))


def test_a_hundred_thousand_lines_are_laid_out_at_once() -> None:
    patch = big_patch(100_000)
    spans: list[float] = []
    for _ in range(3):
        begun = time.perf_counter()
        rows = DiffRows(patch)
        assert rows.code_cells() == len("value_99999 = 99999")
        assert rows.row(99_999).text == "value_99998 = 99998"
        spans.append(time.perf_counter() - begun)
    assert min(spans) < 0.1


# Highlighting.


def test_code_is_highlighted_by_its_file_name() -> None:
    lines = ["def f(x):  # note", '    return """a', 'b""" + 1']
    first, second, third = highlight("src/a.py", lines)
    assert [(lines[0][span.start : span.end], span.role) for span in first] == [
        ("def", SyntaxRole.KEYWORD),
        ("f", SyntaxRole.NAME),
        ("# note", SyntaxRole.COMMENT),
    ]
    assert second[-1].role is third[0].role is SyntaxRole.STRING
    assert highlight("README", lines) == ((), (), ())
    assert highlight("a.js", ["x" * 5_000]) == ((),)


# The widget.


async def test_it_paints_numbers_signs_and_foreign_brackets() -> None:
    async with DiffApp().run_test(size=(70, 14)) as pilot:
        diff = pilot.app.query_one(DiffView)
        await pilot.pause()
        assert painted(diff)[0].startswith(" Choose a file")
        diff.show(patch_of(hunk(EDIT, 41)))
        assert painted(diff)[:7] == [
            " @@ −41,3 +41,5 @@ class Search",
            "   41   41    def parse_query(raw: str) -> Query:",
            "   42       -     return Query(raw.split())",
            "        42  +     terms = [t for t in raw.split() if t]",
            "        43  +     if not terms:",
            '        44  +         raise BadRequest("empty query [/]")',
            "   43   45    \\ end",
        ]
        added, removed, context = (diff.render_line(row) for row in (3, 2, 1))
        tints = [[*strip][-1].style.bgcolor for strip in (added, removed, context)]
        assert len(set(tints)) == 3


async def test_colours_of_code_arrive_without_another_key() -> None:
    async with DiffApp().run_test(size=(70, 14)) as pilot:
        diff = pilot.app.query_one(DiffView)
        diff.show(patch_of(hunk(EDIT, 41)))
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert any(segment.text == "def" for segment in diff.render_line(1))
        assert any(segment.text == "return" for segment in diff.render_line(2))


async def test_brackets_jump_from_hunk_to_hunk() -> None:
    async with DiffApp().run_test(size=(70, 9)) as pilot:
        diff = pilot.app.query_one(DiffView)
        diff.focus()
        diff.show(patch_of(*(hunk(EDIT, start) for start in (41, 141, 241, 341))))
        await pilot.pause()
        assert state(diff) == "hunk 1 of 4"
        await press(pilot, "right_square_bracket")
        assert state(diff) == "hunk 2 of 4"
        assert painted(diff)[0].startswith(" @@ −141")
        assert diff.new_line_at_top == 141
        await press(pilot, "right_square_bracket", "right_square_bracket", "right_square_bracket")
        assert state(diff) == "hunk 4 of 4"
        await press(pilot, "left_square_bracket")
        assert state(diff) == "hunk 3 of 4"
        await press(pilot, "down", "down", "left_square_bracket")
        assert painted(diff)[0].startswith(" @@ −241")
        await press(pilot, "home")
        assert state(diff) == "hunk 1 of 4"


async def test_long_lines_scroll_sideways_under_a_fixed_gutter_or_wrap() -> None:
    async with DiffApp().run_test(size=(50, 14)) as pilot:
        diff = pilot.app.query_one(DiffView)
        diff.focus()
        line = "".join(f"{number:03}漢" for number in range(40))
        diff.show(patch_of(hunk(f"+{line}\n short", 41)))
        await pilot.pause()
        assert painted(diff)[1] == "        41  + " + "000漢001漢002漢003漢004漢005漢006 "[:31].rstrip()
        await press(pilot, "right")
        assert painted(diff)[1].startswith("        41  +  002漢"[:14])
        assert painted(diff)[2] == "   41   42"
        await press(pilot, "w")
        assert painted(diff)[1].startswith("        41  + 000漢")
        rows = painted(diff)
        end = next(number for number, row in enumerate(rows) if row.endswith("short"))
        assert "".join(row[14:] for row in rows[1:end]) == line
        assert diff.max_scroll_x == 0
        await pilot.resize_terminal(90, 14)
        await pilot.pause()
        rows = painted(diff)
        end = next(number for number, row in enumerate(rows) if row.endswith("short"))
        assert "".join(row[14:] for row in rows[1:end]) == line


async def test_selected_code_has_no_numbers_and_no_wrapping() -> None:
    async with DiffApp().run_test(size=(50, 14)) as pilot:
        diff = pilot.app.query_one(DiffView)
        diff.show(patch_of(hunk("+" + "word " * 20 + "\n short line", 41)))
        diff.wraps = True
        await pilot.pause()
        rows = painted(diff)
        end = next(number for number, row in enumerate(rows) if row.endswith("short line"))
        await pilot.mouse_down(diff, offset=(1 + 14 + 5, 2))
        await pilot.hover(diff, offset=(1 + 14 + 4, end + 1))
        await pilot.mouse_up(diff, offset=(1 + 14 + 4, end + 1))
        assert pilot.app.screen.get_selected_text() == "word " * 19 + "\nshort"
        everything = diff.get_selection(Selection(None, None))
        assert everything is not None
        assert everything[0].startswith("@@ −41,1 +41,2 @@ class Search\nword ")


async def test_a_hundred_thousand_lines_open_at_once() -> None:
    async with DiffApp().run_test(size=(100, 30)) as pilot:
        diff = pilot.app.query_one(DiffView)
        await pilot.pause()
        patch = big_patch(100_000)
        spans: list[float] = []
        for _ in range(3):
            begun = time.perf_counter()
            diff.show(patch)
            painted(diff)
            spans.append(time.perf_counter() - begun)
        assert min(spans) < 0.1
        diff.focus()
        await press(pilot, "end")
        assert painted(diff)[-1].endswith("value_99999 = 99999")


async def test_a_line_of_megabytes_is_cut() -> None:
    async with DiffApp().run_test(size=(60, 10)) as pilot:
        diff = pilot.app.query_one(DiffView)
        diff.wraps = True
        begun = time.perf_counter()
        diff.show(patch_of(hunk("+" + "x" * 3_000_000, 1), path="a.min.js"))
        assert time.perf_counter() - begun < 1
        assert len(DiffRows(diff.patch, wrap_cells=50)) < MAX_LINE_CHARS / 50 + 4


async def test_the_next_file_starts_at_its_top() -> None:
    async with DiffApp().run_test(size=(70, 9)) as pilot:
        diff = pilot.app.query_one(DiffView)
        diff.focus()
        diff.show(patch_of(*(hunk(EDIT, start) for start in (41, 141, 241))))
        await press(pilot, "end")
        diff.show(patch_of(is_binary=True, new_size_bytes=5))
        await pilot.pause()
        assert painted(diff)[0] == " binary or too large to show: none → 5 bytes"
        assert state(diff) == ""
        await press(pilot, "right_square_bracket", "left_square_bracket", "w", "down")
        diff.show(None)
        await pilot.pause()
        assert painted(diff)[0].startswith(" Choose a file")
