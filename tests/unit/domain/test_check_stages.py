"""A check that is a pipeline, in the state: each stage with its end, and the check with that of all."""

from typing import Any

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess, CheckRun
from codex_orch_tui.domain.check_runs import begun, cut_off, ended
from codex_orch_tui.domain.checking import check_note
from codex_orch_tui.domain.ids import CommitId, RunId, TaskId, TaskRef

REF = TaskRef(RunId("r"), TaskId("t"))
COMMIT = CommitId("c" * 40)


def started(stage: str, pid: int = 7) -> ev.CheckStarted:
    return ev.CheckStarted(
        ref=REF,
        check="ci",
        command="a: ls → b: cat x",
        commit=COMMIT,
        process=CheckProcess(pid=pid, started_s=1.0),
        stage=stage,
        stage_command=f"run {stage}" if stage else "",
    )


def finished(stage: str, outcome: CheckOutcome, **more: Any) -> ev.CheckFinished:
    return ev.CheckFinished(
        ref=REF,
        check="ci",
        command="a: ls → b: cat x",
        commit=COMMIT,
        outcome=outcome,
        stage=stage,
        stage_command=f"run {stage}" if stage else "",
        **more,
    )


def after(*events: ev.CheckStarted | ev.CheckFinished) -> CheckRun:
    run: CheckRun | None = None
    for at_s, event in enumerate(events):
        known = run if run is not None and run.outcome is None else None
        run = begun(event, known, at_s) if isinstance(event, ev.CheckStarted) else ended(event, known, at_s)
    assert run is not None
    return run


TWO = (
    started("a", 7),
    finished("a", CheckOutcome.PASSED, exit_code=0, duration_ms=5),
    started("b", 8),
    finished("b", CheckOutcome.FAILED, exit_code=3, duration_ms=9, output_tail="no"),
    finished("", CheckOutcome.FAILED, exit_code=3, duration_ms=14),
)


def test_a_stage_under_way_has_the_process_and_the_check_has_no_end() -> None:
    run = after(*TWO[:3])
    assert (run.outcome, run.started_at_s, run.process) == (None, 0, CheckProcess(pid=8, started_s=1.0))
    assert [(one.name, one.command, one.outcome, one.started_at_s) for one in run.stages] == [
        ("a", "run a", CheckOutcome.PASSED, 0),
        ("b", "run b", None, 2),
    ]
    assert after(*TWO[:2]).process is None


def test_the_end_of_all_has_the_stages_and_the_output_of_the_red_one() -> None:
    run = after(*TWO)
    assert (run.outcome, run.exit_code, run.duration_ms, run.output_tail) == (CheckOutcome.FAILED, 3, 14, "no")
    assert [(one.name, one.exit_code, one.duration_ms, one.output_tail) for one in run.stages] == [
        ("a", 0, 5, ""),
        ("b", 3, 9, "no"),
    ]


def test_the_next_run_begins_with_no_stages() -> None:
    assert [one.name for one in after(*TWO, started("a")).stages] == ["a"]


def test_a_stage_that_was_not_begun_is_kept_with_its_reason() -> None:
    run = after(finished("a", CheckOutcome.NOT_RUN, reason="refused"))
    assert [(one.name, one.outcome, one.reason) for one in run.stages] == [("a", CheckOutcome.NOT_RUN, "refused")]
    assert run.outcome is None


def test_what_was_cut_off_says_nothing() -> None:
    (run,) = cut_off((after(*TWO[:3]),))
    assert (run.outcome, run.process) == (CheckOutcome.NOT_RUN, None)
    assert [one.outcome for one in run.stages] == [CheckOutcome.PASSED, CheckOutcome.NOT_RUN]


def test_the_log_names_the_stage() -> None:
    note = check_note(TWO[3])
    assert note is not None
    assert note[1].startswith("check ci, stage b: run b · exit 3")
