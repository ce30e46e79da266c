"""Opening a repository: find it, lock it, and rebuild the state from its journal."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from codex_orch_tui.config import Config
from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.reducer import reduce_all
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.discovery import check_utf8
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.errors import EXIT_NOT_USABLE, OpenError
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.event_codec import NewerSchemaError, RecordError, decode
from codex_orch_tui.store.journal import Journal
from codex_orch_tui.store.journal_file import read_journal
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import RepositoryLock

PASSED_OVER = "passed over a journal record"
"""How a note begins that tells of a record of the journal that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A repository that this process holds."""

    repository: Repository
    layout: Layout
    lock: RepositoryLock
    journal: Journal
    state: State
    notes: tuple[str, ...]
    """What the person should know: what the repository lacks, what was mended in the journal."""
    pid: int

    async def release(self) -> None:
        """Write what is pending and let others in.

        Raises:
            JournalError: not everything is on disk; the lock is released all the same.
        """
        try:
            await asyncio.to_thread(self.journal.close)
        finally:
            self.lock.release()


async def open_repository(folder: Path, config: Config) -> Opened:
    """Take the repository that `folder` lies in.

    Raises:
        OpenError: not a usable repository, held by another program, or its state cannot be read or written.
    """
    try:
        repository = await Repository.open(folder)
        layout = Layout(repository.top, repository.git_dir, worktree_base=config.worktree_base)
        check_utf8(layout.worktrees)
    except GitRepoError as error:
        raise OpenError(_sentence(error), exit_code=EXIT_NOT_USABLE) from error
    try:
        layout.create()
        lock = RepositoryLock.acquire(*layout.locks)
    except StoreError as error:
        raise OpenError(_sentence(error)) from error
    try:
        layout.remove_stray()
        # Before the journal is opened for writing, which mends it: what a newer program wrote is not touched.
        known = read_journal(layout.journal)
        state, skipped = replay(known.records)
        journal, loaded = Journal.open(layout.journal, known=known)
    except (StoreError, NewerSchemaError) as error:
        lock.release()
        raise OpenError(_sentence(error)) from error
    notes = (*repository.notices, *loaded.notes, *skipped)
    return Opened(
        repository=repository,
        layout=layout,
        lock=lock,
        journal=journal,
        state=state,
        notes=notes,
        pid=os.getpid(),
    )


def replay(records: Iterable[bytes]) -> tuple[State, tuple[str, ...]]:
    """The state that a journal's records make, and a sentence for each record that was passed over.

    Raises:
        NewerSchemaError: the journal was written by a newer program.
    """
    skipped: list[str] = []

    def readable() -> Iterator[Recorded]:
        for record in records:
            try:
                yield decode(record)
            except NewerSchemaError:
                raise
            except RecordError as error:
                skipped.append(f"{PASSED_OVER}: {error}")

    state = reduce_all(State(), readable())
    return state, tuple(skipped)


def _sentence(error: Exception) -> str:
    next_step = getattr(error, "next_step", "")
    return f"{error} → {next_step}" if next_step else str(error)
