"""The patch of a branch as one text: it applies, it is bounded, and nothing planted runs for it."""

from pathlib import Path

from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.whole_patch import whole_patch
from tests.scenarios.stage import git, make_repository


def commit(repository: Path, files: dict[str, bytes]) -> str:
    for name, data in files.items():
        (repository / name).write_bytes(data)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "next")
    return git(repository, "rev-parse", "HEAD")


async def test_it_makes_the_one_commit_of_the_other(tmp_path: Path) -> None:
    top = make_repository(tmp_path, {"Makefile": "all:\n\ttrue\n", "old.txt": "a\nb\nc\n" * 30, "gone.txt": "x\n"})
    base = git(top, "rev-parse", "HEAD")
    (top / "gone.txt").unlink()
    (top / "old.txt").rename(top / "new.txt")
    tip = commit(top, {"Makefile": b"all:\n\tfalse\n\x1b[31m\xff\n", "no newline": b"x"})
    patch = await whole_patch(await Repository.open(top), base, tip)
    assert not patch.is_cut
    assert b"rename from old.txt" in patch.data
    git(top, "checkout", "--quiet", base)
    file = tmp_path / "patch.diff"
    file.write_bytes(patch.data)
    git(top, "apply", "--index", str(file))
    assert git(top, "write-tree") == git(top, "rev-parse", f"{tip}^{{tree}}")


async def test_a_long_one_is_cut_between_two_files_and_what_is_there_applies(tmp_path: Path) -> None:
    top = make_repository(tmp_path, {"README.md": "hello\n"})
    base = git(top, "rev-parse", "HEAD")
    tip = commit(top, {f"file {number:02}.txt": b"line\n" * 200 for number in range(20)})
    patch = await whole_patch(await Repository.open(top), base, tip, max_bytes=6_000)
    assert patch.is_cut
    assert 0 < len(patch.data) < 6_000
    git(top, "checkout", "--quiet", base)
    file = tmp_path / "patch.diff"
    file.write_bytes(patch.data)
    git(top, "apply", "--check", str(file))


async def test_binary_files_are_named_and_no_program_of_the_repository_runs(tmp_path: Path) -> None:
    top = make_repository(tmp_path, {".gitattributes": "* diff=planted\n"})
    mark = tmp_path / "mark"
    for name in ("command", "textconv"):
        git(top, "config", f"diff.planted.{name}", f"touch {mark}")
    git(top, "config", "diff.external", f"touch {mark}")
    base = git(top, "rev-parse", "HEAD")
    tip = commit(top, {"image.bin": bytes(range(256))})
    patch = await whole_patch(await Repository.open(top), base, tip)
    assert b"Binary files /dev/null and b/image.bin differ" in patch.data
    assert not mark.exists()
