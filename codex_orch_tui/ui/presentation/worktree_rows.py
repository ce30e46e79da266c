"""The worktree table as rows: one for each task that has, or will have, a folder."""

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.changed_tasks import changed_tasks
from codex_orch_tui.ui.presentation.glyphs import PLANNED, TASK_LOOKS, Tone
from codex_orch_tui.ui.presentation.quiet import NOBODY, Quiet
from codex_orch_tui.ui.presentation.rows import Row, Sheet


def short_branch(task: Task) -> str:
    """The branch without the folders that all branches of this program share."""
    name = task.worktree.branch.rpartition("/")[2] if task.worktree is not None else task.ref.task
    return clean_line(name)


def base_name(task: Task) -> str:
    """The base branch, for the eye: a branch may be named almost anything."""
    return clean_line(task.base_branch)


def size_of(insertions: int, deletions: int) -> str:
    """The size of a diff; empty when there is none."""
    if not deletions:
        return f"+{insertions}" if insertions else ""
    return f"+{insertions} −{deletions}"


class WorktreeRows:
    """The table. A row is kept until its task changes, so a frame costs what changed.

    Args:
        ascii_only: signs for terminals without the others.
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        self.ascii_only = ascii_only
        self._kept: dict[TaskRef, tuple[Task, Row]] = {}
        self._state = State()
        self._rows: list[Row] = []
        self._places: dict[TaskRef, int] = {}
        self._sheet = Sheet()
        self._quiet = NOBODY

    def sheet(self, state: State, quiet: Quiet = NOBODY) -> Sheet:
        """All rows, newest run first.

        Args:
            state: what is known.
            quiet: whose worker has reported nothing for a while.
        """
        old, self._state = self._state, state
        changed = changed_tasks(old.tasks, state.tasks) if state.tasks is not old.tasks else []
        if quiet is not self._quiet:
            changed = [*changed, *self._take_quiet(quiet)]
        is_same = state.runs is old.runs and len(state.tasks) == len(old.tasks)
        if is_same and all(sel.has_worktree(task) == (task.ref in self._places) for task in changed):
            widths = [self._change(task) for task in changed if task.ref in self._places]
            if any(widths):
                self._sheet = self._measured()
            elif widths:
                self._sheet = Sheet(list(self._rows), self._sheet.remark_cells, self._sheet.tail_cells)
        else:
            refs = (ref for run in reversed(tuple(state.runs.values())) for ref in run.tasks)
            shown = [task for ref in refs if sel.has_worktree(task := state.tasks[ref])]
            self._rows = [self._row(task) for task in shown]
            self._places = {task.ref: place for place, task in enumerate(shown)}
            self._sheet = self._measured()
        return self._sheet

    def _take_quiet(self, quiet: Quiet) -> list[Task]:
        """The tasks whose word is another one now."""
        old, self._quiet = self._quiet, quiet
        refs = [ref for ref in {**old, **quiet} if old.get(ref) != quiet.get(ref)]
        for ref in refs:
            self._kept.pop(ref, None)
        return [self._state.tasks[ref] for ref in refs if ref in self._state.tasks]

    def _change(self, task: Task) -> bool:
        """Another row in its place; tells whether the columns may be of another width now."""
        place = self._places[task.ref]
        old, new = self._rows[place], self._row(task)
        self._rows[place] = new
        return _widens(len(old.remark), len(new.remark), self._sheet.remark_cells) or _widens(
            len(old.tail), len(new.tail), self._sheet.tail_cells
        )

    def _measured(self) -> Sheet:
        words = max((len(row.remark) for row in self._rows), default=0)
        tails = max((len(row.tail) for row in self._rows), default=0)
        return Sheet(list(self._rows), words, tails)

    def _row(self, task: Task) -> Row:
        kept = self._kept.get(task.ref)
        if kept is not None and kept[0] is task:
            return kept[1]
        look = PLANNED if task.is_taken_up else TASK_LOOKS[task.state]
        totals = sel.edit_totals(task)
        quiet = self._quiet.get(task.ref, "")
        tone = Tone.PLAIN if quiet else Tone.QUIET
        row = Row(
            key=f"worktree:{task.ref}",
            ref=task.ref,
            sign=look.sign(ascii_only=self.ascii_only),
            sign_tone=look.tone,
            text=short_branch(task),
            text_tone=Tone.PLAIN if task.worktree is not None else Tone.QUIET,
            remark=quiet or look.word,
            remark_tone=look.tone if look.tone in {Tone.ASKS, Tone.BAD, Tone.GOOD} else tone,
            tail=size_of(totals.insertions, totals.deletions),
        )
        self._kept[task.ref] = (task, row)
        return row


def _widens(before: int, after: int, widest: int) -> bool:
    """Whether a column may be of another width when one of its cells is of another length."""
    return after > widest or after < before == widest


def base_line(state: State, ref: TaskRef | None) -> str:
    """How the current task stands to its base: `main 2 commits behind search-api`."""
    task = state.tasks.get(ref) if ref is not None else None
    if task is None or task.worktree is None or not task.commits:
        return ""
    if task.merged_as is not None:
        return f"{base_name(task)} has {short_branch(task)}"
    if sel.is_behind(state, task):
        return f"{base_name(task)} has moved on: u updates {short_branch(task)}"
    commits = len(task.commits)
    return f"{base_name(task)}  {commits} commit{'s' if commits != 1 else ''} behind {short_branch(task)}"
