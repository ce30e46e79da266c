"""`policy`: mistakes with their place, the shipped example, and rules tried on the journal."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import ApprovalRequest, Choice
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.policy.load import parse_rules
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.rule_files import FILE_NAME
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import encode_line
from tests.fakes.json_schema import violations
from tests.fakes.states import Story, command_request

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "policy_test"))
CHECK_SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "policy_check"))
LS = """rules:
  - id: ls
    kind: command
    program: ls
    args: [...]
    decision: accept
  - id: no-touch
    kind: command
    program: touch
    decision: decline
    reason: not here
"""


class Home:
    """A repository and the home of whoever works in it."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "shop"
        self.own = folder / "home" / ".config" / "codex-orch-tui" / FILE_NAME
        self.brought = self.repository / ".orchestrator" / "policy.yaml"
        for path in (self.own, self.brought):
            path.parent.mkdir(parents=True)

    def run(self, *arguments: str) -> int:
        return run(["--repo", str(self.repository), "policy", *arguments])

    def asked(self, *questions: tuple[str, Choice | None], days_ago: float = 1.0) -> None:
        """A journal in which these commands were asked for and answered so."""
        import time

        story = Story(time.time() - days_ago * 86_400)
        events: list[ev.Recorded] = []
        tell = story.tell

        def keep(event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
            events.append(tell(event, after_s=after_s))
            return events[-1]

        story.tell = keep  # type: ignore[method-assign]
        (ref,) = story.run(["A task"])
        story.start(ref)
        for number, (command, choice) in enumerate(questions):
            approval = story.ask(ref, request(story, ref, number, command))
            if choice is not None:
                story.answered(approval, choice)
        journal = self.brought.with_name("journal.jsonl")
        journal.write_bytes(b"".join(encode_line(encode(event)) for event in events))


def request(story: Story, ref: TaskRef, number: int, command: str) -> ApprovalRequest:
    from dataclasses import replace

    worktree = story.state.tasks[ref].worktree
    assert worktree is not None
    raw = json.dumps({"command": command, "cwd": worktree.path})
    return replace(command_request(story, ref, number=number, command=command), raw_json=raw)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    made = Home(tmp_path)
    subprocess.run(["git", "init", "-q", made.repository], check=True)
    return made


class TestCheck:
    def test_without_rules(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        assert home.run("check") == ExitCode.DONE
        assert "every question is for you" in capsys.readouterr().out

    def test_rules_in_force_and_rules_that_wait_for_trust(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        home.own.write_text(LS)
        home.brought.write_text(LS)
        assert home.run("check") == ExitCode.DONE
        theirs, mine = capsys.readouterr().out.splitlines()
        assert mine == f"{home.own}: 2 rules in force, nothing wrong"
        assert f"the rules of {home.brought} do not count" in theirs

    def test_every_mistake_has_its_file_line_and_key(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        home.own.write_text(LS.replace("decision: decline", "decison: decline"))
        assert home.run("check") == ExitCode.FAILED
        said = capsys.readouterr().out.splitlines()
        assert all(line.startswith(f"{home.own}:") for line in said)
        assert any(":10: no-touch.decison: " in line for line in said), said
        assert home.run("check", str(home.own)) == ExitCode.FAILED

    def test_a_file_by_its_name(self, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "some.yaml"
        assert home.run("check", str(file)) == ExitCode.NOT_USABLE
        file.write_text(LS)
        assert home.run("check", str(file)) == ExitCode.DONE
        assert f"{file}: 2 rules, nothing wrong" in capsys.readouterr().out

    def test_programs_read_what_the_schema_says(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        home.own.write_text(LS)
        home.brought.write_text(LS)
        for arguments, code, standing in (
            ((), ExitCode.DONE, [("repository", False, 0, False), ("user", True, 2, False)]),
            ((str(home.own),), ExitCode.DONE, [("user", True, 2, False)]),
            ((str(home.own.with_name("bad.yaml")),), ExitCode.FAILED, [("user", True, 0, True)]),
        ):
            home.own.with_name("bad.yaml").write_text("rules: 7\n")
            assert home.run("check", "--json", *arguments) == code
            document = json.loads(capsys.readouterr().out)
            assert list(violations(document, CHECK_SCHEMA)) == []
            assert document["ok"] is (code is ExitCode.DONE)
            found = [(one["where"], one["trusted"], one["rules"], bool(one["problems"])) for one in document["files"]]
            assert found == standing


def test_the_example_has_no_mistake(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert home.run("example") == ExitCode.DONE
    shown = capsys.readouterr().out
    loaded = parse_rules(Path("example.yaml"), shown.encode())
    assert loaded.problems == ()
    assert loaded.rules


class TestBackTest:
    def document(self, home: Home, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
        assert home.run("test", "--json", *options) == ExitCode.DONE
        document = json.loads(capsys.readouterr().out)
        assert list(violations(document, SCHEMA)) == []
        assert isinstance(document, dict)
        return document

    def test_what_the_rules_would_have_said(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        home.own.write_text(LS)
        home.asked(
            ("ls -l", Choice.ACCEPT), ("ls", Choice.DECLINE), ("touch x", Choice.DECLINE), ("cat x", Choice.ACCEPT),
            ("ls -a", None),
        )  # fmt: skip
        found = self.document(home, capsys)
        assert (found["questions"], found["answered"], found["disagreements"]) == (5, 4, 1)
        ls, touch = found["rules"]
        assert (ls["id"], ls["agreements"], ls["disagreements"], len(ls["answers"])) == ("ls", 1, 1, 3)
        assert (touch["id"], touch["agreements"], touch["file"]) == ("no-touch", 1, str(home.own))
        assert [answer["agrees"] for answer in ls["answers"]] == [True, False, None]
        assert home.run("test") == ExitCode.DONE
        said = capsys.readouterr().out.splitlines()
        assert "5 questions" in said[0]
        assert "would have answered 4 and left 1 to you; 1 otherwise than you did" in said[1]
        assert not any("/bin/bash" in line for line in said), "the command as it is read, not as it was sent"
        assert "≠" in said[said.index(next(line for line in said if line.startswith("ls (accept)"))) + 1]

    def test_older_questions_do_not_count(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        home.own.write_text(LS)
        home.asked(("ls", Choice.ACCEPT), days_ago=2)
        assert self.document(home, capsys, "--since", "47h")["questions"] == 0
        assert self.document(home, capsys, "--since", "3D")["questions"] == 1

    @pytest.mark.parametrize("since", ["", "7", "d", "-1d", "1y", "1.5d", "²d", "9999999d"])
    def test_a_span_that_is_none(self, home: Home, since: str) -> None:
        assert home.run("test", "--since", since) == ExitCode.NOT_USABLE

    def test_a_broken_file_is_told_and_ends_with_one(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        home.own.write_text("rules: 7\n")
        home.asked(("ls", Choice.ACCEPT))
        assert home.run("test") == ExitCode.FAILED
        assert f"{home.own}:1: rules: " in capsys.readouterr().out

    def test_nothing_is_written(self, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
        home.own.write_text(LS)
        home.asked(("ls", Choice.ACCEPT))
        files = {path: path.stat().st_mtime_ns for path in home.repository.parent.rglob("*")}
        self.document(home, capsys)
        assert {path: path.stat().st_mtime_ns for path in home.repository.parent.rglob("*")} == files
