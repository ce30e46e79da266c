"""`clean` and `prune` on the command line: words, the document, ages, refusals."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codex_orch_tui.cli.clean import seconds
from codex_orch_tui.cli.cleaned import cleaned_lines, tell_cleaned
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.domain.cleaning import Cleaned, Kept, Part, Removed
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.resources import ResourceKind, read_resource
from tests.fakes.json_schema import violations
from tests.scenarios.stage import make_repository

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "cleaned"))
BACKUP = "refs/codex-orch/backup/r1/a/1"
BRANCH = Removed(part=Part.BRANCH, name="orch/a", backup_ref=BACKUP, undo=f"git branch orch/a {BACKUP}")
DIRTY = Kept(part=Part.WORKTREE, name="/w/b", reason="it holds edits → commit them")


def one(*removed: Removed, kept: tuple[Kept, ...] = (), applied: bool = True, run: str = "r1") -> Cleaned:
    return Cleaned(run=RunId(run), removed=removed, kept=kept, applied=applied)


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codex_orch_tui", *arguments],
        cwd=cwd,
        env={**os.environ, "HOME": str(cwd.parent / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [("30d", 2_592_000), ("12h", 43_200), ("8w", 4_838_400), ("90m", 5_400), ("3", 259_200), (" 2D ", 172_800)],
)
def test_an_age(text: str, expected_s: float) -> None:
    assert seconds(text) == expected_s


@pytest.mark.parametrize("text", ["", "d", "-3d", "1.5d", "3y", "12 h", "1" * 30, "٣d\u202e"])
def test_no_age(text: str) -> None:
    with pytest.raises(CommandFailedError, match="is no time → a number with") as refused:
        seconds(text)
    assert refused.value.exit_code == ExitCode.NOT_USABLE


def test_the_lines_tell_what_went_what_stays_and_how_it_comes_back() -> None:
    assert list(cleaned_lines([one(BRANCH, kept=(DIRTY,))])) == [
        "run r1",
        f"  removed branch orch/a  → {BACKUP}",
        "  kept worktree /w/b: it holds edits → commit them",
        "  to bring back:",
        f"    git branch orch/a {BACKUP}",
    ]
    assert list(cleaned_lines([one()])) == ["run r1", "  nothing is left of it to remove"]
    assert list(cleaned_lines([])) == ["No run that old has anything left to remove."]


def test_a_dry_run_says_that_nothing_was_changed_and_counts_what_stays_whole() -> None:
    lines = list(cleaned_lines([one(BRANCH, applied=False), one(kept=(DIRTY,), applied=False, run="r2")], of_many=True))
    assert lines[1].startswith("  would remove branch orch/a")
    assert "r2" not in " ".join(lines)
    assert lines[-2:] == [
        "1 run of that age: nothing can go → --run-id R tells why",
        "Nothing was changed. With --apply it is done.",
    ]


def test_the_document_is_as_its_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    everything = tuple(Removed(part=part, name=part.value) for part in Part)
    stays = tuple(Kept(part=part, name="x", reason="y") for part in Part)
    tell_cleaned("prune", [one(BRANCH, *everything, kept=stays), one(applied=False)], (), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert list(violations(document, SCHEMA)) == []
    assert document["runs"][0]["removed"][0] == {
        "part": "branch",
        "name": "orch/a",
        "backup_ref": BACKUP,
        "undo": f"git branch orch/a {BACKUP}",
    }
    del document["runs"][0]["kept"][0]["reason"]
    assert list(violations(document, SCHEMA)) != []


def test_a_repository_without_runs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {"a.txt": "a\n"})
    ended = command("prune", "--apply", cwd=repository)
    assert (ended.returncode, ended.stdout) == (ExitCode.DONE, "No run that old has anything left to remove.\n")
    ended = command("prune", "--json", cwd=repository)
    assert list(violations(json.loads(ended.stdout), SCHEMA)) == []
    assert [path.name for path in repository.iterdir() if path.name == ".orchestrator"] == [], "nothing was made"
    for arguments in (("clean", "--run-id", "nothing"), ("prune", "--run-id", "nothing")):
        ended = command(*arguments, cwd=repository)
        assert ended.returncode == ExitCode.NOT_USABLE and "there is no run" in ended.stderr
    assert command("prune", "--older-than", "soon", cwd=repository).returncode == ExitCode.NOT_USABLE
