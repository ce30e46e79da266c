"""What a shell is told when tab is pressed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import COMPLETION, run
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import encode_line
from tests.fakes.states import Story


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a repository with a run of two tasks, one of which asks."""
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    folder = tmp_path / ".orchestrator"
    folder.mkdir()
    story, records = Story(), []
    tell = story.tell
    story.tell = lambda event, *, after_s=0.0: records.append(tell(event, after_s=after_s)) or records[-1]  # type: ignore[method-assign]
    search, _auth = story.run(["Add search", "Fix auth"])
    story.start(search)
    story.ask(search)
    (folder / "journal.jsonl").write_bytes(b"".join(encode_line(encode(one)) for one in records))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str) -> list[str]:
    """What bash would offer after this line."""
    words = line.split()
    monkeypatch.setenv(COMPLETION, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - (not line.endswith(" "))))
    assert run([]) == ExitCode.DONE
    return [line.partition(",")[2] for line in capsys.readouterr().out.split("\n") if line]


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("codex-orch-tui mer", ["merge"]),
        ("codex-orch-tui approvals ", ["answer", "list", "show"]),
        ("codex-orch-tui wait --until ", ["asks", "idle", "done"]),
        ("codex-orch-tui merge --run-id ", ["1120-1240-0000"]),
        ("codex-orch-tui stop 1120-1240-0000/a", ["1120-1240-0000/add-search"]),
        ("codex-orch-tui approvals answer e", ["epoch-add-search:0"]),
        ("codex-orch-tui approvals answer nothing", []),
        ("codex-orch-tui --repo /nowhere merge --run-id ", []),
    ],
)
def test_commands_options_and_ids_are_completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, offered: list[str]
) -> None:
    assert completed(monkeypatch, capsys, line) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed_and_bash_can_read_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shell: str
) -> None:
    assert run(["completion", shell]) == ExitCode.DONE
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    assert COMPLETION in script.read_text()
    if shell == "bash":
        bash = shutil.which("bash")
        assert bash is not None
        subprocess.run([bash, "-n", script], check=True)


def test_help_loads_nothing_that_a_command_needs() -> None:
    """It has to be there before a person wonders whether it will come."""
    look = (
        "import sys; from codex_orch_tui.cli.main import run; run(['--help']); "
        "print([name for name in ('pydantic', 'asyncio', 'textual', 'rich', 'yaml', 'codex_orch_tui.domain.state') "
        "if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ended.stderr == "[]\n"
