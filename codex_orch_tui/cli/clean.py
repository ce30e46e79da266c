"""`clean` and `prune`: what is left of runs that are over goes; what anybody could still want stays."""

import re
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.cleaned import cleaned_lines, tell_cleaned
from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import RUN, run_option
from codex_orch_tui.cli.done import AS_JSON
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError

if TYPE_CHECKING:
    from codex_orch_tui.cli.acting import Ground
    from codex_orch_tui.domain.cleaning import Cleaned, CleanHow
    from codex_orch_tui.domain.ids import RunId
    from codex_orch_tui.domain.run import Run
    from codex_orch_tui.domain.state import State

DEFAULT_AGE = "30d"
_AGE = re.compile(r"([0-9]{1,9})([smhdw]?)")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "": 86400}


@click.command(short_help="Remove worktrees and branches of a run that is over.")
@run_option("with anything left")
@click.option("--keep-branches", is_flag=True, help="Let its branches stay.")
@AS_JSON
@in_place
def clean(place: Place, run: str | None, keep_branches: bool, as_json: bool) -> int:
    """Remove what a run has no more use for: worktrees, branches and temporary folders of its merged or ended tasks.

    Nothing is lost: each branch is kept under a backup ref first, and the command that brings it back is told. The
    run's reports and logs stay; `prune` removes those of old runs. What stays is told with its reason: what is at work
    or can be resumed, what holds edits in no commit, commits that are not merged, a folder that was moved, replaced or
    switched to another branch, a branch that is checked out elsewhere or that another run starts from. Only branches
    that this run made for itself are deleted, whatever is checked out in its folders.

    Ends with 4 when something of the run stays. While another program holds the repository, that one does it.

    Without --run-id it is the only run with worktrees or branches left; with none or several of them it ends with 2.

    The JSON document is described by schemas/cleaned.json.

    \b
    Example:
      codex-orch-tui clean --run-id 1120-1424
    """
    from codex_orch_tui.cli.acting import ground_of
    from codex_orch_tui.cli.one_run import one_run
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.domain.cleaning import CleanHow

    state = read_state(place).state
    found = one_run(state, run, has=lambda one: has_left(state, one), what="worktrees or branches left")
    cleaned = _applied(ground_of(place), (found.id,), CleanHow(keep_branches=keep_branches))
    tell_cleaned("clean", cleaned, cleaned_lines(cleaned), as_json=as_json)
    return ExitCode.WAITING if any(one.kept for one in cleaned) else ExitCode.DONE


@click.command(short_help="Remove old runs; without --apply it only tells.")
@click.option("--older-than", metavar="N", help=f"12h, 30d, 8w; a bare number is days.  [default: {DEFAULT_AGE}]")
@click.option("--run-id", "--run", "run", type=RUN, metavar="R", help="Only this run, however old it is.")
@click.option("--apply", "applies", is_flag=True, help="Do it. Without this nothing is changed.")
@click.option("--no-resume", is_flag=True, help="Give up what could be resumed too; its commits go to a backup ref.")
@AS_JSON
@in_place
def prune(place: Place, older_than: str | None, run: str | None, applies: bool, no_resume: bool, as_json: bool) -> int:
    """Tell what of old runs could go; with --apply, remove it.

    As `clean`, and of a run that is over altogether its folder goes too: reports, raw logs, the copy of its part of the
    journal. That cannot be undone; the journal itself still knows the run, and `report` is made from it. Backups of
    landings that failed go when the base branch has all their changes.

    A run is as old as the last thing that happened to it. Tasks that were cut off or have failed keep their run, unless
    --no-resume gives them up; not even that touches edits in no commit.

    Ends with 4 when the run that you named stays, or a part of it.

    The JSON document is described by schemas/cleaned.json.

    \b
    Examples:
      codex-orch-tui prune                            what could go
      codex-orch-tui prune --older-than 12h --apply   remove it
      codex-orch-tui prune --run-id 1120-1424 --no-resume --apply
    """
    from codex_orch_tui.cli.acting import ground_of
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.domain.cleaning import CleanHow

    seen = read_state(place)
    runs = _wanted(seen.state, run, older_than)
    ground, how = ground_of(place), CleanHow(prunes=True, no_resume=no_resume)
    cleaned = _applied(ground, runs, how) if applies else _looked(ground, seen.state, runs, how)
    lines = cleaned_lines(cleaned, of_many=run is None)
    tell_cleaned("prune", cleaned, lines, as_json=as_json)
    return ExitCode.WAITING if applies and run is not None and cleaned[0].kept else ExitCode.DONE


