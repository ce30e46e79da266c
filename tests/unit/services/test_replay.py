"""A recorded run, shown again: the same states in the same order, forwards and backwards, and nothing else."""

import asyncio
import inspect
import os
import random
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.item import ItemKind
from codex_orch_tui.domain.reducer import reduce
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.errors import NotPossibleError, OpenError
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.recording import find_recording
from codex_orch_tui.services.replay import Replay
from codex_orch_tui.services.replay_tape import END, KEPT, STEPS_KEPT, Tape
from codex_orch_tui.store.journal_file import encode_line
from tests.fakes.recorded import RecordedStory, run_of_story, says, write_raw

LONG_S = float("inf")


def two_runs(steps: int = 3) -> RecordedStory:
    """Two runs whose events come in turns, the first with a long pause."""
    story = RecordedStory()
    (one,) = story.run(["One"])
    (two,) = story.run(["Two"])
    for ref in (one, two):
        story.start(ref)
    for _ in range(steps):
        for ref in (one, two):
            story.item(ref, ItemKind.COMMAND, "pytest -q", after_s=0.5)
    story.ask(one, after_s=3_600.0)
    story.answered(next(iter(story.state.approvals)))
    story.finish(one)
    story.finish(two)
    return story


def states_of(story: RecordedStory, run: RunId) -> list[State]:
    """The state after each event of a run."""
    states = [State()]
    for recorded in story.events:
        ref = getattr(recorded.event, "ref", None)
        if run == (ref.run if ref is not None else getattr(recorded.event, "run", None)):
            states.append(reduce(states[-1], recorded))
    return states


def tape_of(folder: Path, run: RunId, until: int | None = None) -> Tape:
    return Tape(find_recording(run, folder), until)


