"""A stand-in for the orchestrator: holds a state, records what the screens ask of it, does nothing by itself."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Decision
from codex_orch_tui.domain.ids import ApprovalId, CommitId, TaskRef
from codex_orch_tui.domain.log import LogEntry
from codex_orch_tui.domain.merge import Merged, MergePreview, Updated
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.review import FileChange, FilePatch, ReviewSummary
from codex_orch_tui.domain.state import State
from tests.fakes.states import BASE, Story

if TYPE_CHECKING:
    from codex_orch_tui.services.orchestrator import BaseInfo


class FakeTaskLog:
    """A log whose entries a test puts there."""

    def __init__(self, entries: Sequence[LogEntry] = (), raw: Sequence[str] = ()) -> None:
        self.entries = list(entries)
        self.raw = list(raw)
        self.older_pages: list[list[LogEntry]] = []
        self.partial: LogEntry | None = None
        self.added_calls = 0
        self._next = 0

    @property
    def has_older(self) -> bool:
        """There is another page above."""
        return bool(self.older_pages)

    def tail(self) -> list[LogEntry]:
        """Everything so far."""
        self._next = len(self.entries)
        return list(self.entries)

    def added(self) -> list[LogEntry]:
        """What was put there since the last call."""
        self.added_calls += 1
        fresh = self.entries[self._next :]
        self._next = len(self.entries)
        return fresh

    def older(self) -> list[LogEntry]:
        """The next page above."""
        return self.older_pages.pop() if self.older_pages else []

    def raw_tail(self) -> list[str]:
        """The raw lines."""
        return list(self.raw)

    def close(self) -> None:
        """Nothing is held."""


class FakeOrchestrator:
    """Has the methods of services.orchestrator.Orchestrator.

    `calls` lists what was asked, as (name, *arguments). An exception in `raises[name]` is raised by that command.
    """

    def __init__(self, story: Story | None = None, **settings: Any) -> None:
        self.story = story or Story()
        self.config: Any = SimpleNamespace(**{**Config().model_dump(), "keymap": {}, **settings})
        self.root = Path("/home/ada/shop-api")
        self.notes: tuple[str, ...] = ()
        self.calls: list[tuple[Any, ...]] = []
        self.raises: dict[str, Exception] = {}
        self.logs: dict[TaskRef, FakeTaskLog] = {}
        self.preview: MergePreview | None = None
        self.summary: ReviewSummary | None = None
        self.patches: dict[str, FilePatch] = {}
        self.branches: tuple[str, ...] = ("main", "develop")
        self.dirty: tuple[str, ...] = ()
        self._watchers: list[Callable[[], None]] = []
        self._event_watchers: list[Callable[[ev.Recorded], None]] = []
        self._log_watchers: list[Callable[[TaskRef], None]] = []
        self._closing = asyncio.Event()

    # -- what tests do ------------------------------------------------------------------------------------------

    def apply(self, event: ev.Event, *, after_s: float = 0.0) -> None:
        """Something happened: reduce it and wake the watchers."""
        self.wake(self.story.tell(event, after_s=after_s))

    def wake(self, recorded: ev.Recorded | None = None) -> None:
        """Wake the watchers after the story was told by hand."""
        for watcher in tuple(self._watchers):
            watcher()
        if recorded is not None:
            for event_watcher in tuple(self._event_watchers):
                event_watcher(recorded)

    def grow(self, ref: TaskRef, *entries: LogEntry) -> None:
        """The task's log has grown."""
        self.log(ref).entries.extend(entries)
        for watcher in tuple(self._log_watchers):
            watcher(ref)

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of each call of one command."""
        return [call[1:] for call in self.calls if call[0] == name]

    def _called(self, name: str, *arguments: Any) -> None:
        self.calls.append((name, *arguments))
        if name in self.raises:
            raise self.raises[name]

    # -- the facade ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Wait for `close`."""
        await self._closing.wait()

    def close(self) -> None:
        """End `run`."""
        self.calls.append(("close",))
        self._closing.set()

    @property
    def state(self) -> State:
        """The story's state."""
        return self.story.state

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """As the real one."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def watch_events(self, watcher: Callable[[ev.Recorded], None]) -> Callable[[], None]:
        """As the real one."""
        self._event_watchers.append(watcher)
        return lambda: self._event_watchers.remove(watcher)

    def watch_logs(self, watcher: Callable[[TaskRef], None]) -> Callable[[], None]:
        """As the real one."""
        self._log_watchers.append(watcher)
        return lambda: self._log_watchers.remove(watcher)

    def log(self, ref: TaskRef) -> FakeTaskLog:
        """The task's log; empty at first."""
        return self.logs.setdefault(ref, FakeTaskLog())

    def silent_s(self, ref: TaskRef) -> float | None:
        """No worker is silent."""
        return None

    async def base_info(self) -> "BaseInfo":
        """The fake checkout."""
        from codex_orch_tui.services.orchestrator import BaseInfo

        return BaseInfo(branches=self.branches, current=self.branches[0], dirty=self.dirty)

    async def create_run(self, plan: Plan, base_branch: str) -> tuple[TaskRef, ...]:
        """Queue the plan's tasks."""
        self._called("create_run", plan, base_branch)
        refs = self.story.run([task.title for task in plan.tasks], title=plan.title, base=base_branch)
        self.wake()
        return refs

    async def message(self, ref: TaskRef, text: str) -> str:
        """Recorded only."""
        self._called("message", ref, text)
        return "steered"

    async def resume(self, ref: TaskRef) -> None:
        """Recorded only."""
        self._called("resume", ref)

    async def interrupt(self, ref: TaskRef) -> None:
        """Recorded only."""
        self._called("interrupt", ref)

    async def stop(self, ref: TaskRef) -> None:
        """Recorded only."""
        self._called("stop", ref)

    async def discard(self, ref: TaskRef) -> str:
        """Recorded, and told."""
        self._called("discard", ref)
        backup = f"refs/orch/backup/{ref.task}"
        self.apply(ev.TaskDiscarded(ref=ref, backup_ref=backup))
        return backup

    async def answer(self, approval: ApprovalId, decision: Decision) -> None:
        """Recorded, and told as sent."""
        self._called("answer", approval, decision)
        self.story.answered(approval, decision.choice)
        self.wake()

    async def shown(self, approval: ApprovalId, painted: str) -> None:
        """Recorded."""
        self._called("shown", approval, painted)

    async def wait_idle(self) -> None:
        """At once."""
        self.calls.append(("wait_idle",))

    async def review(self, ref: TaskRef) -> ReviewSummary:
        """The summary that the test put there."""
        self._called("review", ref)
        assert self.summary is not None, "put a ReviewSummary into `summary`"
        return self.summary

    async def file_patch(self, change: FileChange) -> FilePatch:
        """The patch that the test put there, or an empty one."""
        self._called("file_patch", change.path)
        return self.patches.get(change.path) or FilePatch(change=change, hunks=())

    def record_review(self, ref: TaskRef, summary: ReviewSummary, files_viewed: int) -> None:
        """Recorded, and told."""
        self._called("record_review", ref, summary, files_viewed)
        self.apply(
            ev.ReviewRecorded(
                ref=ref,
                base=summary.base,
                tip=summary.tip,
                files_viewed=files_viewed,
                files_total=summary.file_count,
            )
        )

    async def preview_merge(self, ref: TaskRef) -> MergePreview:
        """A fast-forward of one commit, unless the test put another one into `preview`."""
        self._called("preview_merge", ref)
        if self.preview is not None:
            return self.preview
        task = self.state.tasks[ref]
        branch = task.worktree.branch if task.worktree else ""
        return MergePreview(
            base_branch=task.base_branch,
            branch=branch,
            old=BASE,
            new=task.tip,
            tree="77ab01c",
            commit_count=len(task.commits),
            files=task.totals.files,
        )

    async def merge(self, ref: TaskRef, preview: MergePreview) -> Merged:
        """Recorded, and told."""
        self._called("merge", ref, preview)
        self.story.merge(ref)
        self.wake()
        return Merged(base_branch=preview.base_branch, old=BASE, new=preview.new or BASE)

    async def update(self, ref: TaskRef) -> Updated:
        """Recorded only."""
        self._called("update", ref)
        tip = self.state.tasks[ref].tip or BASE
        return Updated(branch=str(ref.task), base=CommitId("9b07d31"), old_tip=tip, new_tip=tip)

    async def send_conflicts(self, ref: TaskRef) -> str:
        """Recorded only."""
        self._called("send_conflicts", ref)
        return "new turn"
