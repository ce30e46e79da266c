"""`history` on a real journal: from the files only, for people and for programs."""

import json
import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain import events as ev
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import encode_line
from tests.fakes.histories import every_way
from tests.fakes.json_schema import violations
from tests.fakes.states import Story

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "history"))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose journal holds every way."""
    events: list[ev.Recorded] = []
    tell = Story.tell

    def kept(story: Story, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
        events.append(tell(story, event, after_s=after_s))
        return events[-1]

    monkeypatch.setattr(Story, "tell", kept)
    every_way()
    monkeypatch.undo()
    root = tmp_path / "shop-api"
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, timeout=20)
    folder = root / ".orchestrator"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes(b"".join(encode_line(encode(recorded)) for recorded in events))
    return root


def test_people_read_what_it_was_and_who_allowed_it(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--repo", str(repository), "history"]) == ExitCode.DONE
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Search endpoint  (1120-1240-0000/search-endpoint)"
    place = next(index for index, line in enumerate(told) if line.endswith("$ npm install --save-dev supertest@7"))
    assert told[place + 1].strip() == "accepted by you after 13s · exit 0"
    assert any(line.strip().startswith("declined by you after ") and line.endswith("; it did not run") for line in told)
    assert not any("did not run after" in line for line in told)
    assert told[-1].strip() == "waits for your answer"
    assert len(told) == 2 + 2 * 14


def test_programs_read_what_the_schema_says(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "--repo", str(repository), "--json"]) == ExitCode.DONE
    document = json.loads(capsys.readouterr().out)
    assert list(violations(document, SCHEMA)) == []
    by_title = {entry["title"]: entry for entry in document["entries"]}
    assert by_title["npm ci"]["question"]["rule"]["id"] == "npm-install"
    assert by_title["npm ci"]["question"]["by"] == "rule"
    assert by_title["touch /home/ada/marks/done"]["allowed_by"] == "codex_rule"
    assert by_title["npm run seed"]["did_run"] is False


def test_one_run_can_be_asked_for(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--run", "--run-id"):
        assert run(["history", "--repo", str(repository), "--json", option, "1120-1240"]) == ExitCode.DONE
        assert len(json.loads(capsys.readouterr().out)["entries"]) == 14
        assert run(["history", "--repo", str(repository), option, "nope"]) == ExitCode.NOT_USABLE
        assert "there is no run 'nope'; the newest is 1120-1240-0000" in capsys.readouterr().err


def test_without_a_history_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True, timeout=20)
    assert run(["--repo", str(tmp_path), "history"]) == ExitCode.DONE
    assert capsys.readouterr().out == "nothing was asked and no command has run\n"
