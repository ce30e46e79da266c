"""Where state lies, and that it stays out of the user's commits."""

import os
import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.domain.ids import RunId, TaskId
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.git_exclude import exclude_state
from codex_orch_tui.store.layout import Layout

RUN, TASK = RunId("20250101-7"), TaskId("fix-login")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    subprocess.run(["git", "init", "--quiet", "--template=", folder], check=True)
    return folder


@pytest.fixture
def layout(repository: Path) -> Layout:
    return Layout(repository, repository / ".git")


def test_every_path_is_where_the_design_says(layout: Layout, repository: Path) -> None:
    state = repository / ".orchestrator"
    files = layout.task(RUN, TASK)
    assert layout.journal == state / "journal.jsonl"
    assert layout.config == state / "orchestrator.yaml"
    assert layout.locks == (repository / ".git" / "codex-orch.lock", state / "lock")
    assert layout.manifest(RUN) == state / "runs" / RUN / "manifest.json"
    assert files.events == state / "runs" / RUN / "tasks" / TASK / "events.jsonl"
    assert {path.parent for path in (files.stderr, files.result, files.report, files.patch, files.logs)} == {
        files.folder
    }
    assert layout.worktree(RUN, TASK) == state / "worktrees" / RUN / TASK
    assert layout.private_tmp(RUN, TASK).parent == state / "tmp"
    assert len(layout.private_tmp(RUN, TASK).name) == 8
    assert layout.private_tmp(RUN, TASK) != layout.private_tmp(RUN, TaskId("other"))


def test_nothing_is_made_before_it_is_asked_for(layout: Layout, repository: Path) -> None:
    layout.make_task  # noqa: B018 - only looked at
    assert [entry.name for entry in repository.iterdir()] == [".git"]


def test_worktrees_may_lie_in_a_base_folder_that_repositories_share(tmp_path: Path) -> None:
    base = tmp_path / "base"
    first = Layout(tmp_path / "a" / "project", tmp_path, worktree_base=base)
    second = Layout(tmp_path / "b" / "project", tmp_path, worktree_base=base)
    assert first.worktree(RUN, TASK).is_relative_to(base)
    assert first.worktrees.name.startswith("project-")
    assert first.worktrees != second.worktrees


def test_git_does_not_see_our_state_but_the_users_own_files(layout: Layout, repository: Path) -> None:
    layout.create()
    layout.create()
    layout.make_task(RUN, TASK).events.write_bytes(b"{}\n")
    layout.journal.touch()
    for own in (layout.config, layout.policy, layout.prompts / "tester.md", layout.schemas / "tester.json"):
        own.parent.mkdir(exist_ok=True)
        own.touch()
    told = subprocess.run(
        ["git", "-C", repository, "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True
    ).stdout
    assert sorted(line[3:] for line in told.splitlines()) == [
        ".orchestrator/orchestrator.yaml",
        ".orchestrator/policy.yaml",
        ".orchestrator/prompts/tester.md",
        ".orchestrator/schemas/tester.json",
    ]


def test_folders_are_private(layout: Layout) -> None:
    layout.folder.mkdir(mode=0o755)
    layout.create()
    files = layout.make_task(RUN, TASK)
    for folder in (layout.folder, layout.runs, layout.inbox, files.folder, layout.make_private_tmp(RUN, TASK)):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("before", [b"", b"# mine\n*.log", b"\xff\xfe odd\r\n*.tmp\r\n"])
def test_the_lines_of_others_stay_byte_for_byte(repository: Path, before: bytes) -> None:
    path = repository / ".git" / "info" / "exclude"
    path.parent.mkdir()
    path.write_bytes(before)
    assert exclude_state(repository / ".git", ".orchestrator")
    after = path.read_bytes()
    assert after.startswith(before)
    assert b"\n/.orchestrator/*\n!/.orchestrator/orchestrator.yaml\n" in after
    assert not exclude_state(repository / ".git", ".orchestrator")
    assert path.read_bytes() == after


def test_a_line_that_the_user_removed_comes_back_in_order(repository: Path) -> None:
    git = repository / ".git"
    exclude_state(git, ".orchestrator")
    path = git / "info" / "exclude"
    path.write_bytes(path.read_bytes().replace(b"/.orchestrator/*\n", b"", 1))
    assert exclude_state(git, ".orchestrator")
    lines = path.read_text().splitlines()
    assert lines.index("/.orchestrator/*") < len(lines) - 4
    assert not exclude_state(git, ".orchestrator")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a\nb", "a\x00b", "x" * 201])
def test_an_id_cannot_lead_elsewhere(layout: Layout, name: str) -> None:
    with pytest.raises(StoreError, match="cannot name a folder"):
        layout.task(RUN, TaskId(name))
    with pytest.raises(StoreError, match="cannot name a folder"):
        layout.worktree(RunId(name), TASK)


def test_a_planted_state_folder_is_refused(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    layout.folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="symlink"):
        layout.create()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is made here: root, which runs tests in containers, may write everywhere."""

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError, match=r"\.orchestrator: Permission denied") as caught:
        layout.create()
    assert "written" in caught.value.next_step


def test_no_git_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a git folder"):
        Layout(tmp_path, tmp_path / ".git").create()


def test_a_private_tmp_is_emptied_and_links_in_it_are_not_followed(layout: Layout, tmp_path: Path) -> None:
    layout.create()
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "file").touch()
    folder = layout.make_private_tmp(RUN, TASK)
    (folder / "link").symlink_to(tmp_path / "victim")
    assert list(layout.make_private_tmp(RUN, TASK).iterdir()) == []
    folder.rmdir()
    folder.symlink_to(tmp_path / "victim")
    layout.remove_private_tmp(RUN, TASK)
    assert not os.path.lexists(folder)
    assert (tmp_path / "victim" / "file").exists()


def test_what_a_kill_left_is_removed_everywhere(layout: Layout) -> None:
    layout.create()
    files = layout.make_task(RUN, TASK)
    (layout.folder / ".journal.jsonl.01234567.tmp").touch()
    (files.folder / ".result.json.89abcdef.tmp").touch()
    assert layout.remove_stray() == 2
