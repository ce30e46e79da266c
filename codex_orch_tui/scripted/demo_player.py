"""Plays the demo without a screen: does what a person would do, by a script of its own, and tells what happens.

It answers questions by itself, so it plays in the demo's own folder only, accepts exactly one command there, and
declines everything else. No person sees a question or a diff here, and nothing says that one did: the answers are
those of a calling program, and what lands is merged without a look.
"""

import asyncio
import json
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Approval, ApprovalKind, Choice, Decider, Decision
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.merge import Merged
from codex_orch_tui.domain.notes import short
from codex_orch_tui.domain.task import CONTINUABLE, IN_TURN, Task, TaskState
from codex_orch_tui.scripted.demo import Stage
from codex_orch_tui.scripted.demo_scripts import BUILD, MEETING, SEARCH, build_command
from codex_orch_tui.scripted.demo_story import story_of

TIME_LIMIT_S = 120.0

Found = TypeVar("Found")


class DemoFailedError(Exception):
    """The demo did not come to its end; the message says what stopped it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What happened, for the proof. `run` is the one that the navigator's plan became."""

    planner: TaskRef
    run: RunId
    landed: Merged
    begun_before: int
    """Tasks of the plan that had begun before it was approved."""
    at_the_same_time: int
    """Implementers whose turns were running before any of them went on."""
    pids: tuple[tuple[int, float], ...] = ()
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
            done = self._outcome(playing, answering)
        finally:
            await _cancelled(playing, answering)
            orchestrator.close()
            await supervising
            unwatch()
        return replace(done, pids=tuple(self._pids.items()))

    def _outcome(self, playing: "asyncio.Task[Played]", answering: "asyncio.Task[None]") -> Played:
        if playing.done():
            return playing.result()
        if answering.done():
            answering.result()
        tasks = self.stage.orchestrator.state.tasks.values()
        where = ", ".join(f"{task.spec.title}: {task.state.value}" for task in tasks)
        raise DemoFailedError(f"not at the end after {TIME_LIMIT_S:.0f} s ({where or 'nothing was started'})")

    async def _play(self) -> Played:
        """The person's part."""
        orchestrator = self.stage.orchestrator
        planner = await orchestrator.begin()
        self._refs[planner.task] = planner
        await self._until_done(planner.task)
        proposal = await orchestrator.proposal(planner)
        begun_before = len(orchestrator.state.tasks) - 1
        self._say(f"the demo approves the plan: {', '.join(task.title for task in proposal.plan.tasks)}", planner.task)
        refs = await orchestrator.create_run(proposal.plan, proposal.base_branch, proposed_by=planner)
        self._refs |= {ref.task: ref for ref in refs}
        at_once = await self._until(self._count_at_work)
        self._say(f"{at_once} implementers are at work at the same time")
        self.stage.prompter.release(MEETING)
        for ref in refs:
            await self._until_done(ref.task)
        for ref in refs:
            if self._task(ref.task).commits:
                await self._review(ref)
        run = refs[0].run
        landed = await self._land(run)
        return Played(planner=planner, run=run, landed=landed, begun_before=begun_before, at_the_same_time=at_once)

    # -- what a person does -------------------------------------------------------------------------------------

    async def _review(self, ref: TaskRef) -> None:
        orchestrator = self.stage.orchestrator
        summary = await orchestrator.review(ref)
        for change in summary.files:
            await orchestrator.file_patch(change)
        orchestrator.record_review(ref, summary, 0, waived=True)

    async def _land(self, run: RunId) -> Merged:
        orchestrator = self.stage.orchestrator
        landed = await orchestrator.land_run(run, await orchestrator.preview_run_landing(run))
        self._say(f"landed: {landed.base_branch} {short(landed.old)} → {short(landed.new)}")
        return landed

    async def _answer_questions(self) -> None:
        accepted = False
        while True:
            approval = await self._until(lambda: next(iter(self.stage.orchestrator.state.pending), None))
            is_expected = not accepted and self._is_expected(approval)
            accepted = accepted or is_expected
            decision = Decision(choice=Choice.ACCEPT if is_expected else Choice.DECLINE)
            await self.stage.orchestrator.answer(approval.id, decision, by=Decider.CALLER)

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
        tasks = [self._task(name) for name in (SEARCH, BUILD)]
        _check(tasks)
        at_work = [task for task in tasks if task.state in IN_TURN and task.turn is not None]
        return len(at_work) if len(at_work) == len(tasks) else None

    async def _until_done(self, name: TaskId) -> None:
        def done() -> bool | None:
            _check([self._task(other) for other in self._refs])
            return self._task(name).state is TaskState.DONE or None

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
        if text:
            self._say(text, event.ref.task if isinstance(event, ev.TaskEvent) else None)

    def _say(self, text: str, name: TaskId | None = None) -> None:
        titles = {ref.task: task.spec.title for ref, task in self.stage.orchestrator.state.tasks.items()}
        who = titles.get(name, "") if name is not None else ""
        first, *rest = text.split("\n")
        self.tell(f"{time.monotonic() - self._started_s:6.2f}s  {who:<19}  {first}")
        for line in rest:
            self.tell(f"{'':7}  {'':<19}  {line}")


_SHELLS = frozenset({"/bin/sh", "/bin/bash", "/bin/zsh", "/usr/bin/bash", "/usr/bin/zsh"})


def _check(tasks: list[Task]) -> None:
    for task in tasks:
        if task.state in CONTINUABLE:
            why = f": {task.fault.message}" if task.fault is not None else ""
            step = f" → {task.fault.next_step}" if task.fault is not None and task.fault.next_step else ""
            raise DemoFailedError(f"{task.spec.title} {task.state.value}{why}{step}")


async def _cancelled(*tasks: "asyncio.Task[Played] | asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
