"""Do the right tasks begin, soon, and none twice, early, or not at all?

    python -m tests.figures schedule [--long]

Three figures: a decision over 5,000 tasks with 20,000 dependencies; 10,000 random plans played to their end, with every
decision checked; and 50 stand-in workers for a minute, or ten, in real worktrees, with plans that come as long as the
time lasts. A stand-in waits a moment, writes a file that its task claims, and now and then fails or dies. It keeps who
worked at the same time, and knows nothing of the scheduler.
"""

import asyncio
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import signals as sg
from codex_orch_tui.domain.approval import ApprovalRequest, Decision
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind, OwnRule, TurnStatus
from codex_orch_tui.domain.path_claims import claims_meet
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.schedule import Planned, Reason, Standing, decide
from codex_orch_tui.domain.task import CONTINUABLE, TaskState
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.ports import Launch
from codex_orch_tui.services.scheduler import Scheduler
from tests.fakes.hub import HubStory

if TYPE_CHECKING:
    from codex_orch_tui.domain.signals import Signal
    from codex_orch_tui.services.supervisor import Supervisor

DECISION_GOAL_MS = 50.0
TASKS, DEPENDENCIES = 5_000, 20_000
WORKERS = 50
PLAN_TASKS = 60
_PLACES = 200


def run(*, graphs: int = 10_000, minutes: float = 1.0) -> dict[str, Any]:
    """The figure; its short form plays fewer plans and takes less time, its long form more of it."""
    decisions = decision_times()
    played = play_plans(graphs)
    team = asyncio.run(team_at_work(minutes * 60))
    return {
        "decision_ms": decisions,
        "decision_goal_ms": DECISION_GOAL_MS,
        "random_plans": played,
        "workers": team,
        "holds": decisions["best"] < DECISION_GOAL_MS and not played["wrong"] and team["holds"],
    }


# -- one decision ---------------------------------------------------------------------------------------------------


