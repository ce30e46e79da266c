"""What begins now, and what waits for what."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.path_claims import claims_meet
from codex_orch_tui.domain.schedule import Decision, Planned, Reason, Standing, Wait, chains, decide

DECISION_GOAL_S = 0.05


def ref(name: str) -> TaskRef:
    return TaskRef(RunId("r"), TaskId(name))


def task(name: str, standing: Standing = Standing.PLANNED, needs: str = "", **fields: object) -> Planned:
    return Planned(ref=ref(name), standing=standing, depends_on=tuple(map(ref, needs.split())), **fields)  # type: ignore[arg-type]


def begun(decision: Decision) -> str:
    return " ".join(one.task for one in decision.begin)


def test_a_task_begins_when_all_it_needs_is_done() -> None:
    decision = decide(
        [task("a", Standing.DONE), task("b", needs="a"), task("c", needs="a b"), task("d", needs="c")], slots=4
    )
    assert begun(decision) == "b"
    assert decision.waits == {
        ref("c"): Wait(Reason.DEPENDENCY, (ref("b"),)),
        ref("d"): Wait(Reason.DEPENDENCY, (ref("c"),)),
    }


def test_what_stopped_blocks_only_its_dependents() -> None:
    decision = decide([task("a", Standing.STOPPED), task("b", needs="a"), task("c")], slots=4)
    assert begun(decision) == "c"
    assert decision.waits == {ref("b"): Wait(Reason.BLOCKED, (ref("a"),))}


def test_slots_go_by_priority_then_chain_then_plan_order() -> None:
    tasks = [task("d"), task("c"), task("b", chain=3), task("a", priority=1)]
    assert begun(decide(tasks, slots=3)) == "a b d"
    assert decide(tasks, slots=3).waits == {ref("c"): Wait(Reason.SLOT)}


def test_claims_that_meet_are_not_at_work_together() -> None:
    tasks = [
        task("a", Standing.AT_WORK, paths=("src/api/**",)),
        task("b", paths=("src/**/search.py",)),
        task("c", paths=("docs/**",)),
        task("d", paths=("docs/index.md",)),
        task("e"),
    ]
    decision = decide(tasks, slots=9)
    assert begun(decision) == "c e"
    assert decision.waits == {ref("b"): Wait(Reason.CLAIM, (ref("a"),)), ref("d"): Wait(Reason.CLAIM, (ref("c"),))}


def test_what_waits_for_its_claim_takes_no_slot_from_others() -> None:
    tasks = [task("a", Standing.AT_WORK, paths=("x",)), task("b", paths=("x",), priority=9), task("c")]
    assert begun(decide(tasks, slots=2)) == "c"


def test_nothing_new_begins_before_a_window_runs_out() -> None:
    decision = decide([task("a"), task("b", Standing.AT_WORK)], slots=9, is_rate_limited=True)
    assert decision == Decision(begin=(), waits={ref("a"): Wait(Reason.RATE_LIMIT)})


def test_held_tasks_wait_for_the_person() -> None:
    assert decide([task("a", Standing.HELD)], slots=1).waits == {ref("a"): Wait(Reason.HELD)}


def test_chains() -> None:
    needs = {ref("a"): (), ref("b"): (ref("a"),), ref("c"): (ref("b"),), ref("d"): (ref("a"),)}
    assert chains(needs, list(needs)) == {ref("a"): 2, ref("b"): 1, ref("c"): 0, ref("d"): 0}


def random_plan(chance: random.Random, count: int, edges: int) -> list[Planned]:
    needs: list[set[int]] = [set() for _ in range(count)]
    for _ in range(edges):
        after = chance.randrange(1, count) if count > 1 else 0
        if after:
            needs[after].add(chance.randrange(after))
    places = [f"src/part{chance.randrange(40)}/**" for _ in range(count)]
    return [
        task(str(n), needs=" ".join(map(str, needs[n])), paths=(places[n],) if n % 3 else (), priority=n % 5)
        for n in range(count)
    ]


def check(tasks: Sequence[Planned], decision: Decision, slots: int) -> None:
    by_ref = {one.ref: one for one in tasks}
    at_work = [one for one in tasks if one.standing is Standing.AT_WORK]
    now = [*at_work, *(by_ref[one] for one in decision.begin)]
    assert len(now) <= max(slots, len(at_work))
    assert not [1 for one, other in combinations(now, 2) if claims_meet(one.paths, other.paths)]
    for one in decision.begin:
        assert by_ref[one].standing is Standing.PLANNED
        assert all(by_ref[need].standing is Standing.DONE for need in by_ref[one].depends_on)
    planned = {one.ref for one in tasks if one.standing in {Standing.PLANNED, Standing.HELD}}
    assert set(decision.waits) | set(decision.begin) == planned
    assert not set(decision.waits) & set(decision.begin)


def played(tasks: list[Planned], slots: int, chance: random.Random) -> list[Planned]:
    """Runs a plan to its end, checking every decision; one in twenty tasks fails."""
    standing = {one.ref: one for one in tasks}
    while True:
        now = list(standing.values())
        decision = decide(now, slots=slots)
        check(now, decision, slots)
        for one in decision.begin:
            standing[one] = replace(standing[one], standing=Standing.AT_WORK)
        at_work = [one for one in standing.values() if one.standing is Standing.AT_WORK]
        if not at_work:
            return list(standing.values())
        ended = chance.choice(at_work)
        how = Standing.STOPPED if chance.random() < 0.05 else Standing.DONE
        standing[ended.ref] = replace(ended, standing=how)


@given(st.integers(0, 2**32), st.integers(1, 25), st.integers(0, 60), st.integers(1, 6))
@settings(max_examples=300)
def test_any_graph_runs_to_its_end(seed: int, count: int, edges: int, slots: int) -> None:
    chance = random.Random(seed)
    ended = {one.ref: one for one in played(random_plan(chance, count, edges), slots, chance)}
    for one in ended.values():
        # Whatever is left could not run: something that it needs has stopped, or waits for what has.
        if one.standing is Standing.PLANNED:
            assert any(ended[need].standing is not Standing.DONE for need in one.depends_on)


def test_a_decision_over_a_large_plan_is_quick() -> None:
    chance = random.Random(7)
    tasks = random_plan(chance, 5_000, 20_000)
    tasks = [replace(one, standing=Standing.DONE) if n < 2_500 else one for n, one in enumerate(tasks)]
    decide(tasks, slots=50)
    spent = []
    for _ in range(5):
        begun_s = time.perf_counter()
        decide(tasks, slots=50)
        spent.append(time.perf_counter() - begun_s)
    assert min(spent) < DECISION_GOAL_S, spent
