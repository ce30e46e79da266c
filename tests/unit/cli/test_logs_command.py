"""`logs`: the readable log and the raw one, from the files only; a task is named as a person would."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.item import ItemKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.store.journal_file import encode_line
from codex_orch_tui.store.layout import task_files
from codex_orch_tui.store.lock import RepositoryLock
from tests.fakes.json_schema import violations
from tests.fakes.recorded import RecordedStory, newer, run_of_story, says, write_raw

SECRET = "ghp_" + "a1B2" * 9


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True, timeout=30)
    return tmp_path


def told(repository: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert run(["--repo", str(repository), "logs", *arguments]) == ExitCode.DONE
    return capsys.readouterr().out.splitlines()


def refused(repository: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["--repo", str(repository), "logs", *arguments]) == ExitCode.NOT_USABLE
    return capsys.readouterr().err


def one_task(repository: Path, *lines: bytes) -> RecordedStory:
    story = RecordedStory()
    (ref,) = story.run(["Search endpoint"])
    story.start(ref)
    story.item(ref, ItemKind.COMMAND, "pytest -q")
    story.tell(ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text="a note of ours"), after_s=5)
    story.finish(ref)
    story.write(repository)
    write_raw(repository, ref, *(lines or (says("hello there\nsecond line", story.events[0].at_s),)))
    return story


def test_the_readable_log_with_our_notes(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one_task(repository)
    lines = told(repository, capsys)
    said = next(at for at, line in enumerate(lines) if "hello there" in line)
    assert lines[said + 1] == " " * 12 + "second line"
    assert any("a note of ours" in line for line in lines[said:])
    assert told(repository, capsys, "--lines", "0") == lines
    assert told(repository, capsys, "--lines", "2") == lines[-2:]


@pytest.mark.parametrize("titles", [["One"], ["One", "Two"]])
def test_an_object_is_told_as_what_it_says_only_where_answers_are_checked(
    repository: Path, capsys: pytest.CaptureFixture[str], titles: list[str]
) -> None:
    story = RecordedStory()
    ref, *others = story.run(titles)
    story.start(ref)
    story.finish(ref)
    story.write(repository)
    write_raw(repository, ref, says('{"summary": "It is there."}', story.events[0].at_s))
    lines = "\n".join(told(repository, capsys, ref.task))
    assert ('{"summary"' in lines) is not bool(others), "the answers of a run of several tasks are checked"
    assert "It is there." in lines


def test_json_a_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one_task(repository)
    entries = [json.loads(line) for line in told(repository, capsys, "--json")]
    schema = json.loads(read_resource(ResourceKind.SCHEMAS, "log"))
    assert [told for entry in entries for told in violations(entry, schema)] == []
    assert schema["properties"]["kind"]["enum"] == [kind.value for kind in LogKind]
    assert any(entry["text"].startswith("hello there") and entry["kind"] == "message" for entry in entries)
    assert "--raw is JSON already" in refused(repository, capsys, "--raw", "--json")


@pytest.mark.parametrize("how", [("--raw",), ("--raw", "--lines", "0"), (), ("--json",)])
def test_no_secret_and_nothing_that_a_terminal_obeys(
    repository: Path, capsys: pytest.CaptureFixture[str], how: tuple[str, ...]
) -> None:
    evil = says(f"the token is {SECRET} \x1b]52;c;aGk=\x07 \u202e", 1_763_642_400.0)
    one_task(repository, evil, b"not json \x1b[2J \xff\n")
    text = "\n".join(told(repository, capsys, *how))
    assert SECRET not in text
    assert "the token is" in text
    assert all(char.isprintable() or char == "\n" for char in text)


def test_raw_is_what_codex_wrote_also_a_very_long_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = says("x y " * 200_000, 1_763_642_400.0)
    one_task(repository, says("before", 1_763_642_399.0), long, says("after", 1_763_642_401.0))
    for how in (("--raw",), ("--raw", "--lines", "0")):
        lines = told(repository, capsys, *how)
        assert [json.loads(line)["params"]["item"]["text"][:6] for line in lines] == ["before", "x y x ", "after"]
        assert len(lines[1]) == len(long) - 1
    assert [
        json.loads(line)["params"]["item"]["text"] for line in told(repository, capsys, "--raw", "--lines", "1")
    ] == ["after"]


def test_the_whole_of_a_long_log_is_in_order(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_s = 1_763_642_400.0
    story = one_task(repository, *(says(f"line {number} " + "x" * 300, start_s + number) for number in range(3_000)))
    ref = next(iter(story.state.tasks))
    lines = told(repository, capsys, "--lines", "0")
    numbers = [int(line.split("line ")[1].split()[0]) for line in lines if "“ line " in line]
    assert numbers == list(range(3_000))
    assert sum("a note of ours" in line for line in lines) == 1
    assert told(repository, capsys, str(ref.task), "--lines", "1500") == lines[-1_500:]


class TestNames:
    def test_of_several_one_has_to_be_named(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        story = RecordedStory()
        search, docs = story.run(["Search", "Docs"])
        (again,) = story.run(["Search again"])
        story.write(repository)
        for ref, text in ((search, "old"), (docs, "docs"), (again, "new")):
            write_raw(repository, ref, says(text, story.now_s))
        assert "new" in told(repository, capsys)[0]
        assert "docs" in told(repository, capsys, "docs")[0]
        assert "docs" in told(repository, capsys, f"{docs.run}/docs")[0]
        assert "docs" in told(repository, capsys, "do", "--run", docs.run)[0]
        assert "has 2 tasks → name one: search, docs" in refused(repository, capsys, "--run", docs.run)
        assert "did you mean" in refused(repository, capsys, "serch")
        assert "did you mean" in refused(repository, capsys, "--run", docs.run[:-1] + "7")

    def test_nothing_there(self, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert "no task here yet" in refused(repository, capsys)
        assert not (repository / ".orchestrator").exists(), "a look leaves nothing behind"

    def test_a_task_without_a_log_yet(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        story = RecordedStory()
        story.run(["Search"])
        story.write(repository)
        assert told(repository, capsys) == []
        assert told(repository, capsys, "--raw") == []


@pytest.mark.parametrize("how", [(), ("--raw",), ("--lines", "0"), ("--follow",)])
def test_a_log_that_cannot_be_read_is_one_sentence(
    repository: Path, capsys: pytest.CaptureFixture[str], how: tuple[str, ...]
) -> None:
    story = one_task(repository)
    raw = task_files(repository / ".orchestrator" / "runs" / run_of_story(story), next(iter(story.state.tasks)).task)
    raw.events.rename(raw.folder / "elsewhere")
    raw.events.symlink_to("elsewhere")
    assert run(["--repo", str(repository), "logs", *how]) == ExitCode.FAILED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert f"cannot open {raw.events}: Too many levels of symbolic links → check what lies there" in shown.err


def test_a_lock_that_cannot_be_looked_at_is_one_sentence(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = RecordedStory()
    (ref,) = story.run(["Search"])
    story.start(ref)
    story.write(repository)
    (repository / ".orchestrator" / "lock").symlink_to("elsewhere")
    assert run(["--repo", str(repository), "logs", "--follow"]) == ExitCode.FAILED
    assert f"cannot open {repository}/.orchestrator/lock: " in capsys.readouterr().err


def test_a_journal_of_a_newer_program_is_one_sentence(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = one_task(repository)
    ref = next(iter(story.state.tasks))
    about = b'"data":{"ref":["%s","%s"]' % (ref.run.encode(), ref.task.encode())
    record = newer(story.events[-1].seq + 1).replace(b'"data":{', about)
    journal = repository / ".orchestrator" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + encode_line(record))
    assert run(["--repo", str(repository), "logs"]) == ExitCode.FAILED
    assert "install a newer codex-orch-tui" in capsys.readouterr().err


class TestFollow:
    def test_it_goes_on_until_the_task_ends(self, repository: Path) -> None:
        story = RecordedStory()
        (ref,) = story.run(["Search"])
        story.start(ref)
        story.write(repository)
        raw = write_raw(repository, ref, says("first", story.now_s))
        with RepositoryLock.acquire(repository / ".git" / "codex-orch.lock", repository / ".orchestrator" / "lock"):
            process = follow(repository)
            assert process.stdout is not None
            seen = [process.stdout.readline()]
            while "first" not in seen[-1]:
                seen.append(process.stdout.readline())
            for number in range(3):
                with raw.open("ab") as file:
                    file.write(says(f"more {number}", story.now_s + 1))
                while f"more {number}" not in seen[-1]:
                    seen.append(process.stdout.readline())
            with raw.open("ab") as file:
                file.write(says("the last words", story.now_s + 2))
            story.finish(ref)
            story.write(repository)
            rest, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "the last words" in rest

    def test_where_nobody_works_it_ends_at_once(self, repository: Path) -> None:
        story = RecordedStory()
        (ref,) = story.run(["Search"])
        story.start(ref)
        story.write(repository)
        write_raw(repository, ref, says("first", story.now_s))
        out, _ = follow(repository).communicate(timeout=20)
        assert "first" in out

    def test_a_reader_that_goes_away_ends_it(self, repository: Path) -> None:
        story = RecordedStory()
        (ref,) = story.run(["Search"])
        story.start(ref)
        story.write(repository)
        raw = write_raw(repository, ref, says("first", story.now_s))
        with RepositoryLock.acquire(repository / ".git" / "codex-orch.lock", repository / ".orchestrator" / "lock"):
            process = follow(repository)
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.close()
            ended = threading.Event()

            def write_on() -> None:
                while not ended.wait(0.05):
                    with raw.open("ab") as file:
                        file.write(says("more", story.now_s + 1))

            writer = threading.Thread(target=write_on)
            writer.start()
            try:
                assert process.wait(20) == ExitCode.PIPE_CLOSED
            finally:
                ended.set()
                writer.join()


def follow(repository: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "codex_orch_tui", "--repo", str(repository), "logs", "--follow"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
