"""Makes the files of tasks and runs from the state, git and what lies there; what cannot have changed is kept."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.secret_stream import ByteRedactor
from codex_orch_tui.domain.selectors import approvals_of, is_checked
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.whole_patch import WholePatch, whole_patch
from codex_orch_tui.services.evidence import on_disk
from codex_orch_tui.services.evidence.commands_file import CommandsFile
from codex_orch_tui.services.evidence.log_text import LogText
from codex_orch_tui.services.evidence.mark import task_mark
from codex_orch_tui.services.evidence.parts import CommandPart, PatchPart
from codex_orch_tui.services.evidence.run_evidence import Beside, RunBook
from codex_orch_tui.services.evidence.task_evidence import (
    MAX_FILES,
    Changes,
    file_stats,
    task_report,
    task_result,
)
from codex_orch_tui.services.evidence.task_parts import task_parts
from codex_orch_tui.store.artifacts import write_bytes, write_text
from codex_orch_tui.store.layout import Layout, TaskFiles

if TYPE_CHECKING:
    from codex_orch_tui.domain.cost import RateCard
    from codex_orch_tui.domain.review import ReviewSummary

FILE_TABLES = 20
"""So many tasks are looked up on disk for the run's report."""
_Key = tuple[CommitId | None, CommitId | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What git told, or why it did not."""

    summary: "ReviewSummary | None" = None
    patch: WholePatch | None = None
    why_not: str = ""


class Making:
    """Holds what is known from one time to the next. Methods without `async` are called in one thread at a time."""

    def __init__(self, layout: Layout, repository: Repository) -> None:
        self._layout = layout
        self._repository = repository
        self._reviews = Reviews(repository)
        self._books: dict[RunId, RunBook] = {}
        self._commands: dict[RunId, CommandsFile] = {}
        self._logs: dict[TaskRef, LogText] = {}
        self._changes: dict[TaskRef, tuple[_Key, Changes]] = {}
        self._git_version: str | None = None

    def late(self, state: State) -> list[tuple[RunId, tuple[TaskRef, ...]]]:
        """What is behind, see `on_disk.behind`."""
        return list(on_disk.behind(self._layout, state))

    def forget(self, ref: TaskRef) -> None:
        """Nothing more will happen to the task."""
        self._logs.pop(ref, None)

    async def write_task(self, state: State, ref: TaskRef, *, card: "RateCard", stops: Callable[[], bool]) -> None:
        """Write the files of a task that is at rest, as the state has it.

        Args:
            state: what is known.
            ref: the task.
            card: what models cost.
            stops: see `LogText.write`.

        Raises:
            StoreError: a file is as it was.
            StoppedError: `stops` has said so.
        """
        task = state.tasks[ref]
        if not on_disk.is_at_rest(task):
            return
        found = await self._looked_up(task)
        await asyncio.to_thread(self._write_task, task, state, card, found, stops)

    async def write_run(
        self, state: State, run: RunId, *, card: "RateCard", pid: int | None, is_whole: bool = True
    ) -> None:
        """Write the documents of a run.

        Args:
            state: what is known.
            run: the run.
            card: what models cost.
            pid: of the program that goes on with it; None when none does.
            is_whole: the files of its tasks tell of this state too.

        Raises:
            StoreError: some of them are as they were.
        """
        if self._git_version is None:
            self._git_version = ".".join(map(str, await self._repository.git.version()))
        beside = Beside(repository=str(self._layout.main_worktree), card=card, git_version=self._git_version, pid=pid)
        await asyncio.to_thread(self._write_run, state, run, beside, is_whole=is_whole)

    # -- a task ---------------------------------------------------------------------------------------------------

    async def _looked_up(self, task: Task) -> "_Found":
        """What git tells of the task's commits, or why it does not; nothing where it was asked before."""
        base, tip = _key(task)
        known = self._changes.get(task.ref)
        if base is None or tip is None or base == tip or (known is not None and known[0] == (base, tip)):
            return _Found()
        try:
            summary = await self._reviews.summary(base, tip)
            return _Found(summary=summary, patch=await whole_patch(self._repository, base, tip))
        except GitRepoError as error:
            return _Found(why_not=f"git could not tell what its commits change: {error}")

    def _write_task(
        self,
        task: Task,
        state: State,
        card: "RateCard",
        found: "_Found",
        stops: Callable[[], bool],
    ) -> None:
        files = self._layout.make_task(*task.ref)
        approvals = tuple(approvals_of(state, task.ref))
        if found.summary is not None and found.patch is not None:
            self._changes[task.ref] = _key(task), _kept(files, found.summary, found.patch)
        changes = self._known_changes(task, files, found.why_not)
        self._log(state, task, files).write(task.notes, stops=stops)
        result = task_result(
            task,
            task_parts(task, approvals, card),
            changes,
            self._ours(task.ref),
            mark=task_mark(task, approvals),
            now_s=time.time(),
            has_log=files.logs.is_file(),
        )
        write_text(files.report, task_report(result))
        write_text(files.result, result.model_dump_json(indent=2) + "\n")

    def _known_changes(self, task: Task, files: TaskFiles, why_not: str) -> Changes:
        known = self._changes.get(task.ref)
        if known is not None and known[0] == _key(task):
            return known[1]
        if why_not:
            kept = on_disk.changes_on_disk(self._layout, task)
            return kept or Changes(patch=PatchPart(file=None, size_bytes=0, cut=False, redacted=False, note=why_not))
        with contextlib.suppress(OSError):
            files.patch.unlink(missing_ok=True)  # of an attempt that was given up
        return Changes()

    def _log(self, state: State, task: Task, files: TaskFiles) -> LogText:
        if task.ref not in self._logs:
            worktree = task.worktree
            cwd = worktree.path if worktree is not None else str(self._layout.worktree(*task.ref))
            self._logs[task.ref] = LogText(files.events, files.logs, cwd=cwd, is_checked=is_checked(state, task.ref))
        return self._logs[task.ref]

    def _ours(self, ref: TaskRef) -> tuple[CommandPart, ...]:
        return tuple(command for command in self._commands_of(ref.run) if command.task == ref.task)

    def _commands_of(self, run: RunId) -> tuple[CommandPart, ...]:
        if run not in self._commands:
            self._commands[run] = CommandsFile(self._layout.commands(run))
        return self._commands[run].read()

    # -- a run ----------------------------------------------------------------------------------------------------

    def _write_run(self, state: State, run: RunId, beside: Beside, *, is_whole: bool) -> None:
        book = self._books.setdefault(run, RunBook(run))
        files = {ref: changes.files for ref, changes in self._changes_of(state, run)}
        beside = replace(beside, ours=self._commands_of(run), files=files)
        made = on_disk.documents(book, state, beside, time.time(), is_whole=is_whole)
        on_disk.write_documents(self._layout, run, made)

    def _changes_of(self, state: State, run: RunId) -> list[tuple[TaskRef, Changes]]:
        """The changes of the run's first tasks, from memory or from their files."""
        found: list[tuple[TaskRef, Changes]] = []
        for ref in state.runs[run].tasks:
            task = state.tasks[ref]
            if not task.totals.files or len(found) >= FILE_TABLES:
                continue
            known = self._changes.get(ref)
            if known is None or known[0] != _key(task):
                kept = on_disk.changes_on_disk(self._layout, task)
                if kept is None:
                    continue
                known = self._changes[ref] = _key(task), kept
            found.append((ref, known[1]))
        return found


def _key(task: Task) -> _Key:
    return (None if task.worktree is None else task.worktree.base_commit), task.tip


def _kept(files: TaskFiles, summary: "ReviewSummary", patch: WholePatch) -> Changes:
    """Write the patch; what of it can be told."""
    redactor = ByteRedactor()
    data = redactor.feed(patch.data) + redactor.end()
    write_bytes(files.patch, data)
    return Changes(
        files=file_stats(summary),
        omitted=max(0, summary.file_count - MAX_FILES),
        patch=PatchPart(
            file=files.patch.name,
            size_bytes=len(data),
            cut=patch.is_cut,
            redacted=data != patch.data,
            note=None,
        ),
    )
