"""`status` on real journals and real repositories: from the files only, for people and for programs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.cli.plain_tree import status_lines
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import ApprovalKind, Choice, Outcome
from codex_orch_tui.domain.item import FaultKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import encode_line
from codex_orch_tui.store.lock import Holder, RepositoryLock
from tests.fakes.json_schema import violations
from tests.fakes.states import NOT_LOGGED_IN, NOW_S, Story, command_request

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "status"))


class Recording(Story):
    """A story that keeps its events."""

    def __init__(self) -> None:
        self.events: list[ev.Recorded] = []
        super().__init__()

    def tell(self, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
        recorded = super().tell(event, after_s=after_s)
        self.events.append(recorded)
        return recorded


def shop() -> Recording:
    """A task at work, one that asks, one to review, one that failed, one that waits, one that is merged."""
    story = Recording()
    search, auth, docs, log, later, done = story.run(
        ["Add search", "Fix auth", "Fix a typo", "日本語のログ", "Rate limits", "Old work"], title="Shop"
    )
    for ref in (search, auth, docs, log, done):
        story.start(ref)
    story.answered(story.ask(search))
    story.ask(auth, command_request(story, auth, number=1, command="npm install --save-dev supertest@7"))
    story.finish(docs, answer="The typo is gone.\nNothing else was touched.")
    story.fail(log, NOT_LOGGED_IN)
    story.finish(done)
    story.merge(done)
    assert later in story.state.tasks
    return story


def seen(story: Story, *, held: bool = True, notes: tuple[str, ...] = ()) -> SeenState:
    holder = Holder(pid=4711, host="box", started_at_s=NOW_S) if held else None
    return SeenState(root=Path("/srv/shop-api"), state=story.state, holder=holder, notes=notes)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """A git repository with one commit."""
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True)
    yield tmp_path


def write_journal(repository: Path, story: Recording) -> Path:
    journal = repository / ".orchestrator" / "journal.jsonl"
    journal.parent.mkdir(exist_ok=True)
    journal.write_bytes(b"".join(encode_line(encode(event)) for event in story.events))
    return journal


def document_of(repository: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(["--repo", str(repository), "status", "--json"]) == ExitCode.DONE
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_repo_is_taken_after_the_command_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--repo", str(tmp_path)]) == ExitCode.NOT_USABLE
    assert str(tmp_path) in capsys.readouterr().err


class TestForPeople:
    def test_every_task_has_its_line(self) -> None:
        lines = status_lines(seen(shop()), NOW_S + 600)
        text = "\n".join(lines)
        assert lines[0] == "shop-api · /srv/shop-api"
        assert "open in process 4711 on box" in lines[1]
        assert lines[2] == "1 working · 1 needs you · 1 to review · 1 queued · 1 stopped · 1 merged"
        for word in ("● working", "! asks", "✓ review", "✗ failed", "◌ queued", "✔ merged"):
            assert word in text
        assert "asks: $ npm install --save-dev supertest@7  (waits " in text
        assert "1 accepted" in text
        assert "The typo is gone." in text
        assert f"{NOT_LOGGED_IN.message} → {NOT_LOGGED_IN.next_step}" in text

    def test_columns_stand_below_each_other_also_with_wide_characters(self) -> None:
        story = shop()
        lines = status_lines(seen(story), NOW_S + 600)
        branches = [task.worktree.branch for task in story.state.tasks.values() if task.worktree]
        starts = {
            sum(2 if ord(char) > 0x2E80 else 1 for char in line[: line.index(branch)])
            for branch in branches
            for line in lines
            if branch in line
        }
        assert len(starts) == 1

    def test_without_a_program_nothing_is_said_to_be_at_work(self) -> None:
        text = "\n".join(status_lines(seen(shop(), held=False), NOW_S + 600))
        assert "working" not in text
        assert text.count("cut off  ") == 3
        assert "(the question is gone)" in text
        assert "3 tasks were cut off when the program ended" in text

    def test_nothing_of_a_worker_reaches_the_terminal_raw(self) -> None:
        story = Recording()
        (ref,) = story.run(["Evil \x1b]52;c;aGk=\x07 title \x9b31m \u202e"])
        story.start(ref)
        story.ask(ref, command_request(story, ref, command="printf '\x1b[2J'\n\x07"))
        text = "".join(status_lines(seen(story, notes=("\x1bc",)), NOW_S))
        assert text.isprintable()

    def test_an_empty_repository_says_what_to_do(self) -> None:
        assert "No tasks yet" in "\n".join(status_lines(seen(Recording()), NOW_S))


class TestForPrograms:
    def test_the_fields_that_others_rely_on(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        story = shop()
        story.tell(ev.RateLimitsUpdated(used_percent=80))
        write_journal(repository, story)
        document = document_of(repository, capsys)
        assert list(violations(document, SCHEMA)) == []
        assert document["schema_version"] == 1
        assert document["counts"] == {
            "working": 1,
            "needs_you": 1,
            "to_review": 1,
            "queued": 1,
            "stopped": 1,
            "merged": 1,
        }
        (shown,) = document["runs"]
        search, auth, docs, failed, later, merged = shown["tasks"]
        assert [task["state"] for task in shown["tasks"]] == [
            "running", "waiting_approval", "done", "failed", "queued", "merged",
        ]  # fmt: skip
        assert search["cut_off"] is True
        assert docs["cut_off"] is False
        assert search["approvals"][0]["outcome"] == "accepted"
        assert auth["approvals"][0]["command"] == "npm install --save-dev supertest@7"
        assert auth["approvals"][0]["outcome"] == "pending"
        assert docs["answer"].startswith("The typo is gone.")
        assert failed["fault"]["kind"] == "not_logged_in"
        assert later["branch"] is None
        assert merged["merged_as"] == merged["tip"]

    def test_it_is_found_from_a_subfolder_and_names_who_has_it_open(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_journal(repository, shop())
        below = repository / "src"
        below.mkdir()
        with RepositoryLock.acquire(repository / ".git" / "codex-orch.lock", repository / ".orchestrator" / "lock"):
            document = document_of(below, capsys)
        assert list(violations(document, SCHEMA)) == []
        assert document["open_in"]["pid"] == os.getpid()
        assert document["runs"][0]["tasks"][0]["cut_off"] is False
        assert document["repository"] == str(repository.resolve())

    def test_a_repository_that_was_never_opened(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert document_of(repository, capsys)["runs"] == []
        assert not (repository / ".orchestrator").exists(), "a look leaves nothing behind"


class TestBadState:
    def test_a_damaged_journal_shows_what_is_good(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        journal = write_journal(repository, shop())
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(lines[:5]) + b"\x00garbage\n" + b"".join(lines[5:]))
        before = journal.read_bytes()
        document = document_of(repository, capsys)
        assert len(document["runs"]) == 1
        assert "damaged" in document["notes"][0]
        assert journal.read_bytes() == before

    def test_a_newer_journal_is_told(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        journal = write_journal(repository, Recording())
        journal.write_bytes(encode_line(b'{"v":9,"seq":1,"ts":1.0,"type":"FromTomorrow","data":{}}'))
        assert run(["--repo", str(repository), "status"]) == ExitCode.FAILED
        assert "schema 9; this program knows up to 1" in capsys.readouterr().err

    def test_an_event_that_is_not_known_is_passed_over_and_told(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        story = shop()
        journal = write_journal(repository, story)
        with journal.open("ab") as file:
            file.write(encode_line(b'{"v":1,"seq":999,"ts":1.0,"type":"FromTomorrow","data":{}}'))
        document = document_of(repository, capsys)
        assert "FromTomorrow" in document["notes"][0]
        assert len(document["runs"][0]["tasks"]) == 6

    def test_a_symlink_in_the_place_of_the_journal_is_not_followed(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        journal = write_journal(repository, shop())
        journal.rename(repository / "elsewhere")
        journal.symlink_to(repository / "elsewhere")
        assert run(["--repo", str(repository), "status"]) == ExitCode.FAILED
        assert "journal.jsonl" in capsys.readouterr().err


def test_a_locale_without_our_signs_gets_ascii(repository: Path) -> None:
    story = shop()
    (ref, *_) = story.state.tasks
    story.tell(ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text="x"))
    write_journal(repository, story)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    shown = subprocess.run(
        [sys.executable, "-m", "codex_orch_tui", "--repo", repository, "status"],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert shown.stdout.isascii()
    assert b"* cut off" in shown.stdout
    assert b"\\u65e5" in shown.stdout


def test_a_choice_that_was_never_sent_is_in_the_document(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = Recording()
    (ref,) = story.run(["One"])
    story.start(ref)
    asked = story.ask(ref)
    story.tell(ev.ApprovalDecided(ref=ref, approval=asked, choice=Choice.ACCEPT))
    write_journal(repository, story)
    (approval,) = document_of(repository, capsys)["runs"][0]["tasks"][0]["approvals"]
    assert (approval["outcome"], approval["choice"]) == ("pending", "accept")


def test_the_schema_knows_every_state_that_a_task_or_an_approval_can_have() -> None:
    task = SCHEMA["properties"]["runs"]["items"]["properties"]["tasks"]["items"]["properties"]
    asked = task["approvals"]["items"]["properties"]
    assert task["state"]["enum"] == [state.value for state in TaskState]
    assert task["fault"]["properties"]["kind"]["enum"] == [kind.value for kind in FaultKind]
    assert asked["kind"]["enum"] == [kind.value for kind in ApprovalKind]
    assert asked["outcome"]["enum"] == [outcome.value for outcome in Outcome]
    assert asked["choice"]["enum"] == [*(choice.value for choice in Choice), None]
