"""A repository's state as its files tell it, for commands that only look."""

from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.location import located
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState
from codex_orch_tui.services.opening import replay
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.event_codec import NewerSchemaError
from codex_orch_tui.store.journal_file import read_journal
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import Holder, holder_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenState:
    """What was read. `holder` is the program that has the repository open now, None when none has."""

    root: Path
    state: State
    holder: Holder | None
    notes: tuple[str, ...]

    def is_cut_off(self, task: Task) -> bool:
        """The journal says that the task is at work, and no program is there that could be working on it."""
        return self.holder is None and (task.state in ACTIVE or task.state is TaskState.QUEUED)


def read_state(place: Place) -> SeenState:
    """Read a repository's journal; nothing is locked, mended or written.

    Raises:
        CommandFailedError: not a repository, or its state cannot be read.
    """
    location = located(place.repo)
    layout = Layout(location.main_worktree, location.git_folder)
    try:
        holder = holder_of(*layout.locks)
        loaded = read_journal(layout.journal)
        state, skipped = replay(loaded.records)
    except StoreError as error:
        raise CommandFailedError(str(error)) from error
    except NewerSchemaError as error:
        raise CommandFailedError(f"{error} → install a newer codex-orch-tui") from error
    return SeenState(root=location.main_worktree, state=state, holder=holder, notes=(*loaded.notes, *skipped))
