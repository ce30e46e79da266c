"""What is taken away of a run, what is kept, and how a branch comes back. Every text is clean."""

from enum import StrEnum

from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.values import dataclass


class Part(StrEnum):
    """What there is of a run outside of the journal."""

    TASK = "task"
    """A task that had stopped before its end: it is given up."""
    WORKTREE = "worktree"
    BRANCH = "branch"
    PRIVATE_TMP = "private tmp"
    """The TMPDIR of a worker or a check."""
    BACKUP = "backup ref"
    """Of a landing that failed."""
    RUN_FOLDER = "run folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanHow:
    """How much goes. `prunes`: the run's folder too, and backups of failed landings that hold nothing of their own."""

    keep_branches: bool = False
    prunes: bool = False
    no_resume: bool = False
    """Also what could be resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Something that went, or would go. `undo` is the command that brings it back; empty where there is none."""

    part: Part
    name: str
    backup_ref: str = ""
    undo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something that stays, and why."""

    part: Part
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What became of a run; with `applied` False what would become of it."""

    run: RunId
    removed: tuple[Removed, ...]
    kept: tuple[Kept, ...]
    applied: bool


def last_change_s(state: State, run: RunId) -> float:
    """When something happened to a run for the last time, in seconds since the epoch."""
    found = state.runs[run]
    times = [found.created_at_s]
    for ref in found.tasks:
        task = state.tasks[ref]
        times += [task.since_s, *(one for one in (task.ended_at_s, task.started_at_s) if one is not None)]
    if found.landing is not None:
        times.append(found.landing.ended_at_s or found.landing.began_at_s)
    return max(times)
