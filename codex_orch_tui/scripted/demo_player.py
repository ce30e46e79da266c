"""Plays the demo without a screen: does what a person would do, by a script of its own, and tells what happens.

It answers questions by itself, so it plays in the demo's own folder only, accepts exactly one command there, and
declines everything else.
"""

import asyncio
import json
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Approval, ApprovalKind, Choice, Decision
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.merge import Merged
from codex_orch_tui.domain.task import CONTINUABLE, IN_TURN, Task, TaskState
from codex_orch_tui.scripted.demo import Stage
from codex_orch_tui.scripted.demo_scripts import BUILD, CHANGELOG, MEETING, MESSAGE, SEARCH, build_command
from codex_orch_tui.scripted.demo_story import story_of

TIME_LIMIT_S = 120.0

Found = TypeVar("Found")


class DemoFailedError(Exception):
    """The demo did not come to its end; the message says what stopped it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What happened, for the proof. `landed` is in order; `updated` are the tasks that landed after an update."""

    tasks: tuple[Task, ...]
    landed: tuple[Merged, ...]
    updated: tuple[TaskId, ...]
    at_the_same_time: int
    pids: tuple[tuple[int, float], ...]
    """Each worker process with its start, in seconds since the epoch."""


@dataclass(slots=True)
class DemoPlayer:
    """One play.

    Args:
        stage: Where.
        tell: Takes each line of what happens.
    """

    stage: Stage
    tell: Callable[[str], None]
    _refs: dict[TaskId, TaskRef] = field(default_factory=dict)
    _landed: list[Merged] = field(default_factory=list)
    _updated: list[TaskId] = field(default_factory=list)
    _pids: dict[int, float] = field(default_factory=dict)
    _started_s: float = field(default_factory=time.monotonic)

    async def play(self) -> Played:
        """Plays to the end, with a time limit.

        Raises:
            DemoFailedError: A task stopped, a step was refused, or the time was up.
            DemoRefusedError: Something of the stage is not the demo's own.
        """
        self.stage.check_is_scratch()
        orchestrator = self.stage.orchestrator
        unwatch = orchestrator.watch_events(self._saw)
        supervising = asyncio.create_task(orchestrator.run(), name="supervisor")
        answering = asyncio.create_task(self._answer_questions(), name="answers")
        playing = asyncio.create_task(self._play(), name="demo")
        try:
            await asyncio.wait(
                {supervising, answering, playing}, timeout=TIME_LIMIT_S, return_when=asyncio.FIRST_COMPLETED
            )
            at_once = self._outcome(playing, answering)
        finally:
            await _cancelled(playing, answering)
            orchestrator.close()
            await supervising
            unwatch()
        return Played(
            tasks=tuple(orchestrator.state.tasks.values()),
            landed=tuple(self._landed),
            updated=tuple(self._updated),
            at_the_same_time=at_once,
            pids=tuple(self._pids.items()),
        )

    def _outcome(self, playing: "asyncio.Task[int]", answering: "asyncio.Task[None]") -> int:
        if playing.done():
            return playing.result()
        if answering.done():
            answering.result()
        tasks = self.stage.orchestrator.state.tasks.values()
        where = ", ".join(f"{task.spec.title}: {task.state.value}" for task in tasks)
        raise DemoFailedError(f"not at the end after {TIME_LIMIT_S:.0f} s ({where or 'nothing was started'})")

    async def _play(self) -> int:
        """The person's part. Returns how many tasks were at work at the same time."""
        for ref in await self.stage.orchestrator.begin():
            self._refs[ref.task] = ref
        at_once = await self._until(self._count_at_work)
        self._say(f"{at_once} tasks are at work at the same time")
        self.stage.prompter.release(MEETING)
        await self._until_done(CHANGELOG, commits=1)
        await self._message(CHANGELOG, MESSAGE)
        await self._until_done(SEARCH, commits=1)
        await self._land(SEARCH)
        await self._until_done(BUILD, commits=1)
        await self._land(BUILD)
        await self._until_done(CHANGELOG, commits=2)
        await self._land(CHANGELOG)
        return at_once

    # -- what a person does -------------------------------------------------------------------------------------

    async def _message(self, name: TaskId, text: str) -> None:
        how = await self.stage.orchestrator.message(self._refs[name], text)
        self._say(f"the demo writes: “{text}” ({how})", name)

    async def _land(self, name: TaskId) -> None:
        """Reviews and merges; first updates a task from its base where the base has moved on."""
        orchestrator, ref = self.stage.orchestrator, self._refs[name]
        preview = await orchestrator.preview_merge(ref)
        if preview.behind:
            self._say(f"{counted(preview.behind, 'commit')} behind main, so no fast-forward: updates it", name)
            updated = await orchestrator.update(ref)
            self._updated.append(name)
            self._say(f"replayed {counted(updated.replayed, 'commit')}", name)
        summary = await orchestrator.review(ref)
        for change in summary.files:
            await orchestrator.file_patch(change)
        orchestrator.record_review(ref, summary, summary.file_count)
        self._landed.append(await orchestrator.merge(ref, await orchestrator.preview_merge(ref)))

    async def _answer_questions(self) -> None:
        accepted = False
        while True:
            approval = await self._until(lambda: next(iter(self.stage.orchestrator.state.pending), None))
            is_expected = not accepted and self._is_expected(approval)
            accepted = accepted or is_expected
            decision = Decision(choice=Choice.ACCEPT if is_expected else Choice.DECLINE)
            await self.stage.orchestrator.answer(approval.id, decision)

    def _is_expected(self, approval: Approval) -> bool:
        """Whether the question is, in every part of it, the one that the script asks."""
        request, task = approval.request, self._task(BUILD)
        told = json.loads(request.raw_json)
        command = build_command(self.stage.folder.build_server)
        words = shlex.split(str(told.get("command", "")))
        return (
            request.kind is ApprovalKind.COMMAND
            and approval.ref == task.ref
            and task.worktree is not None
            and request.cwd == task.worktree.path
            and len(words) == 3
            and words[0] in _SHELLS
            and words[1] in {"-c", "-lc"}
            and words[2] == command
            and not (request.host or request.grant_root or request.permissions or request.files)
        )

    # -- what is seen -------------------------------------------------------------------------------------------

    def _task(self, name: TaskId) -> Task:
        return self.stage.orchestrator.state.tasks[self._refs[name]]

    def _count_at_work(self) -> int | None:
        tasks = [self._task(name) for name in self._refs]
        _check(tasks)
        at_work = [task for task in tasks if task.state in IN_TURN and task.turn is not None]
        return len(at_work) if len(at_work) == len(self._refs) else None

    async def _until_done(self, name: TaskId, *, commits: int) -> None:
        def done() -> bool | None:
            task = self._task(name)
            _check([task])
            return (task.state is TaskState.DONE and len(task.commits) >= commits) or None

        await self._until(done)

    async def _until(self, seen: Callable[[], Found | None]) -> Found:
        """Waits for something to be seen in the state, which is looked at after every event."""
        changed = asyncio.Event()
        unwatch = self.stage.orchestrator.watch(changed.set)
        try:
            while (found := seen()) is None:
                changed.clear()
                await changed.wait()
        finally:
            unwatch()
        return found

    def _saw(self, recorded: ev.Recorded) -> None:
        event = recorded.event
        if isinstance(event, ev.WorkerStarted):
            self._pids[event.pid] = event.process_started_s
        text = story_of(event, self.stage.orchestrator.state)
        if text and isinstance(event, ev.TaskEvent):
            self._say(text, event.ref.task)

    def _say(self, text: str, name: TaskId | None = None) -> None:
        titles = {ref.task: task.spec.title for ref, task in self.stage.orchestrator.state.tasks.items()}
        who = titles.get(name, "") if name is not None else ""
        first, *rest = text.split("\n")
        self.tell(f"{time.monotonic() - self._started_s:6.2f}s  {who:<19}  {first}")
        for line in rest:
            self.tell(f"{'':7}  {'':<19}  {line}")


def counted(number: int, noun: str) -> str:
    """`1 commit`, `2 commits`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_SHELLS = frozenset({"/bin/sh", "/bin/bash", "/bin/zsh", "/usr/bin/bash", "/usr/bin/zsh"})


def _check(tasks: list[Task]) -> None:
    for task in tasks:
        if task.state in CONTINUABLE:
            why = f": {task.fault.message}" if task.fault is not None else ""
            step = f" → {task.fault.next_step}" if task.fault is not None and task.fault.next_step else ""
            raise DemoFailedError(f"{task.spec.title} {task.state.value}{why}{step}")


async def _cancelled(*tasks: "asyncio.Task[int] | asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