def seconds(text: str) -> float:
    """A span of time as people type it.

    Raises:
        CommandFailedError: it is none.
    """
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        told = f"--older-than: {text!r} is no time → a number with s, m, h, d or w, as in 12h or 30d"
        raise CommandFailedError(told, ExitCode.NOT_USABLE)
    return float(int(found[1]) * _UNIT_S[found[2]])


def has_left(state: "State", run: "Run") -> bool:
    """A task of it has a worktree or a branch that was not removed."""
    from codex_orch_tui.domain import selectors as sel

    return any(
        task.worktree is not None and not (task.worktree_removed and sel.is_branch_gone(state, task))
        for task in sel.work_of(state, run)
    )


def _wanted(state: "State", run: str | None, older_than: str | None) -> "tuple[RunId, ...]":
    import time

    from codex_orch_tui.cli.names import find_run
    from codex_orch_tui.domain.cleaning import last_change_s

    if run is not None and older_than is None:
        return (find_run(state, run).id,)
    before_s = time.time() - seconds(older_than or DEFAULT_AGE)
    old = tuple(one for one in state.runs if last_change_s(state, one) <= before_s)
    if run is None:
        return old
    named = find_run(state, run).id
    if named not in old:
        raise CommandFailedError(f"{named} is not older than {older_than}; nothing was changed", ExitCode.REFUSED)
    return (named,)


def _applied(ground: "Ground", runs: "tuple[RunId, ...]", how: "CleanHow") -> "list[Cleaned]":
    from codex_orch_tui.cli.acting import alone_or_through, told
    from codex_orch_tui.services.facade import Facade

    done: list[Cleaned] = []

    async def each(facade: Facade) -> "list[Cleaned]":
        while len(done) < len(runs):  # when the holder goes on the way, another one does the rest
            done.append(await facade.clean_run(runs[len(done)], how))
        return done

    if not runs:
        return []
    with told():
        return alone_or_through(
            ground, lambda session: each(session.orchestrator), lambda viewer, _waiting: each(viewer)
        )


def _looked(ground: "Ground", state: "State", runs: "tuple[RunId, ...]", how: "CleanHow") -> "list[Cleaned]":
    """The same without doing it: nothing is locked or written."""
    import asyncio
    from functools import partial

    from codex_orch_tui.gitrepo.errors import GitRepoError
    from codex_orch_tui.gitrepo.repository import Repository
    from codex_orch_tui.gitrepo.worktrees import Worktrees
    from codex_orch_tui.services.clean_look import CleanLook
    from codex_orch_tui.services.landing import sentence
    from codex_orch_tui.services.own_branches import branch_named
    from codex_orch_tui.store.errors import StoreError

    async def look() -> "list[Cleaned]":
        repository = await Repository.open(ground.layout.main_worktree)
        worktrees = Worktrees(repository, ground.layout.worktrees)
        looking = CleanLook(
            repository=repository,
            layout=ground.layout,
            worktrees=worktrees,
            branch_for=partial(branch_named, ground.loaded.config.branch_template),
            is_held=ground.holder is not None,
        )
        return [(await looking.of(state, state.runs[run], how)).told() for run in runs]

    try:
        return asyncio.run(look()) if runs else []
    except (GitRepoError, StoreError) as error:
        raise CommandFailedError(sentence(error)) from error
