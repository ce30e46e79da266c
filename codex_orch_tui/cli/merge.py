"""`merge`: the base branch goes forward to a run's commits."""

from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import TASK, run_option
from codex_orch_tui.cli.done import AS_JSON, tell_done
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError

if TYPE_CHECKING:
    from codex_orch_tui.cli.acting import Ground
    from codex_orch_tui.domain.ids import RunId, TaskRef
    from codex_orch_tui.domain.merge import Merged
    from codex_orch_tui.domain.state import State


@click.command(short_help="Fast-forward the base to the commits of a run.")
@run_option("with work to merge")
@click.option("--allow-automerge", is_flag=True, help="Also what nobody has read: each such task is marked as unread.")
@click.option("--without", type=TASK, multiple=True, metavar="TASK", help="Leave this task out, and what stands on it.")
@AS_JSON
@in_place
def merge(place: Place, run: str | None, allow_automerge: bool, without: tuple[str, ...], as_json: bool) -> int:
    """Fast-forward the base branch to the commits of a run, or do nothing.

    Only a fast-forward: nothing is pushed, and no merge commit is made. A run of several tasks lands as one: its tasks
    in graph order, their checks on exactly the commit that becomes the tip, then the move. Without --allow-automerge
    nothing is merged that no person has reviewed on the screen; with it such a task is merged, and the record says that
    nobody read it. A task that is not done stops the merge, unless it is named by --without.

    Without --run-id it is the only run with work to merge; with none or several of them it ends with 2.

    Ends with 5 when it is refused, and nothing has moved then: not reviewed, the base has moved on, edits of yours in
    the way, a red check. Ends with 4 while something of the run is at work.

    The JSON document is described by schemas/done.json.

    \b
    Example:
      codex-orch-tui merge --run-id 1120-1424 --allow-automerge
    """
    from codex_orch_tui.cli.acting import ground_of, told
    from codex_orch_tui.cli.names import find_task
    from codex_orch_tui.cli.one_run import one_run
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.cli.run_end import has_work_to_merge

    state = read_state(place).state
    found = one_run(state, run, has=lambda one: has_work_to_merge(state, one), what="work to merge")
    left_out = tuple(find_task(state, one if "/" in one else f"{found.id}/{one}") for one in without)
    _refuse_busy(state, found.id)
    with told():
        merged = _merged(ground_of(place), found.id, left_out, allow_automerge=allow_automerge)
    if merged is None:
        tell_done("merge", [f"{found.id}: merged already"], as_json=as_json, run=found.id)
    else:
        line = f"{merged.base_branch}: {merged.old[:10]} → {merged.new[:10]}"
        where = f" · the files in {merged.checkout} are updated" if merged.checkout else ""
        facts = {"base_branch": merged.base_branch, "old": merged.old, "new": merged.new}
        tell_done("merge", [f"{found.id}: {line}{where}"], as_json=as_json, run=found.id, **facts)
    return ExitCode.DONE


def _refuse_busy(state: "State", run: "RunId") -> None:
    from codex_orch_tui.cli.run_end import is_at_rest

    if not is_at_rest(state, state.runs[run]):
        told = f"{run} is still at work → codex-orch-tui wait --until done --run {run}"
        raise CommandFailedError(told, ExitCode.WAITING)


def _merged(
    ground: "Ground", run: "RunId", left_out: "tuple[TaskRef, ...]", *, allow_automerge: bool
) -> "Merged | None":
    from codex_orch_tui.cli.acting import alone_or_through
    from codex_orch_tui.cli.merging import Merging
    from codex_orch_tui.domain.key_marks import off_screen
    from codex_orch_tui.services.errors import NoHolderError, NoReplyError, NotPossibleError

    merging = Merging(run=run, left_out=left_out, may_be_unread=allow_automerge)
    try:
        return alone_or_through(
            ground,
            lambda session: merging.merge(session.orchestrator),
            lambda viewer, _waiting: merging.merge(viewer),
        )
    except (NoHolderError, NoReplyError):
        raise
    except NotPossibleError as error:
        told = f"nothing of {run} was merged: {off_screen(str(error))}"
        raise CommandFailedError(told, ExitCode.REFUSED) from error
