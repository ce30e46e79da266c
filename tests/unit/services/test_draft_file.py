"""Drafts in a file: all that was written comes back, a broken file is none, and nothing stays when nothing waits."""

import stat
from pathlib import Path

import pytest

from codex_orch_tui.domain.drafts import KeptDrafts, TaskDraft
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.services.draft_file import MAX_BYTES, DraftFile

REF = TaskRef(RunId("1120-1424-6048"), TaskId("search"))
DRAFTS = KeptDrafts(
    task=TaskDraft(
        text="Fix it\n\n“all” of it \u202e\x1b[31m",
        role="painter",
        base_branch="develop",
        model="gpt-5.5",
        sandbox=SandboxMode.DANGER_FULL_ACCESS,
        approval_policy=ApprovalPolicy.NEVER,
        is_planned_first=True,
        spec="docs/spec.md",
    ),
    messages={REF: "go on,\nplease"},
)


async def kept(path: Path, *drafts: KeptDrafts) -> None:
    file = DraftFile(path)
    for each in drafts:
        file.keep(each)
    await file.close()


async def test_all_of_it_comes_back_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    await kept(path, DRAFTS)
    assert DraftFile(path).read() == DRAFTS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_newest_counts_and_nothing_is_left_when_nothing_waits(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    drafts = [KeptDrafts(task=TaskDraft(text=f"version {number}")) for number in range(50)]
    await kept(path, *drafts)
    assert DraftFile(path).read() == drafts[-1]
    await kept(path, KeptDrafts())
    assert list(tmp_path.iterdir()) == []
    await kept(path, KeptDrafts())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 2}',
        b'{"more": 1}',
        b'{"task": {"text": "x"}}',
        b'{"messages": [1]}',
        b"[" * 100_000,
        b" " * (MAX_BYTES + 1),
        b"\xff\xfe",
    ],
)
async def test_a_broken_file_is_none_and_is_replaced(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "drafts.json"
    path.write_bytes(data)
    assert DraftFile(path).read() == KeptDrafts()
    await kept(path, DRAFTS)
    assert DraftFile(path).read() == DRAFTS


async def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere, path = tmp_path / "elsewhere.json", tmp_path / "drafts.json"
    await kept(elsewhere, DRAFTS)
    path.symlink_to(elsewhere)
    assert DraftFile(path).read() == KeptDrafts()
    await kept(path, KeptDrafts(task=TaskDraft(text="mine")))
    assert DraftFile(elsewhere).read() == DRAFTS


async def test_what_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "drafts.json"
    await kept(path, DRAFTS)
    await kept(tmp_path / "drafts.json", KeptDrafts(task=TaskDraft(text="half \udcff")))
    await kept(tmp_path / "drafts.json", KeptDrafts(task=TaskDraft(text="x" * MAX_BYTES)))
    assert list(tmp_path.iterdir()) == []
