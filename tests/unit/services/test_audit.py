"""The audit file: complete, in order, in the form of its schema, and no burden to anybody."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Choice, Outcome
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.reducer import reduce_all
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import clean_line, is_clean
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.audit import Audit
from codex_orch_tui.services.audit_lines import lines_of
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.event_codec import decode
from codex_orch_tui.store.journal import Journal
from codex_orch_tui.store.layout import Layout
from tests.fakes.histories import every_way
from tests.fakes.json_schema import violations
from tests.fakes.states import Story

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "approvals"))


class Told:
    """The events of a story."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[ev.Recorded] = []
        tell = Story.tell

        def kept(story: Story, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
            recorded = tell(story, event, after_s=after_s)
            self.events.append(recorded)
            return recorded

        monkeypatch.setattr(Story, "tell", kept)
        every_way()
        monkeypatch.undo()


class Session:
    """A repository's state folder, opened."""

    def __init__(self, root: Path) -> None:
        (root / ".git").mkdir(exist_ok=True)
        self.layout = Layout(root, root / ".git")
        self.layout.create()
        self.journal, loaded = Journal.open(self.layout.journal)
        self._times = [0.0]
        state = reduce_all(State(), map(decode, loaded.records))
        self.hub = Hub(self.journal, state, clock=lambda: self._times[-1])
        self.audit = Audit(self.hub, self.layout)

    async def tell(self, *events: ev.Recorded) -> None:
        for recorded in events:
            self._times.append(recorded.at_s)
            self.hub.apply(recorded.event)
        await self.hub.flush()

    async def close(self) -> None:
        await self.audit.close()
        self.journal.close()


def lines(root: Path) -> list[dict[str, Any]]:
    found = list((root / ".orchestrator" / "runs").glob("*/approvals.jsonl"))
    return [json.loads(line) for file in found for line in file.read_text("utf-8").splitlines()]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[ev.Recorded]:
    return Told(monkeypatch).events


async def audited(root: Path, told: list[ev.Recorded]) -> list[dict[str, Any]]:
    session = Session(root)
    await session.tell(*told)
    await session.close()
    return lines(root)


async def test_every_line_is_as_the_schema_says(tmp_path: Path, told: list[ev.Recorded]) -> None:
    found = await audited(tmp_path, told)
    for line in found:
        assert list(violations(line, SCHEMA)) == [], line
    (file,) = (tmp_path / ".orchestrator" / "runs").glob("*/approvals.jsonl")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [line["seq"] for line in found] == sorted(line["seq"] for line in found)


async def test_each_question_and_each_command_is_followed_to_its_end(tmp_path: Path, told: list[ev.Recorded]) -> None:
    found = await audited(tmp_path, told)
    ran = {line["title"]: line["allowed_by"] for line in found if line["what"] == "ran"}
    assert ran == {
        "rg -n parse_query src": "sandbox",
        "pytest -q tests/test_search.py": "sandbox",
        "touch /home/ada/marks/done": "codex_rule",
        "make all": "not_known",
    }
    install = next(line for line in found if line.get("command", "").startswith("npm install"))
    life = [line for line in found if line.get("approval") == install["approval"]]
    assert [line["what"] for line in life] == ["asked", "shown", "decided", "sent", "followed"]
    assert life[1]["painted"] == "Run this?\n  $ npm install --save-dev supertest@7"
    assert (life[2]["by"], life[2]["choice"], life[2]["waited_ms"]) == ("you", "accept", 13_000)
    assert (life[4]["did_run"], life[4]["exit_code"]) == (True, 0)
    by_rule = next(line for line in found if line["what"] == "decided" and line["by"] == "rule")
    assert by_rule["rule"]["id"] == "npm-install"
    closed = next(line for line in found if line["what"] == "closed")
    assert (closed["outcome"], closed["cause"]) == (Outcome.EXPIRED, "the turn ended")


@pytest.mark.parametrize("torn", [b"", b'{"v":1,"seq":99,"at'])
async def test_what_a_kill_took_is_added_at_the_next_opening(
    tmp_path: Path, told: list[ev.Recorded], torn: bytes
) -> None:
    """For each length that the file could have: nothing is missing and nothing twice."""
    whole = await audited(tmp_path, told)
    (file,) = (tmp_path / ".orchestrator" / "runs").glob("*/approvals.jsonl")
    written = file.read_bytes().splitlines(keepends=True)
    for kept in range(0, len(written), 3):
        file.write_bytes(b"".join(written[:kept]) + torn)
        session = Session(tmp_path)
        ref = next(iter(session.hub.state.tasks))
        note = ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text="no line comes from this")
        await session.tell(ev.Recorded(seq=0, at_s=told[-1].at_s, event=note))
        await session.close()
        assert lines(tmp_path) == whole, kept


