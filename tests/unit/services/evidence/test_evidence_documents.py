"""The documents of the evidence: as their schemas say, complete, small where they must be, and safe to show."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Choice
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.cost import Rates
from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.item import ItemKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import is_clean
from codex_orch_tui.services.evidence.mark import approvals_by_task, run_mark, task_mark
from codex_orch_tui.services.evidence.models import RunManifest, TaskResult
from codex_orch_tui.services.evidence.paper import block, code, table, width, words
from codex_orch_tui.services.evidence.run_evidence import Beside, RunBook, RunEvidence
from codex_orch_tui.services.evidence.run_report import run_report
from codex_orch_tui.services.evidence.schema import document_schema
from codex_orch_tui.services.evidence.task_evidence import Changes, task_report, task_result
from codex_orch_tui.services.evidence.task_parts import task_parts
from tests.fakes.histories import every_way
from tests.fakes.states import Story, command_request, many, shop

BESIDE = Beside(repository="/srv/shop-api", card={"gpt-5.5": Rates(input=1.25, cached=0.125, output=10.0)})
TOKEN = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6"


def made(story: Story, beside: Beside = BESIDE) -> RunEvidence:
    run = next(iter(story.state.runs))
    return RunBook(run).evidence(story.state, beside, story.now_s)


def result_of(story: Story, ref: TaskRef) -> dict[str, Any]:
    task = story.state.tasks[ref]
    approvals = approvals_by_task(story.state, ref.run).get(ref, ())
    parts = task_parts(task, approvals, BESIDE.card)
    mark = task_mark(task, approvals)
    result = task_result(task, parts, Changes(), (), mark=mark, now_s=story.now_s, has_log=True)
    document: dict[str, Any] = json.loads(result.model_dump_json())
    assert task_report(result).isprintable() or is_clean(task_report(result), multiline=True)
    return document


def checked() -> Story:
    """A task whose check passed on what was merged, and one whose check failed."""
    story = Story()
    good, bad = story.run(["Good one", "Bad one"], title="Checked")
    for ref, outcome in ((good, CheckOutcome.PASSED), (bad, CheckOutcome.FAILED)):
        story.start(ref)
        story.finish(ref)
        tip = story.state.tasks[ref].tip
        process = CheckProcess(pid=1, started_s=1.0)
        story.tell(ev.CheckStarted(ref=ref, check="tests", command="pytest -q", commit=tip, process=process))
        ended = ev.CheckFinished(
            ref=ref, check="tests", command="pytest -q", commit=tip, outcome=outcome, exit_code=0, duration_ms=1_500
        )
        story.tell(ended, after_s=1.5)
    tip = story.state.tasks[good].tip
    assert tip is not None
    base = CommitId("4f1c2aa" + "0" * 33)
    story.tell(ev.ReviewRecorded(ref=good, base=base, tip=tip, files_viewed=3, files_total=3))
    story.merge(good)
    return story


@pytest.mark.parametrize("story", [shop, every_way, checked, lambda: many(40)])
def test_every_document_is_as_its_schema_says(story: Callable[[], Story]) -> None:
    told = story()
    evidence = made(told)
    for name in ("manifest", "metrics", "context"):
        document = json.loads(getattr(evidence, name).model_dump_json())
        Draft202012Validator(document_schema(name)).validate(document)
    for ref in evidence.manifest.tasks[:5]:
        document = result_of(told, next(each for each in told.state.tasks if each.task == ref.id))
        Draft202012Validator(document_schema("result")).validate(document)


def test_the_manifest_tells_who_allowed_what_and_on_what_grounds_was_merged() -> None:
    manifest = made(every_way()).manifest
    by_command = {command.command: command for command in manifest.commands}
    assert by_command["npm ci"].allowed_by == "by_rule"
    assert by_command["pytest -q tests/test_search.py"].exit_code == 1
    assert "npm run seed" not in by_command, "it did not run"
    asked = {one.subject: (one.outcome.value, one.by, one.waited_ms) for one in manifest.approvals}
    assert asked["npm run build"] == ("accepted_for_session", "you", 42_000)
    assert asked["npm ci"] == ("by_rule", "rule", 0)
    assert asked["npm test -- --watch=false"] == ("pending", None, None)
    (merge,) = made(checked()).manifest.merges
    assert [(receipt.check, receipt.duration_ms) for receipt in merge.receipts] == [("tests", 1_500)]
    assert merge.reviewed_tip == merge.new


def test_what_was_written_before_a_field_was_added_is_still_read() -> None:
    story = checked()
    document = result_of(story, next(iter(story.state.tasks)))
    for field in ("joins", "base_tip"):
        del document["task"][field]
    assert TaskResult.model_validate_json(json.dumps(document)).task.joins == []
    manifest = json.loads(made(story).manifest.model_dump_json())
    for field in ("with_run", "tasks", "earlier_receipts"):
        del manifest["merges"][0][field]
    assert not RunManifest.model_validate_json(json.dumps(manifest)).merges[0].with_run


def test_metrics_add_up() -> None:
    story = every_way()
    total = made(story).metrics.total
    assert total.approvals.model_dump() == {
        "asked": 8, "by_rule": 2, "by_caller": 0, "accepted": 3, "declined": 3, "unanswered": 1, "open": 1,
        "waited_ms": 144_000,
    }  # fmt: skip
    assert (total.commands.run, total.commands.failed) == (9, 1)
    checks = made(checked()).metrics.total.checks
    assert (checks.passed, checks.failed, checks.duration_ms) == (1, 1, 3_000)


def test_what_no_rate_names_has_no_cost_and_neither_has_the_whole() -> None:
    evidence = made(shop())
    assert evidence.metrics.total.cost_usd is None
    report = run_report(evidence, {})
    assert "94,000 tokens, cost not known." in report
    assert "is not on the rate card" in report


def test_the_report_says_the_sum_first_and_what_is_left_last() -> None:
    report = run_report(made(shop()), {})
    lines = report.splitlines()
    assert lines[0] == "# Add product search"
    assert lines[2].startswith("4 tasks: 1 working, 1 asks, 1 to review, 1 queued.")
    assert lines[4].startswith("Left: answer the question of fix-auth-middleware: npm install")
    heads = [line for line in lines if line.startswith("## ")]
    assert heads == ["## Tasks", "## Questions", "## Changes", "## Cost", "## What is left"]
    assert report.index("- review the diff of correct-the-docs") > report.index("## What is left")


def told_with(text: str) -> Story:
    """A story with this text wherever one can come from."""
    story = Story()
    (ref,) = story.run([text], title=text)
    story.start(ref, prompt=text)
    story.item(ref, ItemKind.COMMAND, text)
    story.answered(story.ask(ref, command_request(story, ref, command=text)), Choice.DECLINE)
    story.ask(ref, command_request(story, ref, number=1, command=text))
    story.tell(ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text=text))
    story.item(ref, ItemKind.AGENT_MESSAGE, text, answer=text)
    return story


@pytest.mark.parametrize(
    "text",
    ["\x1b]52;c;aGk=\x07", "\x9b31m \u202e", "| a | b |", "```\n# head", "<script>", "`x` ``y", "[a](b) ![c](d)"],
)
def test_hostile_text_is_neither_a_command_nor_markup(text: str) -> None:
    story = told_with(text)
    (ref,) = story.state.tasks
    evidence = made(story)
    report = run_report(evidence, {})
    assert is_clean(report, multiline=True)
    for is_table, lines in groupby(report.splitlines(), key=lambda line: line.startswith("|")):
        if is_table:
            assert len({line.replace("\\|", "").count("|") for line in lines}) == 1, "nothing ended a cell"
    in_words = re.sub(r"(`+)[^`].*?\1(?!`)|^```.*?^```", "", report, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"(?<!\\)[<\[]", in_words), "no tag, no link, no picture"
    for document in (evidence.manifest, evidence.metrics, evidence.context):
        assert is_clean(document.model_dump_json(), multiline=True)
    assert is_clean(json.dumps(result_of(story, ref), ensure_ascii=False))


def test_no_document_holds_a_secret_that_somebody_typed() -> None:
    story = told_with(f"use {TOKEN}")
    (ref,) = story.state.tasks
    evidence = made(story)
    told = [run_report(evidence, {}), json.dumps(result_of(story, ref))]
    told += [document.model_dump_json() for document in (evidence.manifest, evidence.metrics, evidence.context)]
    assert not any(TOKEN in text for text in told)
    assert "‹secret: GitHub token›" in told[0]


def test_the_context_stays_small_however_large_the_run() -> None:
    context = made(many(400)).context
    assert len(context.model_dump_json(indent=2)) < 24_000
    assert context.omitted > 300
    assert len(context.next_steps) <= 13


def prefixes(story: Callable[[], Story], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[State, float]]:
    """The state after each event of a story."""
    states: list[tuple[State, float]] = []
    tell = Story.tell

    def kept(self: Story, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
        recorded = tell(self, event, after_s=after_s)
        states.append((self.state, self.now_s))
        return recorded

    monkeypatch.setattr(Story, "tell", kept)
    story()
    monkeypatch.undo()
    return iter(states)


@pytest.mark.parametrize("story", [shop, every_way, checked])
def test_whenever_a_document_changes_so_does_its_mark(
    story: Callable[[], Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a file that is behind would be taken for one that is not."""
    marks: dict[object, tuple[str, str]] = {}
    for state, _ in prefixes(story, monkeypatch):
        for run in state.runs:
            evidence = RunBook(run).evidence(state, BESIDE, 0.0, is_whole=False)
            text = evidence.manifest.model_dump_json() + evidence.context.model_dump_json()
            _same_mark_same_text(marks, run, run_mark(state, run), text + run_report(evidence, {}))
        for ref, task in state.tasks.items():
            asked = approvals_by_task(state, ref.run).get(ref, ())
            parts = task_parts(task, asked, BESIDE.card)
            result = task_result(task, parts, Changes(), (), mark="", now_s=0.0, has_log=True)
            _same_mark_same_text(marks, ref, task_mark(task, asked), result.model_dump_json())


