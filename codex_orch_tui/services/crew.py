"""The worker processes: one for each task that has or had a turn, kept for a while after it.

The supervisor says when a worker is needed, when its turn is over and when it has to go. Every caller that waits for an
end waits for the same one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.services.approvals import Approvals
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.ports import ConnectionFailedError, Connector

if TYPE_CHECKING:
    from codex_orch_tui.services.worker import Worker
    from codex_orch_tui.services.workspace import Workspace


@dataclass(slots=True)
class _Post:
    """A task's place in the crew, whether somebody stands there or not."""

    worker: "Worker | None" = None
    reader: asyncio.Task[None] | None = None
    ending: asyncio.Task[None] | None = None
    """The process is being ended; no other may take up its thread before that."""
    idle: asyncio.TimerHandle | None = None


@dataclass(slots=True, kw_only=True)
class Crew:
    """Starts workers and ends them.

    Args:
        hub: where events go.
        approvals: the inbox.
        connector: starts worker processes.
        workspace: gives where a worker works; called when the first one is needed.
        idle_s: how long a worker without a turn keeps its process, in seconds.
        is_needed: whether a task has a job under way that looks after its worker itself.
    """

    hub: Hub
    approvals: Approvals
    connector: Connector
    workspace: "Callable[[], Workspace]"
    idle_s: float
    is_needed: Callable[[TaskRef], bool]
    group: asyncio.TaskGroup | None = None
    """Where the workers' output is read."""
    _posts: defaultdict[TaskRef, _Post] = field(default_factory=lambda: defaultdict(_Post))

    def worker(self, ref: TaskRef) -> "Worker | None":
        """The task's worker, if any."""
        post = self._posts.get(ref)
        return post.worker if post else None

    async def live(self, ref: TaskRef) -> "Worker":
        """The task's worker with its thread open: the one that is there, or a new one.

        Args:
            ref: the task; its worktree exists.

        Raises:
            ConnectionFailedError: it could not be started, or its thread could not be opened.
        """
        from codex_orch_tui.services.worker import Worker  # noqa: PLC0415 - not for the first paint

        assert self.group is not None, "jobs run inside run()"
        post = self._posts[ref]
        if post.ending is not None:
            await asyncio.wait([post.ending])
        if post.worker is not None and post.worker.alive:
            return post.worker
        await self.end(ref)
        task = self.hub.state.tasks[ref]
        connection = await self.connector.connect(await self.workspace().launch(task))
        worker = Worker(ref, connection, self.hub, self.approvals)
        post.worker = worker
        post.reader = self.group.create_task(worker.read_signals(), name=f"worker {ref}")
        post.reader.add_done_callback(lambda _: self._reader_ended(post, worker))
        try:
            # Codex keeps no thread that never had a turn.
            await worker.open_thread(task.thread if task.turns else None)
        except ConnectionFailedError:
            await self.end(ref)
            raise
        return worker

    async def end(self, ref: TaskRef) -> None:
        """Return when the task's worker process, if there is one, is gone."""
        post = self._posts[ref]
        self._begin_ending(post)
        if post.ending is not None:
            await asyncio.wait([post.ending])

    def keep_idle(self, ref: TaskRef) -> None:
        """Keep a worker without a turn for a while, so that a message is answered at once."""
        post = self._posts[ref]
        if post.worker is not None:
            post.idle = asyncio.get_running_loop().call_later(self.idle_s, self._begin_ending, post)

    def cancel_idle(self, ref: TaskRef) -> None:
        """The worker is needed again."""
        _cancel_idle(self._posts[ref])

    def _begin_ending(self, post: _Post) -> None:
        _cancel_idle(post)
        if post.ending is None and post.worker is not None:
            post.ending = asyncio.create_task(_ended(post, post.worker), name=f"end worker {post.worker.ref}")

    def _reader_ended(self, post: _Post, worker: "Worker") -> None:
        """A worker that went away between two turns lets go of its files at once."""
        if post.worker is worker and not self.is_needed(worker.ref):
            self._begin_ending(post)


async def _ended(post: _Post, worker: "Worker") -> None:
    try:
        await worker.stop()
        if post.reader is not None:
            await asyncio.wait([post.reader])
    finally:
        post.worker = post.reader = post.ending = None


def _cancel_idle(post: _Post) -> None:
    if post.idle is not None:
        post.idle.cancel()
        post.idle = None
