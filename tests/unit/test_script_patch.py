"""Patches of scripts, as the stand-in for Codex applies them."""

from pathlib import Path

import pytest

from codex_orch_tui.scripted.patch import PatchError, changes_of, write

TWO_HUNKS = """*** Begin Patch
*** Update File: a.txt
@@
 one
-two
+2
+2b
@@
 four
-five
*** Add File: new/b.txt
+hello
+
+there
*** End Patch"""


def test_lines_are_replaced_and_files_added(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\nthree\nfour\nfive\n", encoding="utf-8")
    changes = changes_of(tmp_path, TWO_HUNKS)
    assert (tmp_path / "a.txt").read_text() == "one\ntwo\nthree\nfour\nfive\n"
    write(changes)
    assert (tmp_path / "a.txt").read_text() == "one\n2\n2b\nthree\nfour\n"
    assert (tmp_path / "new" / "b.txt").read_text() == "hello\n\nthere\n"
    assert [(change.kind, change.diff) for change in changes] == [
        ("update", "@@ -1,2 +1,3 @@\n one\n-two\n+2\n+2b\n@@ -4,2 +5,1 @@\n four\n-five\n"),
        ("add", "hello\n\nthere\n"),
    ]


@pytest.mark.parametrize("text", ["one\n", "one\ntwo\n"])
def test_a_patch_that_does_not_fit_touches_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(PatchError, match="does not hold"):
        changes_of(tmp_path, TWO_HUNKS)
    with pytest.raises(PatchError, match="No such file"):
        changes_of(tmp_path / "elsewhere", TWO_HUNKS)
    assert not (tmp_path / "new").exists()
