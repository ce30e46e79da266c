"""`report` on real journals: from the files, or from the journal where they are not there or behind."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.evidence.on_disk import rebuilt, write_documents
from codex_orch_tui.services.evidence.run_evidence import Beside
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import encode_line
from codex_orch_tui.store.layout import Layout
from tests.fakes.states import Story, shop

FIRST, SECOND = RunId("1120-1240-0000"), RunId("1120-1240-0001")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> tuple[Story, list[ev.Recorded]]:
    """A story of three runs, and its events."""
    events: list[ev.Recorded] = []
    tell = Story.tell

    def kept(story: Story, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
        events.append(tell(story, event, after_s=after_s))
        return events[-1]

    monkeypatch.setattr(Story, "tell", kept)
    story = shop()
    monkeypatch.undo()
    return story, events


@pytest.fixture
def repository(tmp_path: Path, told: tuple[Story, list[ev.Recorded]]) -> Path:
    root = tmp_path / "shop-api"
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, timeout=20)
    folder = root / ".orchestrator"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes(b"".join(encode_line(encode(recorded)) for recorded in told[1]))
    return root


def write_evidence(repository: Path, story: Story) -> Layout:
    """The files as the program would have written them."""
    layout = Layout(repository, repository / ".git")
    made = rebuilt(layout, story.state, FIRST, Beside(repository=str(repository), card={}), story.now_s)
    write_documents(layout, FIRST, made)
    return layout


def test_without_files_it_is_made_from_the_journal_and_nothing_is_written(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (repository / ".orchestrator", repository / ".orchestrator" / "journal.jsonl"):
        path.chmod(0o555)
    before = sorted(os.walk(repository / ".orchestrator"))
    assert run(["--repo", str(repository), "report", "--run-id", FIRST]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert printed.startswith("# Add product search\n\n4 tasks: 1 working, 1 asks, 1 to review, 1 queued.")
    assert "## What is left" in printed
    assert sorted(os.walk(repository / ".orchestrator")) == before
    (repository / ".orchestrator").chmod(0o755)


def test_the_newest_run_without_an_id(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--repo", str(repository)]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("# Health endpoint\n")


def test_the_file_is_printed_as_it_stands_as_long_as_it_tells_the_truth(
    repository: Path, told: tuple[Story, list[ev.Recorded]], capsys: pytest.CaptureFixture[str]
) -> None:
    story = told[0]
    layout = write_evidence(repository, story)
    with layout.run_report(FIRST).open("a") as file:
        file.write("by hand \x1b[31m\n")
    assert run(["--repo", str(repository), "report", "--run-id", FIRST]) == ExitCode.DONE
    assert capsys.readouterr().out.endswith("by hand ␛[31m\n")
    ref = story.state.runs[FIRST].tasks[0]
    late = ev.Recorded(
        seq=story.state.seq + 1, at_s=story.now_s, event=ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text="x")
    )
    with layout.journal.open("ab") as file:
        file.write(encode_line(encode(late)))
    assert run(["--repo", str(repository), "report", "--run-id", FIRST]) == ExitCode.DONE
    assert "by hand" not in capsys.readouterr().out


def test_a_link_in_the_place_of_the_report_is_not_followed(
    repository: Path, told: tuple[Story, list[ev.Recorded]], capsys: pytest.CaptureFixture[str]
) -> None:
    layout = write_evidence(repository, told[0])
    elsewhere = repository / "elsewhere"
    elsewhere.write_text("another text\n")
    layout.run_report(FIRST).unlink()
    layout.run_report(FIRST).symlink_to(elsewhere)
    assert run(["--repo", str(repository), "report", "--run-id", FIRST]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("# Add product search")


@pytest.mark.parametrize("with_files", [True, False])
def test_programs_get_the_manifest(
    repository: Path, told: tuple[Story, list[ev.Recorded]], capsys: pytest.CaptureFixture[str], with_files: bool
) -> None:
    if with_files:
        write_evidence(repository, told[0])
    assert run(["--repo", str(repository), "report", "--run-id", FIRST, "--json"]) == ExitCode.DONE
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(read_resource(ResourceKind.SCHEMAS, "manifest.schema"))).validate(document)
    assert [task["state"] for task in document["tasks"]] == ["running", "waiting_approval", "done", "queued"]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_of_a_run_that_is_not_known_the_nearest_is_named(
    repository: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert run(["--repo", str(repository), "report", "--run-id", "1120-1240-0010x", *options]) == ExitCode.NOT_USABLE
    captured = capsys.readouterr()
    assert "1120-1240-00" in captured.err
    assert "did you mean" in captured.err
    assert captured.out == ""


def test_where_there_is_no_run_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True, timeout=20)
    assert run(["--repo", str(tmp_path), "report"]) == ExitCode.NOT_USABLE
    assert "there is no run yet" in capsys.readouterr().err
    assert not (tmp_path / ".orchestrator").exists()
