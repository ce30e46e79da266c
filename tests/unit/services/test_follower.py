"""Following a journal that another program writes, also when it is not simply longer than it was."""

from pathlib import Path

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.services.follower import Follower
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import encode_line
from tests.fakes.recorded import RecordedStory


async def test_what_came_between_is_told_when_the_journal_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / ".orchestrator").mkdir()
    story = RecordedStory()
    (ref,) = story.run(["Search"])
    story.start(ref)
    note = story.tell(ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text="x" * 20_000))
    follower = Follower(story.write(tmp_path))
    told: list[tuple[int, int]] = []
    follower.watch(lambda recorded: told.append((recorded.seq, follower.state.seq)))
    story.finish(ref)
    assert follower.state.seq == note.seq
    # A record that was seen is not there any more: the file is shorter, though more came.
    shorter = [event for event in story.events if event.seq != note.seq]
    (tmp_path / ".orchestrator" / "journal.jsonl").write_bytes(
        b"".join(encode_line(encode(event)) for event in shorter)
    )
    assert await follower.look()
    new = [event.seq for event in story.events if event.seq > note.seq]
    assert told == [(seq, seq) for seq in new], "each once, with the state as it was then"
    assert not await follower.look()