async def test_a_command_whose_rules_were_asked_about_late_is_told_once(
    tmp_path: Path, told: list[ev.Recorded]
) -> None:
    late = [each for each in told if isinstance(each.event, ev.CommandAllowed)]
    others = [each for each in told if not isinstance(each.event, ev.CommandAllowed)]
    found = await audited(tmp_path, [*others, *late])
    ran = [line["title"] for line in found if line["what"] in {"ran", "followed"}]
    assert len(ran) == len(set(ran)) + 1  # the one that an earlier answer allowed
    assert "touch /home/ada/marks/done" in ran


async def test_a_command_that_was_cut_off_is_told(tmp_path: Path, told: list[ev.Recorded]) -> None:
    is_begun = [isinstance(each.event, ev.ItemStarted) for each in told]
    first = is_begun.index(True) + 2  # begun, and Codex's rules were asked about
    ref = told[first - 1].event.ref  # type: ignore[union-attr]
    lost = ev.TaskInterrupted(ref=ref, cause="the program ended")
    found = await audited(tmp_path, [*told[:first], ev.Recorded(seq=0, at_s=told[first].at_s, event=lost)])
    assert [(line["what"], line["cut_off"], line["allowed_by"]) for line in found] == [("ran", True, "sandbox")]


async def test_a_file_that_cannot_be_written_holds_up_nobody_and_is_told_once(
    tmp_path: Path, told: list[ev.Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    from codex_orch_tui.services import audit

    real = audit.append_lines
    calls: list[Path] = []

    def full(path: Path, new: list[bytes]) -> None:
        calls.append(path)
        raise StoreError("cannot write: No space left on device")

    monkeypatch.setattr(audit, "append_lines", full)
    session = Session(tmp_path)
    half = len(told) // 2
    for recorded in told[:half]:
        await session.tell(recorded)
    assert session.audit._writing is not None
    await session.audit._writing
    assert len(calls) > 1
    notes = [note.text for task in session.hub.state.tasks.values() for note in task.notes]
    assert sum("the audit is not complete: cannot write: No space left" in note for note in notes) == 1
    monkeypatch.setattr(audit, "append_lines", real)
    await session.tell(*told[half:])
    await session.close()
    titles = {line["title"] for line in lines(tmp_path) if line["what"] in {"ran", "followed"}}
    assert {"rg -n parse_query src", "npm run build", "make all"} <= titles


async def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path, told: list[ev.Recorded]) -> None:
    session = Session(tmp_path)
    run = told[0].event.run  # type: ignore[union-attr]
    target = tmp_path / "elsewhere"
    session.layout.run_folder(run).mkdir(parents=True)
    session.layout.approvals(run).symlink_to(target)
    await session.tell(*told)
    await session.close()
    assert not target.exists()


def test_the_name_of_an_answer_is_clean_too() -> None:
    """An MCP server names the fields of its form."""
    story = Story()
    (task,) = story.run(["one"])
    story.start(task)
    approval = story.ask(task)
    name = "a\x9b2J\u202e\x1b]0;x\x07"
    decided = story.tell(
        ev.ApprovalDecided(ref=task, approval=approval, choice=Choice.ANSWER, answers={name: ("yes",)})
    )
    (line,) = lines_of(decided, story.state)
    assert is_clean(line.decode())
    assert json.loads(line)["answers"] == {clean_line(name): ["yes"]}
