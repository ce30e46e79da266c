"""The lines that a patch adds, with the file and the line number that they have then."""

import os

from codex_orch_tui.gitrepo.added_lines import AddedLine, added_lines
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.whole_patch import whole_patch
from tests.unit.gitrepo.conftest import Checkout

TRAP = "++ b/other.txt\n@@ -1 +1,3 @@\ndiff --git a/x b/x\n"


async def test_they_are_found_in_what_git_writes(empty: Checkout) -> None:
    first = empty.commit({"a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "gone.txt": "x\n", "two words.txt": "x"})
    tip = empty.commit(
        {
            "a.txt": "1\nnew\n3\n4\n5\n6\n7\n8\n9\nlast",
            "gone.txt": None,
            "trap.txt": TRAP,
            "two words.txt": "y",
            "bild.bin": b"\0\1",
            "grün.txt": "ö\n",
        }
    )
    repository = await Repository.open(empty.path)
    found = list(added_lines((await whole_patch(repository, first, tip)).data))
    by_path: dict[str, list[tuple[int, str]]] = {}
    for line in found:
        by_path.setdefault(line.path, []).append((line.number, line.text))
    assert by_path.pop("a.txt") == [(2, "new"), (10, "last")]
    assert by_path.pop("trap.txt") == list(enumerate(TRAP.splitlines(), 1))
    assert by_path.pop("two words.txt") == [(1, "y")]
    ((name, lines),) = by_path.items()
    assert name == "grün.txt"
    assert lines == [(1, "ö")]


async def test_names_are_told_as_a_review_tells_them(empty: Checkout) -> None:
    first = empty.commit({})
    odd = [
        'quo"te',
        "back\\slash",
        "ta\tb",
        "new\nline",
        "\x1b[31mred",
        "blank ",
        os.fsdecode(b"caf\xe9"),
        "grün",
        "\x07",
    ]
    tip = empty.commit(dict.fromkeys(odd, "x\n"))
    repository = await Repository.open(empty.path)
    review = await Reviews(repository).summary(first, tip)
    found = added_lines((await whole_patch(repository, first, tip)).data)
    assert sorted(line.path for line in found) == sorted(change.path for change in review.files)
    assert {"caf\\xe9", "grün", "new\\nline"} < {change.path for change in review.files}


def test_a_patch_that_was_cut_ends_where_it_was_cut() -> None:
    patch = b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1,9 @@\n+one\n+tw"
    assert list(added_lines(patch)) == [AddedLine("a", 1, "one"), AddedLine("a", 2, "tw")]
    assert list(added_lines(b"")) == []
