"""The raw lines in the log pane: the end is followed, and what lies above comes when it is scrolled to."""

from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from codex_orch_tui.services.raw_moment import RawMoment
from codex_orch_tui.services.task_log import RAW_BYTES, TaskLog
from codex_orch_tui.ui.widgets.event_log import EventLog
from codex_orch_tui.ui.widgets.log_pane import LogPane


class PaneApp(App[None]):
    """The pane alone."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = LogPane()

    def compose(self) -> ComposeResult:
        """The pane."""
        yield self.pane


class CountedLog(TaskLog):
    """Counts how often the end is read."""

    reads = 0

    def raw_tail(self) -> list[str]:
        self.reads += 1
        return super().raw_tail()


def line(number: int) -> str:
    return f'{{"number":{number},"words":"{"word " * 20}"}}\n'


async def test_raw_lines_follow_the_end_and_older_ones_come_when_they_are_scrolled_to(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    count = 3 * RAW_BYTES // len(line(0))
    events.write_text("".join(map(line, range(count))), encoding="utf-8")
    log = CountedLog(events, lambda: (), cwd="/")
    app = PaneApp()
    async with app.run_test(size=(100, 20)) as pilot:
        pane, view = app.pane, app.pane.log_view
        pane.open(log)
        pane.toggle_raw()
        await pilot.pause()

        def painted() -> str:
            return "\n".join(view.render_line(row).text for row in range(view.size.height))

        assert f'"number":{count - 1},' in painted()
        pane.grow()
        pane.grow()
        assert log.reads == 1, "nothing was added"
        with events.open("a", encoding="utf-8") as file:
            file.write(line(count))
        pane.grow()
        await pilot.pause()
        assert log.reads == 2
        assert f'"number":{count},' in painted()

        view.focus()
        for _ in range(20):
            view.scroll_home(animate=False)
            await pilot.pause()
            if '"number":0,' in painted():
                break
        assert '"number":0,' in painted()
        assert log.reads == 2


@pytest.mark.parametrize("is_moment", [False, True])
async def test_a_log_that_cannot_be_read_is_told_in_the_log(tmp_path: Path, is_moment: bool) -> None:
    events = tmp_path / "events.jsonl"
    (tmp_path / "elsewhere").write_text(line(1), encoding="utf-8")
    events.symlink_to("elsewhere")
    moment = RawMoment(events)
    log = TaskLog(events, lambda: (), cwd="/", end=(lambda: moment.end_at(1.0)) if is_moment else None)
    app = PaneApp()
    async with app.run_test(size=(400, 20)) as pilot:
        pane, view = app.pane, app.pane.log_view

        def told() -> int:
            text = "\n".join(view.render_line(row).text for row in range(view.size.height))
            return text.count(f"cannot open {events}: Too many levels of symbolic links")

        pane.open(log)
        pane.grow()
        pane.toggle_raw()
        view.post_message(EventLog.OlderWanted(view, 0, is_raw=False))
        await pilot.pause()
        assert told() == 1
        assert not view.is_raw
        events.unlink()
        events.write_text(line(1), encoding="utf-8")
        if not is_moment:
            pane.toggle_raw()
            await pilot.pause()
            assert '"number":1,' in view.render_line(0).text
            # What breaks while the raw lines are looked at is told in the log, which comes back for it.
            log.close()
            events.unlink()
            events.mkdir()
            pane.grow()
            await pilot.pause()
            assert not view.is_raw
            assert "Is a directory" in "\n".join(view.render_line(row).text for row in range(view.size.height))
        pane.open(None)
        await pilot.pause()
        assert told() == 0
