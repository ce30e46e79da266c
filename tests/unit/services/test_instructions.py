"""The repository's files of instructions, read from the commit that a task starts from."""

import os
import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.instructions import MAX_BYTES, Instructions, read_instructions


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def git(folder: Path, *args: str) -> str:
    identity = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
    identity |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in identity.items()}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **identity}
    done = subprocess.run(
        ["git", "-C", str(folder), *args], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


async def read(folder: Path, **files: bytes) -> tuple[Instructions, ...]:
    for name, content in files.items():
        path = folder / {"root": "AGENTS.md", "docs": "docs/AGENTS.md", "agent": ".agent/AGENTS.md"}.get(name, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return await read_instructions(await Repository.open(folder), CommitId(git(folder, "rev-parse", "HEAD")))


async def test_a_repository_without_any(folder: Path) -> None:
    assert await read(folder, other=b"x") == ()


async def test_all_three_in_their_order_as_committed(folder: Path) -> None:
    found = await read(folder, agent=b"of agents\n", docs=b"\xef\xbb\xbfof docs\n", root=b"of all\n")
    assert [(each.path, each.text) for each in found] == [
        ("AGENTS.md", "of all"),
        ("docs/AGENTS.md", "of docs"),
        (".agent/AGENTS.md", "of agents"),
    ]
    (folder / "AGENTS.md").write_text("changed since")
    commit = CommitId(git(folder, "rev-parse", "HEAD"))
    again = await read_instructions(await Repository.open(folder), commit)
    assert again == found, "what a worker writes into its worktree instructs nobody"


async def test_a_file_of_50_mb_is_read_to_its_bound(folder: Path) -> None:
    (found,) = await read(folder, root=b"0123456789abcde\n" * (50 * 1024 * 1024 // 16))
    assert found.is_cut
    assert found.text.startswith("0123456789abcde\n")
    assert MAX_BYTES - 20 < len(found.text) <= MAX_BYTES


async def test_what_cannot_be_seen_is_shown_and_what_is_no_text_is_no_harm(folder: Path) -> None:
    docs, agent = await read(folder, docs=b"a\x1b[31mb \xff", agent=b"\x00\x01", root=b" \n")
    assert docs.text == "a␛[31mb �"
    assert "\x00" not in agent.text


async def test_a_link_and_a_folder_are_no_instructions(folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "docs" / "AGENTS.md").symlink_to("/etc/hostname")
    (folder / "AGENTS.md").mkdir()
    (folder / "AGENTS.md" / "x").write_text("x")
    assert await read(folder) == ()