def decision_times(rounds: int = 20) -> dict[str, float]:
    """Milliseconds from the state of a large plan that is half done to the decision what begins."""
    story = HubStory()
    specs = tuple(_spec(one) for one in random_plan(random.Random(7), TASKS, DEPENDENCIES))
    story.tell(ev.RunCreated(run=RunId("r"), plan=Plan(title="large", tasks=specs), base_branch="main"))
    tasks = dict(story.state.tasks)
    for ref in tuple(tasks)[: TASKS // 2]:
        tasks[ref] = replace(tasks[ref], state=TaskState.DONE)
    hub = HubStory(replace(story.state, tasks=tasks)).hub
    config = Config(max_workers=WORKERS)
    scheduler = Scheduler(hub, cast("Supervisor", _NobodyAtWork()), lambda: config)
    spent = []
    for _ in range(rounds + 1):
        began_s = time.perf_counter()
        scheduler.decision()
        spent.append((time.perf_counter() - began_s) * 1000)
    spent = sorted(spent[1:])
    return {"best": round(spent[0], 1), "median": round(spent[len(spent) // 2], 1), "worst": round(spent[-1], 1)}


class _NobodyAtWork:
    """A supervisor without tasks."""

    at_work: frozenset[TaskRef] = frozenset()

    def is_queued_again(self, _ref: TaskRef) -> bool:
        return False


def random_plan(chance: random.Random, count: int, edges: int) -> list[Planned]:
    """Tasks without a circle: each depends only on earlier ones."""
    needs: list[set[int]] = [set() for _ in range(count)]
    for _ in range(edges if count > 1 else 0):
        after = chance.randrange(1, count)
        needs[after].add(chance.randrange(after))
    return [
        Planned(
            ref=_ref(number),
            standing=Standing.PLANNED,
            depends_on=tuple(_ref(one) for one in sorted(needs[number])),
            paths=() if number % 3 == 0 else (f"src/part{chance.randrange(_PLACES)}/**",),
            priority=number % 5,
        )
        for number in range(count)
    ]


def _ref(number: int) -> TaskRef:
    return TaskRef(RunId("r"), TaskId(str(number)))


# -- random plans ---------------------------------------------------------------------------------------------------


def play_plans(count: int) -> dict[str, Any]:
    """Play plans to their end, and look at every decision."""
    chance = random.Random(11)
    wrong: Counter[str] = Counter()
    decisions = 0
    for _ in range(count):
        tasks = random_plan(chance, chance.randint(1, 25), chance.randint(0, 60))
        decisions += _played(tasks, chance.randint(1, 6), chance, wrong)
    return {"plans": count, "decisions": decisions, "wrong": dict(wrong)}


def _played(tasks: Sequence[Planned], slots: int, chance: random.Random, wrong: Counter[str]) -> int:
    now = {one.ref: one for one in tasks}
    decisions = 0
    while True:
        decision = decide(list(now.values()), slots=slots)
        decisions += 1
        for ref in decision.begin:
            if any(now[needed].standing is not Standing.DONE for needed in now[ref].depends_on):
                wrong["begun before what it needs was done"] += 1
            if now[ref].standing is not Standing.PLANNED:
                wrong["begun twice"] += 1
            now[ref] = replace(now[ref], standing=Standing.AT_WORK)
        at_work = [one for one in now.values() if one.standing is Standing.AT_WORK]
        if len(at_work) > slots:
            wrong["more than there are slots"] += 1
        wrong["claims that meet"] += sum(claims_meet(one.paths, two.paths) for one, two in combinations(at_work, 2))
        if not at_work:
            break
        ended = chance.choice(at_work)
        standing = Standing.STOPPED if chance.random() < 0.05 else Standing.DONE
        now[ended.ref] = replace(ended, standing=standing)
    for one in now.values():
        if one.standing is Standing.PLANNED and all(now[ref].standing is Standing.DONE for ref in one.depends_on):
            wrong["never begun"] += 1
    wrong += Counter()  # without the kinds that did not occur
    return decisions


# -- workers --------------------------------------------------------------------------------------------------------


@dataclass
class Team:
    """What the stand-ins know of each other."""

    chance: random.Random = field(default_factory=lambda: random.Random(23))
    at_work: dict[TaskRef, tuple[str, ...]] = field(default_factory=dict)
    turns: Counter[TaskRef] = field(default_factory=Counter)
    most: int = 0
    met: list[str] = field(default_factory=list)
    longest_s: float = 10.0

    def enters(self, ref: TaskRef, claims: tuple[str, ...]) -> None:
        """A turn begins."""
        self.met += [f"{ref} and {other}" for other, held in self.at_work.items() if claims_meet(claims, held)]
        self.at_work[ref] = claims
        self.turns[ref] += 1
        self.most = max(self.most, len(self.at_work))


class _StandIn:
    """A worker without a process."""

    pid = 0
    version = "stand-in"
    model = ""

    def __init__(self, launch: Launch, team: Team) -> None:
        self._launch = launch
        self._team = team
        self._signals: asyncio.Queue[Signal | None] = asyncio.Queue()
        self._playing: asyncio.Task[None] | None = None

    async def start_thread(self) -> ThreadId:
        return ThreadId(str(self._launch.ref))

    async def resume_thread(self, thread: ThreadId) -> None:
        pass

    async def start_turn(self, thread: ThreadId, text: str, output_schema: Mapping[str, Any] | None = None) -> TurnId:
        del output_schema
        turn = TurnId(f"{self._launch.ref}-{self._team.turns[self._launch.ref]}")
        self._playing = asyncio.create_task(self._play(thread, turn, text))
        return turn

    async def _play(self, thread: ThreadId, turn: TurnId, text: str) -> None:
        ref, chance = self._launch.ref, self._team.chance
        paths = tuple(text.rpartition("claims:")[2].split())
        self._team.enters(ref, paths)
        await asyncio.sleep(chance.uniform(0.02, self._team.longest_s))
        place = paths[0].removesuffix("/**") if paths else "free"
        file = self._launch.settings.cwd / place / f"{ref.task}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{ref}\n", encoding="utf-8")
        luck = chance.random()
        del self._team.at_work[ref]
        if luck < 0.02:
            self._signals.put_nowait(sg.StreamEnded(exit_code=1, stderr_tail="the stand-in died"))
            self._signals.put_nowait(None)
            return
        fault = Fault(kind=FaultKind.MODEL_ERROR, message="the stand-in failed") if luck < 0.04 else None
        status = TurnStatus.FAILED if fault else TurnStatus.COMPLETED
        self._signals.put_nowait(sg.TurnEnded(thread=thread, turn=turn, status=status, fault=fault))

    async def steer(self, thread: ThreadId, turn: TurnId, text: str) -> None:
        pass

    async def interrupt(self, thread: ThreadId, turn: TurnId) -> None:
        pass

    async def answer(self, request: ApprovalRequest, decision: Decision) -> None:
        pass

    async def own_rule(self, command: str) -> OwnRule:
        del command
        return OwnRule()

    async def signals(self) -> "AsyncIterator[Signal]":
        while (signal := await self._signals.get()) is not None:
            yield signal

    async def stop(self) -> str:
        self._signals.put_nowait(sg.StreamEnded(exit_code=0, stderr_tail=""))
        self._signals.put_nowait(None)
        return "ended"


@dataclass
class _Connector:
    team: Team

    async def connect(self, launch: Launch) -> _StandIn:
        return _StandIn(launch, self.team)


async def team_at_work(seconds: float, workers: int = WORKERS) -> dict[str, Any]:
    """Let stand-ins work on plans for so long, then wait for the end of all that was planned."""
    team = Team(longest_s=min(10.0, seconds / 5))
    with tempfile.TemporaryDirectory(prefix="codex-orch-schedule-") as folder:
        repository = _repository(Path(folder))
        config = Config(max_workers=workers, idle_worker_s=0.5)
        environ = {"HOME": folder, "PATH": "/usr/bin:/bin"}
        orchestrator = await Orchestrator.open(repository, config, _Connector(team), environ=environ)
        async with asyncio.TaskGroup() as group:
            group.create_task(orchestrator.run())
            try:
                until_s = time.monotonic() + seconds
                while time.monotonic() < until_s:
                    if len(orchestrator.waits()) < workers:
                        await orchestrator.create_run(_plan(team.chance), "main")
                    await asyncio.sleep(0.2)
                await orchestrator.wait_idle()
                return _found(orchestrator, team, seconds)
            finally:
                orchestrator.close()


def _found(orchestrator: Orchestrator, team: Team, seconds: float) -> dict[str, Any]:
    tasks = orchestrator.state.tasks
    states = Counter(str(task.state) for task in tasks.values())
    waits = orchestrator.waits()
    # At the end nothing is at work, so whatever has not begun must be waiting for what did not come to its end.
    lost = [
        str(ref)
        for ref, task in tasks.items()
        if task.state is not TaskState.DONE
        and task.state not in CONTINUABLE
        and (ref not in waits or waits[ref].reason not in {Reason.BLOCKED, Reason.DEPENDENCY})
    ]
    twice = [str(ref) for ref, turns in team.turns.items() if turns > 1]
    unmade = [str(ref) for ref, task in tasks.items() if task.state is TaskState.DONE and len(task.commits) != 1]
    return {
        "seconds": seconds,
        "tasks": len(tasks),
        "states": dict(states),
        "most_at_once": team.most,
        "overlapping_claims_at_once": team.met,
        "lost": lost,
        "begun_twice": twice,
        "done_without_commit": unmade,
        "holds": not (team.met or lost or twice or unmade) and states[TaskState.DONE] > 0,
    }


def _plan(chance: random.Random) -> Plan:
    planned = random_plan(chance, PLAN_TASKS, PLAN_TASKS // 2)
    return Plan(title="stand-ins", tasks=tuple(_spec(one) for one in planned))


def _spec(one: Planned) -> TaskSpec:
    name = f"t{one.ref.task}"
    return TaskSpec(
        id=TaskId(name),
        title=name,
        prompt=f"{name} claims: {' '.join(one.paths)}",
        depends_on=tuple(TaskId(f"t{needed.task}") for needed in one.depends_on),
        paths=one.paths,
        priority=one.priority,
        checked_answer=False,
    )


def _repository(folder: Path) -> Path:
    top = folder / "repository"
    top.mkdir()
    for args in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "Robin Example"),
        ("config", "user.email", "robin@example.org"),
        ("commit", "--quiet", "--allow-empty", "-m", "first"),
    ):
        subprocess.run(["git", "-C", str(top), *args], check=True, timeout=30)
    return top
