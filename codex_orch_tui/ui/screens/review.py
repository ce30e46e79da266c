"""The review: the task's files against its base, read one after the other."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen

from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.review import FileChange, FilePatch, ReviewSummary
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.bindings import Where, bindings
from codex_orch_tui.ui.errands import Errands, telling
from codex_orch_tui.ui.presentation.review_rows import commit_lines, head_line, known_viewed, watched_lines
from codex_orch_tui.ui.screens.one_answer import OneAnswer
from codex_orch_tui.ui.widgets.diff_view import DiffView
from codex_orch_tui.ui.widgets.file_list import FileList
from codex_orch_tui.ui.widgets.hints import Hint, Hints
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView
from codex_orch_tui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from codex_orch_tui.services.session import Session

_HELD_PATCHES = 32
_HINTS = (
    Hint("space", "viewed"),
    Hint("]", "hunk"),
    Hint("}", "file"),
    Hint("w", "wrap"),
    Hint("tab", "files"),
    Hint("m", "merge"),
    Hint("esc", "back"),
    Hint("?", "help"),
)

ViewedFiles = dict[tuple[TaskRef, CommitId, CommitId], frozenset[int]]
"""The positions of the viewed files, by task, base and tip."""


class ReviewResult(StrEnum):
    """What the person wants next."""

    MERGE = "merge"
    QUESTION = "question"


class ReviewScreen(OneAnswer[ReviewResult | None], Screen[ReviewResult | None]):
    """Reads a task's diff. What was viewed is recorded for exactly the commit that was shown.

    A file is viewed when the end of its diff was on screen, or when the person says so.
    """

    CSS_PATH = "review.tcss"
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Where.REVIEW, Where.DIFF),
        Binding("e", "editor", "Editor", id="review.editor"),
        Binding("tab,shift+tab", "switch", "Files or diff", id="review.switch"),
    ]

    @dataclass
    class EditorWanted(Message):
        """The person wants the file in their editor. `line` counts from 1, None when none is on screen."""

        ref: TaskRef
        path: str
        line: int | None

    @dataclass
    class MessageWanted(Message):
        """The person wants to write to the worker."""

        ref: TaskRef

    def __init__(self, orchestrator: "Session", ref: TaskRef, known: ViewedFiles | None = None) -> None:
        """Makes the screen; it reads the diff once it is on screen.

        Args:
            orchestrator: Gives the diff and takes what was viewed.
            ref: The task.
            known: What was viewed in reviews before; what is viewed now is added.
        """
        super().__init__()
        self._orchestrator = orchestrator
        self._ref = ref
        self._tell = telling(self)
        self._errands = Errands(self._tell)
        ascii_only = bool(getattr(orchestrator.config, "ascii_glyphs", False))
        self.summary: ReviewSummary | None = None
        self.viewed: frozenset[int] = frozenset()
        self._known: ViewedFiles = {} if known is None else known
        self._marked: set[int] = set()
        self._merges_anyway = False
        self._waiting = 0
        self._unwatch: Callable[[], None] | None = None
        self._patches: dict[int, FilePatch] = {}
        self._is_loading = False
        self._shown = -1
        self._head = StatusBar(id="head")
        self._files = FileList(ascii_only=ascii_only, id="files")
        self._watched = ParagraphView(id="watched")
        self._commits = ParagraphView(id="commits")
        self._diff = DiffView(empty_text="Reading the diff…", id="diff")
        self.set_class(ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Head, files beside diff, keys."""
        yield self._head
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self._files
                yield self._watched
                yield self._commits
            yield self._diff
        yield Hints(_HINTS, id="keys")

    def on_mount(self) -> None:
        """Reads the diff."""
        self._files.border_title = Content("Files")
        self._commits.border_title = Content("Commits")
        self._watched.display = self._commits.display = False
        self._diff.focus()
        self._count_questions()
        self._show_head()
        self._unwatch = self._orchestrator.watch(self._count_questions)
        self._errands.start(self._orchestrator.review(self._ref), self._opened, refused=self._not_possible)

    def on_unmount(self) -> None:
        """Watches no more."""
        if self._unwatch is not None:
            self._unwatch()

    def _count_questions(self) -> None:
        waiting = len(self._orchestrator.state.pending)
        if waiting != self._waiting:
            self._waiting = waiting
            self._show_head()

    @property
    def subject(self) -> Task:
        """The task as it is known now."""
        return self._orchestrator.state.tasks[self._ref]

    # Reading.

    def _opened(self, summary: ReviewSummary) -> None:
        if not self.is_attached:
            return
        self.summary = summary
        self._set_viewed(self._known.get(self._key(summary), frozenset()) | known_viewed(self.subject, summary))
        for view, lines in ((self._watched, watched_lines(summary)), (self._commits, commit_lines(summary))):
            view.show(lines)
            view.display = bool(lines)
        if summary.omitted_files:
            self._files.border_subtitle = Content(f"{summary.omitted_files:,} more files are not listed")
        if summary.files:
            self._want(0)
        else:
            self._diff.empty_text = "Nothing is changed: a merge would have no effect."
            self._diff.refresh()

    def _not_possible(self, error: NotPossibleError) -> bool:
        self._tell(clean_line(str(error)), "warning")
        if self.is_attached:
            self.dismiss(None)
        return True

    def _key(self, summary: ReviewSummary) -> tuple[TaskRef, CommitId, CommitId]:
        return self._ref, summary.base, summary.tip

    def _set_viewed(self, viewed: frozenset[int]) -> None:
        assert self.summary is not None, "the diff was read"
        self.viewed = self._known[self._key(self.summary)] = viewed
        self._merges_anyway = False
        self._files.show_files(self.summary.files, viewed)
        self._show_head()

    def _show_head(self) -> None:
        self._head.show(head_line(self.subject, self.summary, len(self.viewed), self._waiting))

    def on_diff_view_end_shown(self, event: DiffView.EndShown) -> None:
        """A file's end was on screen."""
        event.stop()
        if self._patches.get(self._shown) is event.patch and self._shown not in self.viewed:
            self._set_viewed(self.viewed | {self._shown})

    @property
    def _file(self) -> FileChange | None:
        """The file at the cursor."""
        files = self.summary.files if self.summary is not None else ()
        return files[self._files.position] if self._files.position < len(files) else None

    def _want(self, position: int) -> None:
        """Shows a file's patch, once it is read. One is read at a time, and the last wish counts."""
        if position in self._patches:
            self._show_patch(position, self._patches[position])
        elif not self._is_loading and self.summary is not None:
            self._is_loading = True
            work = self._orchestrator.file_patch(self.summary.files[position])
            self._errands.start(self._read(position, work), self._arrived)

    async def _read(self, position: int, work: Coroutine[Any, Any, FilePatch]) -> tuple[int, FilePatch]:
        try:
            return position, await work
        finally:
            self._is_loading = False

    def _arrived(self, read: tuple[int, FilePatch]) -> None:
        position, patch = read
        if len(self._patches) >= _HELD_PATCHES:
            self._patches.pop(next(iter(self._patches)))
        self._patches[position] = patch
        if self.is_attached:
            self._want(self._files.position)

    def _show_patch(self, position: int, patch: FilePatch) -> None:
        if position == self._shown or self.summary is None:
            return
        self._shown = position
        self._diff.show(patch)
        self._diff.border_title = Content(f"{patch.change.path}, {position + 1:,} of {len(self.summary.files):,}")

    def on_row_list_moved(self, event: FileList.Moved) -> None:
        """Another file."""
        event.stop()
        self._want(self._files.position)

    def on_row_list_opened(self, event: FileList.Opened) -> None:
        """Enter at a file: to its diff."""
        event.stop()
        self._turn(to_diff=True)

    # Keys.

    def on_file_list_marked(self, event: FileList.Marked) -> None:
        """Space in the list."""
        event.stop()
        self.action_viewed()

    def action_viewed(self) -> None:
        """Marks the file as viewed and goes on to the next that is not; takes the mark away from a marked one."""
        if self.summary is None or self._file is None:
            return
        here = self._files.position
        self._marked ^= {here}
        if here in self._marked:
            self._set_viewed(self.viewed | {here})
            self._go_to_unviewed()
        else:
            self._set_viewed(self.viewed - {here})

    def _go_to_unviewed(self) -> None:
        assert self.summary is not None, "the diff was read"
        here, count = self._files.position, len(self.summary.files)
        order = [*range(here + 1, count), *range(here)]
        following = next((position for position in order if position not in self.viewed), None)
        if following is not None:
            self._files.move(following)

    def action_next_file(self) -> None:
        """The next file."""
        self._files.move(self._files.position + 1)

    def action_previous_file(self) -> None:
        """The file before."""
        self._files.move(self._files.position - 1)

    def action_next_hunk(self) -> None:
        """The next hunk of the file."""
        self._diff.action_next_hunk()

    def action_previous_hunk(self) -> None:
        """The hunk before."""
        self._diff.action_previous_hunk()

    def action_wrap(self) -> None:
        """Wraps long lines, or scrolls sideways."""
        self._diff.action_wrap()

    def action_switch(self) -> None:
        """From the files to the diff and back; where there is little room, one of them is seen."""
        self._turn(to_diff=not self._diff.has_focus)

    def _turn(self, *, to_diff: bool) -> None:
        self.set_class(not to_diff, "-files")
        (self._diff if to_diff else self._files).focus()

    def action_editor(self) -> None:
        """The file in the person's editor."""
        if self._file is not None:
            self.post_message(self.EditorWanted(self._ref, self._file.path, self._diff.new_line_at_top))

    def action_message(self) -> None:
        """A message to the worker."""
        self.post_message(self.MessageWanted(self._ref))

    def action_question(self) -> None:
        """To the worker that asks."""
        if self._waiting:
            self._record()
            self.dismiss(ReviewResult.QUESTION)
        else:
            self.notify("Nothing needs you.", markup=False, timeout=4)

    def action_merge(self) -> None:
        """On to the merge question; what was not viewed is told first."""
        if self.summary is None:
            return
        left = len(self.summary.files) - len(self.viewed)
        if left and not self._merges_anyway:
            what = "1 file is" if left == 1 else f"{left:,} files are"
            anyway = ", m again merges anyway" if self.viewed else ""
            self._tell(f"{what} not viewed yet: space marks one{anyway}.", "warning")
            self._go_to_unviewed()
            self._merges_anyway = bool(self.viewed)
            return
        self._record()
        self.dismiss(ReviewResult.MERGE)

    def action_back(self) -> None:
        """Back."""
        self._record()
        self.dismiss(None)

    def _record(self) -> None:
        """Keeps how much of exactly this commit was viewed; never less than was kept before."""
        summary, before = self.summary, self.subject.reviewed
        if summary is None or not self.viewed:
            return
        is_same = before is not None and (before.base, before.tip) == (summary.base, summary.tip)
        known = before.files_viewed if is_same and before is not None else 0
        if len(self.viewed) > known:
            self._orchestrator.record_review(self._ref, summary, len(self.viewed))
