"""Files of settings that change while the program runs: what is used, what is told, what stays."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from codex_orch_tui.config import Config, SettingsPlaces
from codex_orch_tui.config.changes import changes, usable_now
from codex_orch_tui.config.sections import When
from codex_orch_tui.services import live_settings
from codex_orch_tui.services.live_settings import LiveSettings, SettingsNews

AGAIN = "the settings were read again"
STAY = "the settings stay as they are: a file has a mistake in it"


class Desk:
    """A person's two files, and what became of their changes."""

    def __init__(self, folder: Path) -> None:
        self.own = folder / "config" / "codex-orch-tui" / "config.yaml"
        self.brought = folder / "shop" / ".orchestrator" / "orchestrator.yaml"
        self.brought.parent.mkdir(parents=True)
        self.own.parent.parent.mkdir()
        self.used: list[Config] = []
        self.told: asyncio.Queue[SettingsNews] = asyncio.Queue()
        self.looks = 0

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[LiveSettings]:
        places = SettingsPlaces(project_file=self.brought, user_file=self.own, environ={"CODEX_ORCH_MODEL": "fixed"})
        live = LiveSettings(places.load(), self.used.append)
        looked, look = asyncio.Event(), live.look_again

        async def look_again() -> None:
            await look()
            self.looks += 1
            looked.set()

        live.look_again = look_again  # type: ignore[method-assign]
        live.watch(self.told.put_nowait)
        try:
            await asyncio.wait_for(looked.wait(), 20)  # What changes from now on is seen by the watch.
            yield live
        finally:
            await live.close()

    async def news(self) -> SettingsNews:
        return await asyncio.wait_for(self.told.get(), 20)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(live_settings, "_AFTER_START_S", 0.0)
    return Desk(tmp_path)


async def test_a_change_is_used_and_told_with_when_it_counts(desk: Desk) -> None:
    desk.brought.write_text("max_workers: 2\n")
    async with desk.opened():
        desk.brought.write_text("max_workers: 4\nrole: tester\nascii_glyphs: true\n")
        assert await desk.news() == SettingsNews(
            lines=(
                AGAIN,
                "max_workers: 2 → 4, now",
                "role: implementer → tester, with the next task",
                "ascii_glyphs: false → true, after a restart",
            )
        )
    (used,) = desk.used
    assert (used.max_workers, used.role, used.ascii_glyphs, used.model) == (4, "tester", False, "fixed")


async def test_a_file_with_a_mistake_leaves_everything_as_it_is_and_is_told_once(desk: Desk) -> None:
    desk.brought.write_text("max_workers: 2\n")
    async with desk.opened() as live:
        desk.brought.write_text("max_workers: 2\nmax_workerz: 4\n")
        told = await desk.news()
        assert told.is_refused
        mistake = f"{desk.brought}:2: max_workerz: there is no such setting; did you mean max_workers?"
        assert told.lines == (STAY, mistake)
        os.utime(desk.brought, ns=(1, 1))
        await live.look_again()
        assert desk.told.empty()
        desk.brought.write_text("max_workers: 5\n")
        assert await desk.news() == SettingsNews(lines=(AGAIN, "max_workers: 2 → 5, now"))
    assert [config.max_workers for config in desk.used] == [5]


async def test_a_file_that_is_mended_as_it_was_says_nothing_of_settings(desk: Desk) -> None:
    desk.brought.write_text("max_workers: 2\n")
    async with desk.opened() as live:
        desk.brought.write_text("max_workers: [\n")
        assert (await desk.news()).is_refused
        desk.brought.write_text("max_workers: 2 # as it was\n")
        assert await desk.news() == SettingsNews(lines=("the mistake in the settings is mended; nothing has changed",))
        await live.look_again()
    assert desk.used == []


async def test_a_file_and_a_folder_that_were_not_there_are_seen(desk: Desk) -> None:
    async with desk.opened():
        desk.own.parent.mkdir()
        desk.own.write_text("theme: calm-light\n")
        assert (await desk.news()).lines == (AGAIN, "theme: calm-dark → calm-light, now")
        desk.own.with_suffix(".new").write_text("theme: mono\n")
        desk.own.with_suffix(".new").replace(desk.own)  # as editors write
        assert (await desk.news()).lines == (AGAIN, "theme: calm-light → mono, now")
        desk.own.unlink()
        assert (await desk.news()).lines == (AGAIN, "theme: mono → calm-dark, now")


