"""What the figures play on: a scratch home, a repository, a journal with tasks, and a stand-in for Codex."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import ItemKind, StepStatus, Usage
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import encode_line
from codex_orch_tui.store.layout import Layout
from tests.fakes.states import Story, worktree

ROOT = Path(__file__).parents[2]
TASKS_A_RUN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A folder of its own, outside of /tmp."""

    root: Path

    @property
    def repository(self) -> Path:
        """A git repository with one commit on `main`."""
        return self.root / "shop-api"

    @property
    def codex(self) -> Path:
        """The stand-in, as a program."""
        return self.root / "codex"

    @property
    def environment(self) -> dict[str, str]:
        """What a user's terminal would set, with nothing of the user's own."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "CODEX_HOME": str(self.root / "codex-home"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
        }

    @property
    def layout(self) -> Layout:
        """Where the program keeps its state."""
        return Layout(self.repository, self.repository / ".git")


@contextmanager
def scene(*, tasks: int = 0) -> Iterator[Scene]:
    """A scene whose journal holds so many tasks; removed afterwards."""
    (ROOT / ".scratch").mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / ".scratch"))
    try:
        made = Scene(root=root)
        for folder in (made.repository, root / "home", root / "codex-home"):
            folder.mkdir()
        _make_repository(made)
        _make_codex(made)
        if tasks:
            made.layout.create()
            made.layout.journal.write_bytes(journal(tasks))
        yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _make_repository(made: Scene) -> None:
    (made.repository / "README.md").write_text("shop\n", encoding="utf-8")
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "Robin Example"),
        ("config", "user.email", "robin@example.org"),
        ("add", "--all"),
        ("commit", "--quiet", "-m", "first"),
    ):
        subprocess.run(["git", "-C", made.repository, *arguments], env=made.environment, check=True, timeout=30)


def _make_codex(made: Scene) -> None:
    source = Path(__file__).with_name("stand_in.py").read_text(encoding="utf-8")
    made.codex.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
    made.codex.chmod(0o755)


class _Journal(Story):
    """Keeps what it tells."""

    def __init__(self) -> None:
        super().__init__(time.time() - 86_400)
        self.lines: list[bytes] = []

    def tell(self, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
        recorded = super().tell(event, after_s=after_s)
        self.lines.append(encode_line(encode(recorded)))
        return recorded


def journal(tasks: int) -> bytes:
    """A day's work: runs of ten tasks of about 30 events each, merged or waiting for review."""
    told = _Journal()
    told.tell(ev.SessionOpened(pid=1, version="0.1.0"))
    for number in range(0, tasks, TASKS_A_RUN):
        titles = [f"Task number {each:04}" for each in range(number, min(tasks, number + TASKS_A_RUN))]
        for ref in told.run(titles, title=f"Run {number // TASKS_A_RUN:02}"):
            _work(told, ref)
    told.tell(ev.SessionClosed(pid=1))
    return b"".join(told.lines)


def _work(told: _Journal, ref: TaskRef) -> None:
    told.tell(ev.WorktreePlanned(ref=ref, worktree=worktree(ref)))
    told.start(ref)
    told.steps(ref, ("read", StepStatus.COMPLETED), ("write", StepStatus.IN_PROGRESS), ("test", StepStatus.PENDING))
    for number in range(3):
        told.item(ref, ItemKind.REASONING, "The empty query is passed on to the database")
        told.item(ref, ItemKind.FILE_CHANGE, f"src/api/search_{number}.py")
        told.item(ref, ItemKind.COMMAND, "pytest -q tests/test_search.py")
    told.tell(ev.UsageUpdated(ref=ref, usage=Usage(input_tokens=80_000, output_tokens=3_000, total_tokens=83_000)))
    told.finish(ref, answer="GET /search answers 400 to an empty query. I added a test for it.")
    worker = told.state.tasks[ref].worker
    assert worker is not None
    told.tell(ev.WorkerEnded(ref=ref, epoch=worker.epoch, exit_code=0, expected=True))
    if told.now_s % 2 < 1:
        told.merge(ref)
