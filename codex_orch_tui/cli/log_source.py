"""Which task's log is meant, and how far the task is: read from the journal, as little of it as is needed."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.location import located
from codex_orch_tui.cli.names import find_run, find_task
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.reducer import reduce_all
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.task_log import TaskLog
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.event_codec import NewerSchemaError, RecordError, decode
from codex_orch_tui.store.journal_pages import JournalPages, ref_of, run_of
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import holder_of

_LOOK_EVERY_S = 0.15
"""How often --follow looks for more; a look is two calls of the system."""
_NAMED = 8
_UNTOLD = (b'"type":"Item', b'"type":"Usage', b'"type":"PlanUpdated', b'"type":"CommandAllowed', b'"type":"RateLimits')
"""Records that add no line of ours to a log and do not say where the task stands. They are most of a journal."""


class LogSource:
    """A task and its files. Leaves the files again at its end.

    Args:
        place: the repository.
        task: what the person typed for the task; None where the run has one only.
        run: what they typed for the run.
    """

    def __init__(self, place: Place, task: str | None, run: str | None) -> None:
        """Find the task.

        Raises:
            CommandFailedError: no repository, no such run or task.
            StoreError, NewerSchemaError: the state cannot be read.
        """
        location = located(place.repo)
        self._layout = Layout(location.main_worktree, location.git_folder)
        try:
            self._pages = JournalPages(self._layout.journal)
        except FileNotFoundError:
            raise CommandFailedError("there is no task here yet", ExitCode.NOT_USABLE) from None
        try:
            known = reduce_all(State(), self._records(None))
            self.ref = _chosen(known, task, run)
            self._state = _of_task(known, self.ref)
            self._is_checked = sel.is_checked(known, self.ref)
            self._read_on = 0
            self._seen_sizes = 0, 0
            self._take_in()
        except BaseException:
            self._pages.close()
            raise

    @property
    def task(self) -> Task:
        """The task as far as the journal tells now."""
        return self._state.tasks[self.ref]

    @property
    def events_path(self) -> Path:
        """Its raw log."""
        return self._layout.task(*self.ref).events

    def log(self) -> TaskLog:
        """A reader of its log."""
        worktree = self.task.worktree
        cwd = worktree.path if worktree is not None else str(self._layout.worktree(*self.ref))
        return TaskLog(self.events_path, lambda: self.task.notes, cwd=cwd, is_checked=self._is_checked)

    def wait(self) -> bool:
        """Return when there may be more; False when there will be none: the task stands still, or nobody works on it.

        Raises:
            StoreError, NewerSchemaError: the state cannot be read any more.
        """
        while True:
            self._take_in()
            if self.task.state not in ACTIVE and self.task.state is not TaskState.QUEUED:
                return False
            if holder_of(*self._layout.locks) is None:
                return False
            if (sizes := self._sizes()) != self._seen_sizes:
                self._seen_sizes = sizes  # taken before the reading: what comes meanwhile is seen the next time
                return True
            time.sleep(_LOOK_EVERY_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pages.close()

    def _sizes(self) -> tuple[int, int]:
        try:
            return self._pages.size_bytes, self.events_path.stat().st_size
        except OSError:
            return self._pages.size_bytes, 0

    def _take_in(self) -> None:
        self._state = reduce_all(self._state, self._records(self.ref))

    def _records(self, ref: TaskRef | None) -> Iterator[Recorded]:
        """What concerns the task; None: what tells of runs as a whole, which is where their tasks come from."""
        offset = 0 if ref is None else self._read_on
        try:
            while not (page := self._pages.page(offset)).is_end or page.records:
                offset = page.next_bytes
                for record, _ in page.records:
                    if _tells(record, ref):
                        try:
                            yield decode(record)
                        except NewerSchemaError:
                            raise
                        except RecordError:
                            continue  # `status` tells of them
                if page.damage:
                    break
        except StoreError as error:
            raise CommandFailedError(str(error)) from error
        if ref is not None:
            self._read_on = offset


def _tells(record: bytes, ref: TaskRef | None) -> bool:
    if ref is None:
        return ref_of(record) is None and run_of(record) is not None
    return ref_of(record) == ref and not any(kind in record[:200] for kind in _UNTOLD)


def _of_task(known: State, ref: TaskRef) -> State:
    """The state with this task only: nothing else is looked at."""
    return State(runs={ref.run: known.runs[ref.run]}, tasks={ref: known.tasks[ref]})


def _chosen(state: State, task: str | None, run: str | None) -> TaskRef:
    if task is not None and run is not None and "/" not in task:
        return find_task(state, f"{find_run(state, run).id}/{task}")
    if task is not None:
        newest = next((ref for ref in reversed(tuple(state.tasks)) if ref.task == task), None)
        return newest or find_task(state, task)
    if run is None and not state.runs:
        raise CommandFailedError("there is no task here yet", ExitCode.NOT_USABLE)
    return _only_task(state, find_run(state, run) if run is not None else state.runs[tuple(state.runs)[-1]])


def _only_task(state: State, run: Run) -> TaskRef:
    work = sel.work_of(state, run)
    if len(work) == 1:
        return work[0].ref
    named = ", ".join(task.ref.task for task in work[:_NAMED]) + (
        f" and {len(work) - _NAMED} more" if len(work) > _NAMED else ""
    )
    told = f"run {run.id} has {len(work)} tasks → name one: {named}"
    raise CommandFailedError(clean_line(told), ExitCode.NOT_USABLE)