async def test_a_link_to_a_file_elsewhere_is_followed(desk: Desk, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "settings.yaml"
    kept.parent.mkdir()
    kept.write_text("bell: true\n")
    desk.own.parent.mkdir()
    desk.own.symlink_to(kept)
    async with desk.opened():
        kept.write_text("bell: false\n")
        assert (await desk.news()).lines == (AGAIN, "bell: true → false, now")


async def test_what_a_repository_brings_is_held_and_told(desk: Desk) -> None:
    desk.brought.write_text("setup_command: a\n")
    async with desk.opened():
        desk.brought.write_text("setup_command: b\nnotify_command: c\nsandbox: read-only\n")
        told = (await desk.news()).lines
    assert told == (
        AGAIN,
        "sandbox: workspace-write → read-only, with the next task",
        f"notify_command: {desk.brought}:2 sets it, and counts once you trusted it",
    )
    assert desk.used[0].notify_command is None


async def test_a_repository_cannot_loosen_anything_by_a_change(desk: Desk) -> None:
    async with desk.opened():
        desk.brought.write_text("sandbox: danger-full-access\n")
        told = await desk.news()
    assert told.is_refused
    assert "comes with a clone" in told.lines[1]
    assert desk.used == []


async def test_secrets_and_control_characters_are_not_told(desk: Desk) -> None:
    token = "sk-proj-" + "abcdefghijklmnopqrstuvwxyz0123456789ABCD"
    async with desk.opened():
        desk.own.parent.mkdir()
        desk.own.write_text(f'editor: "vi {token}"\nshell: "sh \\e[2J"\n')
        told = "\n".join((await desk.news()).lines)
    assert token not in told
    assert "\x1b" not in told
    assert "␛[2J" in told


async def test_a_journal_in_the_same_folder_wakes_nobody(desk: Desk) -> None:
    async with desk.opened():
        with (desk.brought.parent / "journal.jsonl").open("w") as journal:
            for _ in range(2_000):
                journal.write("{}\n")
                journal.flush()
        desk.brought.write_text("max_workers: 3\n")
        await desk.news()
    assert desk.looks <= 3


async def test_what_changes_before_the_watch_begins_is_seen_when_it_begins(desk: Desk) -> None:
    live = LiveSettings(SettingsPlaces(project_file=desk.brought, environ={}).load(), desk.used.append)
    desk.brought.write_text("max_workers: 3\n")
    live.watch(desk.told.put_nowait)
    assert (await desk.news()).lines == (AGAIN, "max_workers: 8 → 3, now")
    await live.close()


async def test_what_changes_while_the_program_opens_is_seen(desk: Desk) -> None:
    desk.brought.write_text("max_workers: 2\n")
    loaded = SettingsPlaces(project_file=desk.brought, environ={}).load()
    desk.brought.write_text("max_workers: 3\n")
    live = LiveSettings(loaded, desk.used.append)
    live.watch(desk.told.put_nowait)
    assert (await desk.news()).lines == (AGAIN, "max_workers: 2 → 3, now")
    await live.close()


async def test_closing_is_quick_and_leaves_no_thread(desk: Desk) -> None:
    async with desk.opened() as live:
        begun_s = time.perf_counter()
        await live.close()
        assert time.perf_counter() - begun_s < 2
    assert not any(thread.name == "folders" for thread in threading.enumerate())


async def test_without_a_watcher_nothing_is_loaded(desk: Desk) -> None:
    live = LiveSettings(SettingsPlaces(project_file=desk.brought).load(), desk.used.append)
    await live.close()
    assert not any(thread.name == "folders" for thread in threading.enumerate())


async def test_a_place_that_cannot_be_watched_is_polled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = watchfiles.watch

    def fails(*paths: Path, force_polling: bool, **options: Any) -> Iterator[object]:
        if not force_polling:
            raise OSError(28, "no space left on device: the limit on watches is reached")
        return watch(*paths, force_polling=True, **options)

    monkeypatch.setattr(watchfiles, "watch", fails)
    async with desk.opened():
        desk.brought.write_text("max_workers: 3\n")
        assert (await desk.news()).lines == (AGAIN, "max_workers: 8 → 3, now")


async def test_a_place_that_tells_nothing_is_looked_at(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_paths: Path, **_options: object) -> None:
        raise OSError(28, "no space left on device: the limit on watches is reached")

    monkeypatch.setattr(watchfiles, "watch", fails)
    monkeypatch.setattr(live_settings, "LOOK_AGAIN_S", 0.01)
    async with desk.opened():
        desk.brought.write_text("max_workers: 3\n")
        assert (await desk.news()).lines == (AGAIN, "max_workers: 8 → 3, now")


def test_what_waits_for_a_restart_and_is_taken_back_says_so() -> None:
    in_force, changed = Config(), Config(ascii_glyphs=True, max_workers=3)
    (workers, glyphs) = changes(in_force, changed, in_force)
    assert (workers.when, glyphs.when) == (When.NOW, When.RESTART)
    assert usable_now(changed, in_force) == Config(max_workers=3)
    (back,) = changes(changed, Config(max_workers=3), usable_now(changed, in_force))
    assert str(back) == "ascii_glyphs: true → false, as it is in force"


def test_a_long_value_is_only_named() -> None:
    (change,) = changes(Config(), Config(checks={"tests": "pytest " + "x" * 200}), Config())
    assert str(change) == "checks: has changed, now"


async def test_a_link_that_leads_round_in_circles_is_looked_at_again_when_it_is_mended(desk: Desk) -> None:
    desk.own.parent.mkdir()
    desk.own.write_text("max_workers: 3\n")
    async with desk.opened():
        desk.own.unlink()
        desk.own.symlink_to(desk.own)
        await desk.news()
        desk.own.unlink()
        desk.own.write_text("max_workers: 5\n")
        while not desk.used or desk.used[-1].max_workers != 5:
            await desk.news()