def _same_mark_same_text(marks: dict[object, tuple[str, str]], key: RunId | TaskRef, mark: str, text: str) -> None:
    before = marks.get(key)
    if before is not None and before[0] == mark:
        assert before[1] == text
    marks[key] = mark, text


def test_what_did_not_change_is_not_made_again() -> None:
    story = many(40)
    run = next(iter(story.state.runs))
    book = RunBook(run)
    first = book.evidence(story.state, BESIDE, story.now_s).manifest.tasks
    ref = story.state.runs[run].tasks[0]
    story.tell(ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text="x"))
    second = book.evidence(story.state, BESIDE, story.now_s).manifest.tasks
    assert [one is other for one, other in zip(first, second, strict=True)] == [False, *[True] * 39]


class TestPaper:
    def test_columns_stand_below_each_other_also_with_wide_characters(self) -> None:
        lines = table(("task", "n"), [("日本語", "1"), ("plain", "20")], right=frozenset({1}))
        assert len({width(line) for line in lines}) == 1
        assert lines[1] == "| ------ | --: |"

    def test_a_fence_cannot_be_closed_from_inside(self) -> None:
        lines = block("````\nout")
        assert lines[0] == "`````text"
        assert lines[-1] == "`````"

    def test_code_with_ticks_and_bars(self) -> None:
        assert code("a `b` | c") == "``a `b` \\| c``"
        assert code("`x`") == "`` `x` ``"
        assert words("a|b <i> `x`") == "a\\|b \\<i> \\`x\\`"
