"""Stories that keep their events, and write them as the program does."""

import json
from pathlib import Path

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.store.event_codec import SCHEMA_VERSION, encode
from codex_orch_tui.store.journal_file import encode_line
from codex_orch_tui.store.layout import RUNS, STATE_FOLDER, task_files
from tests.fakes.states import NOW_S, Story


class RecordedStory(Story):
    """Keeps what it tells."""

    def __init__(self, start_s: float = NOW_S) -> None:
        self.events: list[ev.Recorded] = []
        super().__init__(start_s)

    def tell(self, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
        """One event, `after_s` seconds after the one before."""
        recorded = super().tell(event, after_s=after_s)
        self.events.append(recorded)
        return recorded

    @property
    def lines(self) -> list[bytes]:
        """The journal's lines."""
        return [encode_line(encode(event)) for event in self.events]

    def write(self, repository: Path) -> Path:
        """Write the journal of a repository; returns its path."""
        journal = repository / STATE_FOLDER / "journal.jsonl"
        journal.parent.mkdir(exist_ok=True)
        journal.write_bytes(b"".join(self.lines))
        return journal


def newer(seq: int) -> bytes:
    """A record of a version of the program that is yet to come."""
    return b'{"v":%d,"seq":%d,"ts":1.0,"type":"TaskTeleported","data":{}}' % (SCHEMA_VERSION + 1, seq)


def says(text: str, at_s: float) -> bytes:
    """A raw line in which a worker says something."""
    message = {
        "method": "item/completed",
        "params": {
            "item": {"type": "agentMessage", "id": f"m-{at_s}", "text": text},
            "completedAtMs": int(at_s * 1000),
        },
        "emittedAtMs": int(at_s * 1000),
    }
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def write_raw(repository: Path, ref: TaskRef, *lines: bytes) -> Path:
    """Write the raw log of a task; returns its path."""
    return write_raw_of(repository / STATE_FOLDER / RUNS / ref.run, ref, *lines)


def write_raw_of(run_folder: Path, ref: TaskRef, *lines: bytes) -> Path:
    """Write the raw log of a task into a run's folder; returns its path."""
    path = task_files(run_folder, ref.task).events
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))
    return path


def run_of_story(story: Story) -> RunId:
    """The first run."""
    return next(iter(story.state.runs))
