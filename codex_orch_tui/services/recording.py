"""Where the recording of a run lies: in this repository, in a copied state folder, or in a run's folder alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.errors import EXIT_NOT_USABLE, OpenError
from codex_orch_tui.store.errors import JournalError
from codex_orch_tui.store.journal_pages import JournalPages, run_of
from codex_orch_tui.store.layout import JOURNAL, RUNS, STATE_FOLDER

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One run as it was recorded. Whoever takes it closes its pages."""

    run: RunId
    run_folder: Path
    """Its tasks' raw logs lie below."""
    pages: JournalPages
    start_bytes: int
    """Where its first record begins."""
    name: str
    """What the recording is of, for the person: the repository's name, or the folder's."""


def find_recording(named: str, main_worktree: Path | None) -> Recording:
    """The recording that a person named.

    Args:
        named: a run's id, or a beginning of it that only one has, in the repository; or a folder: a run's, a
            `.orchestrator`, or one that holds a `.orchestrator`.
        main_worktree: the repository that ids are looked up in; None outside of one.

    Raises:
        OpenError: there is no such run, or its recording cannot be read.
    """
    folder = Path(named)
    try:
        if folder.is_dir() and (main_worktree is None or not _is_run(named, main_worktree)):
            return _of_folder(folder.resolve())
        if main_worktree is None:
            raise _unusable(f"there is no folder {named!r}, and no repository around here that could know such a run")
        return _of_state(main_worktree / STATE_FOLDER, named, main_worktree.name)
    except JournalError as error:
        raise OpenError(clean_line(str(error))) from error


def _is_run(named: str, main_worktree: Path) -> bool:
    return "/" not in named and named not in {"", ".", ".."} and (main_worktree / STATE_FOLDER / RUNS / named).is_dir()


def _of_folder(folder: Path) -> Recording:
    if (folder / STATE_FOLDER).is_dir():
        return _only_run(folder / STATE_FOLDER, folder.name)
    if (folder / RUNS).is_dir() and (folder / JOURNAL).is_file():
        return _only_run(folder, folder.parent.name if folder.name == STATE_FOLDER else folder.name)
    if (folder / JOURNAL).is_file():
        return _of_run_folder(folder)
    if folder.parent.name == RUNS and (folder.parent.parent / JOURNAL).is_file():
        return _of_state(folder.parent.parent, folder.name, folder.parent.parent.parent.name)
    raise _unusable(
        f"{folder} holds no recording → a run's folder has a {JOURNAL} when it was written by this version; "
        f"of an older one copy the whole {STATE_FOLDER} and name it, or the run's folder in it"
    )


def _of_run_folder(folder: Path) -> Recording:
    """A run's folder with its own part of the journal; it may have another name than the run."""
    pages = JournalPages(folder / JOURNAL)
    page = pages.page(0)
    run = next((run for record, _ in page.records if (run := run_of(record)) is not None), None)
    if run is None:
        pages.close()
        raise _unusable(f"{folder / JOURNAL} tells of no run" + (f": {page.damage}" if page.damage else ""))
    return Recording(run=run, run_folder=folder, pages=pages, start_bytes=0, name=folder.name)


def _only_run(state_folder: Path, name: str) -> Recording:
    pages = JournalPages(state_folder / JOURNAL)
    runs = list(pages.starts())
    pages.close()
    if len(runs) == 1:
        return _of_state(state_folder, runs[0], name)
    if not runs:
        raise _unusable(f"{state_folder} holds no run")
    listed = ", ".join(runs[-_NAMED:]) + (f" and {len(runs) - _NAMED} older ones" if len(runs) > _NAMED else "")
    raise _unusable(f"{state_folder} holds {len(runs)} runs → name one as {state_folder}/{RUNS}/RUN: {listed}")


def _of_state(state_folder: Path, named: str, name: str) -> Recording:
    try:
        pages = JournalPages(state_folder / JOURNAL)
    except FileNotFoundError:
        raise _unusable(f"there is no run {named!r}; there is no run here yet") from None
    try:
        run = RunId(named)
        start = pages.start_of(run)
        if start is None:
            run = _begins_so(named, list(pages.starts()))
            start = pages.start_of(run)
    except BaseException:
        pages.close()
        raise
    return Recording(run=run, run_folder=state_folder / RUNS / run, pages=pages, start_bytes=start or 0, name=name)


def _begins_so(named: str, runs: Sequence[RunId]) -> RunId:
    found = [run for run in runs if named and run.startswith(named)]
    if len(found) == 1:
        return found[0]
    if found:
        raise _unusable(f"run {named!r} can be {', '.join(found[:_NAMED])}; type more of it")
    near = get_close_matches(named, runs, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"the newest is {runs[-1]}" if runs else "there is no run here yet"
    raise _unusable(f"there is no run {named!r}; {hint}")


def _unusable(text: str) -> OpenError:
    return OpenError(clean_line(text), exit_code=EXIT_NOT_USABLE)
