"""Pipelines written out: the order of their commands, the last one that is wanted, and what cannot be run."""

import pytest

from codex_orch_tui.domain.pipeline import MAX_STEPS, PipelineError, Pipelines, Stage, steps, told

QUICK = (Stage(name="lint", line="ruff check ."), Stage(name="types", line="mypy", time_limit_s=5))
FULL = (
    Stage(name="quick", pipeline="quick", time_limit_s=60, values=(("LEVEL", "1"), ("A", "x")), passed=("DSN",)),
    Stage(name="tests", line="pytest -q", values=(("LEVEL", "2"),)),
    Stage(name="again", pipeline="quick"),
)
PIPELINES: Pipelines = {"quick": QUICK, "full": FULL, "outer": (Stage(name="all", pipeline="full", time_limit_s=300),)}


def paths(name: str, target: str = "") -> list[str]:
    return [step.path for step in steps(PIPELINES, name, target)]


def test_stages_run_in_the_order_in_which_they_stand_nested_ones_in_their_place() -> None:
    assert paths("full") == ["quick/lint", "quick/types", "tests", "again/lint", "again/types"]
    assert paths("outer")[0] == "all/quick/lint"
    assert told(steps(PIPELINES, "quick")) == "lint: ruff check . → types: mypy"


@pytest.mark.parametrize(
    ("target", "last"),
    [("quick/lint", "quick/lint"), ("quick", "quick/types"), ("tests", "tests"), ("again", "again/types")],
)
def test_a_target_is_the_last_stage_that_runs(target: str, last: str) -> None:
    found = paths("full", target)
    assert found[-1] == last
    assert found == paths("full")[: len(found)]


def test_a_nested_stage_gives_its_time_and_its_environment_to_what_is_in_it() -> None:
    lint, types, tests, again, _ = steps(PIPELINES, "full")
    assert (lint.within, lint.time_limit_s, dict(lint.values), lint.passed) == (
        (("quick", 60),),
        None,
        {"LEVEL": "1", "A": "x"},
        ("DSN",),
    )
    assert (types.time_limit_s, types.within) == (5, (("quick", 60),))
    assert (dict(tests.values), tests.passed, tests.within) == ({"LEVEL": "2"}, (), ())
    assert (again.values, again.within) == ((), ())
    assert steps(PIPELINES, "outer")[0].within == (("all", 300), ("all/quick", 60))


@pytest.mark.parametrize(
    ("name", "target", "keys", "message"),
    [
        ("ful", "", ("ful",), "there is no pipeline ful; did you mean full?"),
        ("full", "quick/lnt", ("full",), "full has no stage quick/lnt; did you mean quick/lint?"),
        ("full", "xyz", ("full",), "full has no stage xyz; there are: again, again/lint"),
        ("loop", "", ("pool", "back"), "leads back to itself: loop → pool → loop"),
        ("self", "", ("self", "me"), "leads back to itself: self → self"),
        ("lost", "", ("lost", "one"), "there is no pipeline gone"),
        ("deep0", "", ("deep15", "on"), "holds pipelines in pipelines deeper than 16"),
        ("wide", "", ("wide",), f"comes to more than {MAX_STEPS} commands"),
    ],
)
def test_what_cannot_be_run_is_told_with_where_it_stands(
    name: str, target: str, keys: tuple[str, ...], message: str
) -> None:
    doubling = {
        f"twice{number}": tuple(
            Stage(name=which, pipeline=f"twice{number + 1}") if number < 12 else Stage(name=which, line="ls")
            for which in "ab"
        )
        for number in range(13)
    }
    more: Pipelines = {
        "loop": (Stage(name="on", pipeline="pool"),),
        "pool": (Stage(name="back", pipeline="loop"),),
        "self": (Stage(name="me", pipeline="self"),),
        "lost": (Stage(name="one", pipeline="gone"),),
        **{f"deep{number}": (Stage(name="on", pipeline=f"deep{number + 1}"),) for number in range(20)},
        "wide": (Stage(name="all", pipeline="twice0"),),
        **doubling,
    }
    with pytest.raises(PipelineError) as caught:
        steps({**PIPELINES, **more}, name, target)
    assert caught.value.keys == keys
    assert str(caught.value).startswith(message)
