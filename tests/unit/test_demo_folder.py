"""Where a demo plays, and what it may remove."""

from pathlib import Path

import pytest

from codex_orch_tui.scripted.demo_folder import (
    LOCK_NAME,
    MARK_NAME,
    MARK_TEXT,
    DemoRefusedError,
    demo_folder,
    demos_folder,
)
from codex_orch_tui.store.lock import RepositoryLock


def test_finished_demos_are_removed_and_nothing_else(scratch: Path) -> None:
    environ = {"HOME": str(scratch)}
    with demo_folder(None, environ) as first:
        (first.home / "left-over").touch()
    others = demos_folder(environ, "linux")
    (others / "unmarked").mkdir()
    playing = others / "playing"
    playing.mkdir()
    (playing / MARK_NAME).write_text(MARK_TEXT, encoding="utf-8")
    elsewhere = scratch / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / MARK_NAME).write_text(MARK_TEXT, encoding="utf-8")
    (others / "link").symlink_to(elsewhere)
    with RepositoryLock.acquire(playing / LOCK_NAME), demo_folder(None, environ) as second:
        names = {path.name for path in others.iterdir()}
    assert not (first.home / "left-over").exists()
    assert names == {"unmarked", "playing", "link", second.root.name}
    assert (elsewhere / MARK_NAME).exists()


def test_a_folder_that_every_sandbox_may_write_is_refused(tmp_path: Path, scratch: Path) -> None:
    environ = {"HOME": str(scratch), "TMPDIR": str(scratch / "tmp")}
    for folder in (tmp_path / "demo", scratch / "tmp" / "demo"):
        with pytest.raises(DemoRefusedError, match="sandbox may write"), demo_folder(folder, environ):
            pass
        assert not folder.exists()
    with pytest.raises(DemoRefusedError, match="--folder"), demo_folder(None, {"HOME": str(tmp_path)}):
        pass


def test_a_chosen_folder_has_to_be_empty_and_is_never_removed(scratch: Path) -> None:
    environ = {"HOME": str(scratch)}
    chosen = scratch / "chosen"
    with demo_folder(chosen, environ):
        pass
    with demo_folder(None, environ):
        assert (chosen / MARK_NAME).exists()
    with pytest.raises(DemoRefusedError, match="not empty"), demo_folder(chosen, environ):
        pass


def test_only_places_in_a_marked_folder_are_scratch(scratch: Path) -> None:
    with demo_folder(scratch / "chosen", {"HOME": str(scratch)}) as folder:
        folder.check_is_scratch(folder.home, folder.codex_home)
        (folder.root / "way-out").symlink_to(scratch)
        for place in (folder.root, scratch, Path.home(), folder.root / "way-out"):
            with pytest.raises(DemoRefusedError, match="nothing is started"):
                folder.check_is_scratch(place)
        (folder.root / MARK_NAME).unlink()
        with pytest.raises(DemoRefusedError, match="not marked"):
            folder.check_is_scratch(folder.home)
