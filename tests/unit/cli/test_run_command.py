"""`run`, `task`, `resume` and the others that act: what is refused before anything begins, and in which words."""

import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain.plan import Role, SandboxMode
from codex_orch_tui.domain.role import BUILT_IN
from codex_orch_tui.domain.typed_task import plan_of_text, plan_to_plan
from codex_orch_tui.services.commands import sender
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.store.event_codec import SCHEMA_VERSION
from codex_orch_tui.store.journal_file import encode_line
from codex_orch_tui.store.lock import RepositoryLock
from tests.fakes.recorded import RecordedStory

Said = Callable[[], str]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a repository with one commit. No worker may be started in it."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True)

    def refuse(*_: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(CodexConnector, "connect", refuse)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What a refused command says: nothing on stdout, and what on stderr."""

    def both() -> str:
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith(("codex-orch-tui", "Usage: "))
        return shown.err

    return both


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["status", "--json"], ["history", "--json"], ["run", "x", "--headless"], ["run", "x"], ["init"], []],
    ids=" ".join,
)
def test_a_repository_at_a_path_that_is_not_utf8_is_refused_in_one_sentence(
    repository: Path, said: Said, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = repository / os.fsdecode(b"caf\xe9")
    subprocess.run(["git", "clone", "-q", repository, moved], check=True, capture_output=True)
    monkeypatch.chdir(moved)
    assert run(arguments) == ExitCode.NOT_USABLE
    told = said()
    assert told.startswith(f"codex-orch-tui: the path {repository}/caf\\xe9 is not UTF-8 (byte 0xe9) → rename")
    assert told.count("\n") == 1
    assert not (moved / ".orchestrator").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run"], "write what to do"),
        (["run", "x", "--plan-file", "p.yaml"], "one of them"),
        (["run", "--plan-file", "p.yaml", "--plan"], "do not go together"),
        (["run", "x", "--approve-plan"], "--approve-plan goes with --plan"),
        (["run", "x", "--plan", "--approve-plan"], "goes with --headless"),
        (["run", "x", "--json"], "--json goes with --headless"),
        (["run", "  ", "--headless"], "the text is empty"),
        (["run", "x" * 100_001, "--headless"], "longer than 100,000 characters"),
        (["task", "x"], "--role"),
        (["task", "--role", "testr", "x", "--headless"], "did you mean tester?"),
        (["run", "x", "--headless", "--spec-file", "missing.md"], "missing.md: there is no such file"),
        (["run", "x", "--headless", "--spec-file", "."], "is a folder"),
        (["run", "x", "--headless", "--base", "nobranch"], "--base: there is no branch 'nobranch' here\n"),
        (["run", "x", "--base", "mian"], "--base: there is no branch 'mian' here; did you mean main?\n"),
        (["task", "--role", "tester", "x", "--headless", "--base", "\x1b"], "--base: there is no branch"),
        (["run", "--plan-file", "missing.yaml", "--headless"], "missing.yaml: there is no such file"),
        (["resume", "--run-id", "1", "--headless"], "there is no run '1'; there is no run here yet"),
        (["merge", "--run-id", "1"], "there is no run '1'"),
        (["wait", "--until", "never"], "never"),
        (["message", "x", "hello"], "there is no task 'x'"),
        (["stop", "\x1b[31m"], "there is no task"),
        (["approvals", "show", "x"], "there is no question 'x'"),
    ],
)
def test_wrong_use_is_told_before_anything_is_touched(
    repository: Path, said: Said, arguments: list[str], told: str
) -> None:
    assert run(arguments) == ExitCode.NOT_USABLE
    words = said()
    assert told in words and "\x1b" not in words
    assert not (repository / ".orchestrator").exists()


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (
            "tasks: [{id: a, role: implementer, prompt: x, depends_on: [b]}]",
            "plan.yaml:1: a.depends_on[0]: there is no task",
        ),
        ("tasks:\n  - {id: a, role: nobody, prompt: x}", "plan.yaml:2: a.role: there is no role"),
        ("tasks:\n  - {id: a, role: implementer, prompt: x, colour: red}", "plan.yaml:2: "),
        ("a: &a [x]\nb: &b [*a, *a]\n", "plan.yaml:"),
        ("tasks: 1", "plan.yaml:1: tasks"),
    ],
)
def test_a_broken_plan_names_file_line_and_field(repository: Path, said: Said, plan: str, told: str) -> None:
    (repository / "plan.yaml").write_text(plan)
    assert run(["run", "--plan-file", "plan.yaml", "--headless"]) == ExitCode.NOT_USABLE
    assert told in said()
    assert not (repository / ".orchestrator").exists()


def test_broken_settings_name_file_line_and_key(repository: Path, said: Said) -> None:
    folder = repository / ".orchestrator"
    folder.mkdir()
    (folder / "orchestrator.yaml").write_text("theme: calm-dark\nmax_workers: many\n")
    assert run(["run", "x", "--headless"]) == ExitCode.NOT_USABLE
    assert f"{folder / 'orchestrator.yaml'}:2: max_workers" in said()


def test_without_home_it_is_said_before_any_worker_starts(
    repository: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    code = run(["run", "x", "--headless"])
    assert code in {ExitCode.FAILED, ExitCode.NOT_USABLE}
    assert "HOME" in said()


def test_a_message_that_nobody_can_take_says_why(repository: Path, said: Said) -> None:
    story = RecordedStory()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    story.finish(ref)
    story.merge(ref)
    story.write(repository)
    assert run(["message", str(ref), "hello"]) == ExitCode.FAILED
    assert said() == "codex-orch-tui: Add search takes no message: it is merged\n"


def test_a_detached_head_needs_a_branch(repository: Path, said: Said) -> None:
    subprocess.run(["git", "checkout", "-q", "--detach"], check=True)
    assert run(["run", "x", "--headless"]) == ExitCode.FAILED
    assert "--base BRANCH" in said()


@pytest.mark.parametrize("arguments", [["run", "x"], ["run", "x", "--plan"]])
def test_the_screen_needs_a_terminal(repository: Path, said: Said, arguments: list[str]) -> None:
    assert run(arguments) == ExitCode.NO_TERMINAL
    assert "needs a terminal" in said()
    assert not (repository / ".orchestrator").exists()


def test_a_journal_of_a_newer_program_names_both_versions_and_stays(repository: Path, said: Said) -> None:
    folder = repository / ".orchestrator"
    folder.mkdir()
    newer = {"v": SCHEMA_VERSION + 1, "seq": 1, "ts": 1.0, "type": "SessionOpened", "data": {}}
    kept = encode_line(json.dumps(newer, separators=(",", ":")).encode())
    (folder / "journal.jsonl").write_bytes(kept)
    for command in (["run", "x", "--headless"], ["approvals", "list"], ["wait", "--until", "idle"]):
        assert run(command) == ExitCode.FAILED
        words = said()
        assert f"schema {SCHEMA_VERSION + 1}" in words and f"up to {SCHEMA_VERSION}" in words
        assert (folder / "journal.jsonl").read_bytes() == kept


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 100, b'{"e": {"v":1,'], ids=["empty", "binary", "cut"])
def test_a_damaged_journal_does_not_keep_a_question_from_being_listed(
    repository: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    folder = repository / ".orchestrator"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes(content)
    assert run(["approvals", "list"]) == ExitCode.DONE
    assert capsys.readouterr().out == "No question waits for you.\n"
    assert run(["wait", "--until", "asks", "--timeout", "0"]) == ExitCode.WAITING


def test_a_holder_that_does_not_answer_is_named(repository: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program has the lock, and reads no commands: nothing is done, and nothing is left for later."""
    monkeypatch.setattr(sender, "REPLY_S", 0.2)
    (repository / ".orchestrator").mkdir()
    with RepositoryLock.acquire(repository / ".orchestrator" / "lock"):
        (repository / ".orchestrator" / "inbox").mkdir()
        assert run(["run", "x", "--headless"]) == ExitCode.FAILED
    assert f"process {os.getpid()}" in said()
    assert [path for path in (repository / ".orchestrator" / "inbox").rglob("*") if path.is_file()] == []


def test_text_is_read_from_standard_input(repository: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    class Bytes:
        buffer = io.BytesIO(b"caf\xe9")

    monkeypatch.setattr("sys.stdin", Bytes)
    assert run(["run", "-", "--headless"]) == ExitCode.NOT_USABLE
    assert "standard input is not UTF-8: byte 0xe9 at 3" in said()


# -- what a sentence becomes ------------------------------------------------------------------------------------------


def test_a_typed_task_has_its_roles_settings_and_no_secret_in_its_name() -> None:
    token = "ghp_" + "a1B2" * 9
    plan = plan_of_text(f"  Review {token}\nall of it  ", BUILT_IN[Role.REVIEWER], model="m", spec="s")
    (task,) = plan.tasks
    assert (task.role, task.sandbox, task.model, plan.spec) == (Role.REVIEWER, SandboxMode.READ_ONLY, "m", "s")
    assert task.prompt.startswith("Review") and task.prompt.endswith("all of it")
    assert token not in task.title and token.lower() not in task.id


def test_a_plan_that_is_planned_first_is_a_reading_navigators() -> None:
    (task,) = plan_to_plan("Do it", BUILT_IN[Role.NAVIGATOR]).tasks
    assert (task.role, task.sandbox, task.checked_answer) == (Role.NAVIGATOR, SandboxMode.READ_ONLY, True)