class TestTape:
    def test_every_place_has_the_state_of_then(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        run = run_of_story(story)
        expected = states_of(story, run)
        tape = tape_of(tmp_path, run)
        assert list(expected[1].runs) == [run]
        for state in expected[1:]:
            assert tape.step()
            assert tape.place.state == state
        assert not tape.step()
        assert tape.total == tape.place.position == len(expected) - 1

    def test_jumps_lead_to_the_same_states(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("codex_orch_tui.services.replay_tape._FIRST_GAP", 32)
        story = two_runs(300)
        story.write(tmp_path)
        run = run_of_story(story)
        expected = states_of(story, run)
        tape = tape_of(tmp_path, run)
        assert tape.seek(END, LONG_S)
        assert tape.place.state == expected[-1]
        chance = random.Random(5)
        last = len(expected) - 1
        for target in (1, last, last - 1, last - STEPS_KEPT - 5, *(chance.randint(0, last) for _ in range(20))):
            assert tape.seek(target, LONG_S)
            assert tape.place.position == target
            assert tape.place.state == expected[target], target

    def test_few_states_are_kept_however_long_the_tape_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("codex_orch_tui.services.replay_tape._FIRST_GAP", 8)
        monkeypatch.setattr("codex_orch_tui.services.replay_tape._BATCH", 4)
        story = two_runs(600)
        story.write(tmp_path)
        tape = tape_of(tmp_path, run_of_story(story))
        tape.seek(END, LONG_S)
        assert tape.place.position > 1_500
        assert len(tape._kept) <= KEPT + 1
        assert len(tape._steps) <= STEPS_KEPT
        places = [kept.position for kept in tape._kept]
        gaps = [after - before for before, after in pairwise(places)]
        assert max(gaps) < tape.place.position / 4, "a way back is short from everywhere"

    def test_it_counts_without_reading_the_events(self, tmp_path: Path) -> None:
        story = two_runs(50)
        story.write(tmp_path)
        run = run_of_story(story)
        tape = tape_of(tmp_path, run)
        while tape.count_on():
            pass
        assert tape.total == len(states_of(story, run)) - 1
        assert tape.place.position == 0

    def test_until_is_the_end(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        run = run_of_story(story)
        until = story.events[len(story.events) // 2].seq
        tape = tape_of(tmp_path, run, until)
        tape.seek(END, LONG_S)
        assert tape.place.state.seq <= until
        assert tape.place.state == next(state for state in reversed(states_of(story, run)) if state.seq <= until)

    def test_what_cannot_be_read_is_passed_over_and_told(self, tmp_path: Path) -> None:
        story = two_runs()
        journal = story.write(tmp_path)
        run = run_of_story(story)
        lines = [line for line in story.lines if f'["{run}"'.encode() in line]
        strange = lines[4].replace(b'"type":"', b'"type":"FromTomorrow')
        body = strange[len(b'{"e": ') : strange.rindex(b', "crc"')]
        journal.write_bytes(story.lines[0] + b"".join([*lines[:4], encode_line(body), *lines[5:]]))
        tape = tape_of(tmp_path, run)
        tape.seek(END, LONG_S)
        assert tape.place.position == 1 + len(lines)
        assert "FromTomorrow" in tape.notes[0]

    def test_damage_ends_it_and_is_told(self, tmp_path: Path) -> None:
        story = two_runs()
        journal = story.write(tmp_path)
        lines = story.lines
        journal.write_bytes(b"".join(lines[:6]) + b"\x00\n" + b"".join(lines[6:]))
        tape = tape_of(tmp_path, run_of_story(story))
        tape.seek(END, LONG_S)
        assert 0 < tape.place.position < 6
        assert "damaged" in tape.notes[0]


@asynccontextmanager
async def playing(folder: Path, run: RunId, *, speed: float = 1.0, until: int | None = None) -> AsyncIterator[Replay]:
    replay = Replay(find_recording(run, folder), Config(), speed=speed, until_seq=until)
    task = asyncio.create_task(replay.run())
    try:
        yield replay
    finally:
        replay.close()
        await asyncio.wait_for(task, 5)


async def until_true(replay: Replay, holds: object) -> None:
    assert callable(holds)
    changed = asyncio.Event()
    unwatch = replay.watch(changed.set)
    try:
        async with asyncio.timeout(10):
            while not holds():
                changed.clear()
                await changed.wait()
    finally:
        unwatch()


class TestPlaying:
    async def test_it_plays_to_its_end_with_pauses_shortened(self, tmp_path: Path) -> None:
        """An hour in which nobody answered takes a tenth of a second."""
        story = two_runs()
        story.write(tmp_path)
        run = run_of_story(story)
        told: set[float] = set()
        async with playing(tmp_path, run, speed=20) as replay:
            replay.watch(lambda: told.add(replay.shortened_s))
            await until_true(replay, lambda: replay.is_at_end and not replay.is_playing)
            assert replay.state == states_of(story, run)[-1]
            assert replay.moment_s > story.events[0].at_s + 3_600
        assert max(told) > 3_000

    async def test_at_speed_one_time_passes_as_it_did(self, tmp_path: Path) -> None:
        story = RecordedStory()
        (ref,) = story.run(["One"])
        story.start(ref, after_s=0.2)
        story.item(ref, ItemKind.COMMAND, "pytest -q", after_s=0.3)
        story.write(tmp_path)
        async with playing(tmp_path, ref.run) as replay:
            began_s = asyncio.get_running_loop().time()
            await until_true(replay, lambda: replay.is_at_end)
            took_s = asyncio.get_running_loop().time() - began_s
        assert took_s > 0.9 * (story.now_s - replay_start(story))

    async def test_steps_pause_it_and_go_both_ways(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        run = run_of_story(story)
        expected = states_of(story, run)
        async with playing(tmp_path, run) as replay:
            replay.play_or_pause()
            at = replay.position
            replay.step()
            await until_true(replay, lambda: replay.position == at + 1)
            assert replay.state == expected[at + 1]
            replay.step(5)
            replay.step(-2)
            await until_true(replay, lambda: replay.position == at + 4)
            assert replay.state == expected[at + 4]
            replay.step(-100)
            await until_true(replay, lambda: replay.position == 1)
            assert replay.state == expected[1], "before its creation there is nothing to see"
            replay.to_end()
            await until_true(replay, lambda: replay.is_at_end)
            replay.play_or_pause()
            await until_true(replay, lambda: replay.position < 5)
            assert replay.is_playing

    async def test_speeds_have_ends(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        async with playing(tmp_path, run_of_story(story), speed=1_000) as replay:
            assert replay.speed == 100
            replay.faster()
            assert replay.speed == 100
            for _ in range(20):
                replay.slower()
            assert replay.speed == 1


def replay_start(story: RecordedStory) -> float:
    return story.events[0].at_s


class TestLogs:
    async def test_a_log_holds_what_was_there_then(self, tmp_path: Path) -> None:
        story = RecordedStory()
        (ref,) = story.run(["One"])
        story.start(ref)
        lines = []
        for number in range(5):
            story.item(ref, ItemKind.COMMAND, "pytest -q", after_s=10.0)
            lines.append(says(f"said {number}", story.now_s))
        story.finish(ref)
        story.write(tmp_path)
        write_raw(tmp_path, ref, *lines, says("after the end", story.now_s + 60))
        replay = Replay(find_recording(ref.run, tmp_path), Config())
        seen: list[int] = []
        log = replay.log(ref)
        log.tail()
        while not replay.is_at_end:
            replay.step()
            await replay.settle()
            if replay.is_at_end:
                break
            seen += [1 for entry in log.added() if entry.text.startswith("said")]
            raw = replay.log(ref).raw_tail()
            assert len(raw) == sum(1 for number in range(5) if f"said {number}" in "".join(raw))
            assert len(seen) == len(raw)
        assert len(seen) == 5
        assert any("after the end" in entry.text for entry in replay.log(ref).tail()), "at the end all of it is there"

    async def test_a_jump_back_is_told_because_the_log_is_another_one(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        replay = Replay(find_recording(run_of_story(story), tmp_path), Config())
        before = replay.jumps
        replay.step()
        await replay.settle()
        assert replay.jumps == before
        replay.step(-1)
        await replay.settle()
        assert replay.jumps == before + 1


class TestNothingIsDone:
    async def test_every_command_is_refused(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        replay = Replay(find_recording(run_of_story(story), tmp_path), Config())
        for name in (
            "create_run",
            "answer",
            "message",
            "merge",
            "land_run",
            "discard",
            "trust",
            "store_rule",
            "review",
        ):
            with pytest.raises(NotPossibleError, match="This is a replay"):
                await getattr(replay, name)()
        for name in ("record_review", "stop_landing"):
            with pytest.raises(NotPossibleError, match="This is a replay"):
                getattr(replay, name)()

    async def test_a_question_that_is_painted_is_no_answer(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        replay = Replay(find_recording(run_of_story(story), tmp_path), Config())
        await replay.shown(next(iter(story.state.approvals)), "painted")
        assert await replay.trust_wanted() == ()
        assert (await replay.base_info()).current == "main"

    async def test_an_object_is_told_as_what_it_says_where_answers_are_checked(self, tmp_path: Path) -> None:
        story = RecordedStory()
        for titles in (["One"], ["Two", "Three"]):
            ref = story.run(titles)[0]
            story.write(tmp_path)
            write_raw(tmp_path, ref, says('{"summary": "It is there."}', story.events[0].at_s))
            replay = Replay(find_recording(ref.run, tmp_path), Config())
            replay.to_end()
            await replay.settle()
            texts = [entry.text for entry in replay.log(ref).tail()]
            assert texts == ["It is there." if len(titles) > 1 else '{"summary": "It is there."}']

    def test_the_screens_find_all_that_an_orchestrator_has(self) -> None:
        public = {name for name, _ in inspect.getmembers(Orchestrator) if not name.startswith("_")}
        lacking = public - set(dir(Replay)) - {"open", "policy", "roles", "layout"}
        assert not lacking

    async def test_a_folder_is_as_it_was_even_one_that_cannot_be_written(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        for ref in story.state.tasks:
            write_raw(tmp_path, ref, says("hello", story.now_s))
        _make_read_only(tmp_path / ".orchestrator")
        before = _look_of(tmp_path)
        async with playing(tmp_path, run_of_story(story), speed=100) as replay:
            replay.to_end()
            await until_true(replay, lambda: replay.is_at_end)
            for ref in replay.state.tasks:
                assert replay.log(ref).tail()
            replay.to_start()
            await until_true(replay, lambda: replay.position == 1)
        assert _look_of(tmp_path) == before
        for path in tmp_path.rglob("*"):
            path.chmod(stat.S_IRWXU)


def _make_read_only(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o500 if path.is_dir() else 0o400)
    folder.chmod(0o500)


def _look_of(folder: Path) -> dict[str, tuple[object, ...]]:
    """Names, contents, times and rights of everything below a folder."""
    look: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        found = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        look[str(path)] = found.st_mtime_ns, found.st_ctime_ns, found.st_mode, content
    return look


class TestRecordings:
    def test_by_id_by_its_beginning_and_by_folder(self, tmp_path: Path) -> None:
        story = two_runs()
        story.write(tmp_path)
        first, second = story.state.runs
        (tmp_path / ".orchestrator" / "runs" / second).mkdir(parents=True)
        named = (second, f"{second[:-1]}1", str(tmp_path / ".orchestrator" / "runs" / second))
        for name in named:
            assert find_recording(name, tmp_path).run == second
        assert find_recording(first, tmp_path).run == first

    def test_here_is_a_folder_and_no_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        story = RecordedStory()
        (ref,) = story.run(["One"])
        story.write(tmp_path)
        (tmp_path / ".orchestrator" / "runs" / ref.run).mkdir(parents=True)
        monkeypatch.chdir(tmp_path)
        assert find_recording(".", tmp_path).run == ref.run
        monkeypatch.chdir(tmp_path / ".orchestrator")
        assert find_recording("..", tmp_path).run == ref.run

    def test_a_copied_state_folder_without_a_repository(self, tmp_path: Path) -> None:
        story = RecordedStory()
        (ref,) = story.run(["One"])
        story.write(tmp_path)
        assert find_recording(str(tmp_path / ".orchestrator"), None).run == ref.run
        assert find_recording(str(tmp_path), None).run == ref.run

    def test_a_run_folder_alone(self, tmp_path: Path) -> None:
        story = two_runs()
        run = run_of_story(story)
        folder = tmp_path / "copied under another name"
        folder.mkdir()
        own = [line for line in story.lines if f'"{run}"'.encode() in line]
        (folder / "journal.jsonl").write_bytes(b"".join(own))
        recording = find_recording(str(folder), None)
        assert recording.run == run
        tape = Tape(recording)
        tape.seek(END, LONG_S)
        assert tape.place.state == states_of(story, run)[-1]

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("1120-1240-0009", r"did you mean 1120-1240-000\d"),
            ("1120", "can be 1120-1240-0000, 1120-1240-0001; type more"),
            ("zz", "the newest is 1120-1240-0001"),
        ],
    )
    def test_a_run_that_is_not_there_names_the_nearest(self, tmp_path: Path, name: str, told: str) -> None:
        two_runs().write(tmp_path)
        with pytest.raises(OpenError, match=told) as refused:
            find_recording(name, tmp_path)
        assert refused.value.exit_code == 2

    def test_folders_that_hold_none_or_several(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(OpenError, match="holds no recording"):
            find_recording(str(tmp_path / "empty"), None)
        two_runs().write(tmp_path)
        with pytest.raises(OpenError, match="holds 2 runs"):
            find_recording(str(tmp_path), None)
        with pytest.raises(OpenError, match="no folder"):
            find_recording(str(tmp_path / "gone"), None)
        os.mkfifo(tmp_path / "empty" / "journal.jsonl")
        with pytest.raises(OpenError):
            find_recording(str(tmp_path / "empty"), None)
