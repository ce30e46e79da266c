"""Work on a run without a screen: in this program, or followed in the one that holds the repository."""

import asyncio
import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from codex_orch_tui.cli.acting import Ground, alone_or_through, told
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.out import Out
from codex_orch_tui.cli.progress import JsonLines, Lines, Teller
from codex_orch_tui.cli.run_end import end_lines, is_at_rest, run_code
from codex_orch_tui.cli.stopping import stop_run
from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE
from codex_orch_tui.services.errors import NoHolderError, NoReplyError, NotPossibleError

if TYPE_CHECKING:
    from codex_orch_tui.cli.begin import Beginning
    from codex_orch_tui.cli.plan_first import Approving
    from codex_orch_tui.services.facade import Facade
    from codex_orch_tui.services.headless import HeadlessSession, Waiting
    from codex_orch_tui.services.viewer import Viewer


def work(ground: Ground, beginning: "Beginning", *, as_json: bool, approving: "Approving | None" = None) -> int:
    """Begin it and work until its run is at rest; a question waits for as long as it takes.

    While another program holds the repository, that one does it, and this one follows and tells how it goes.

    Args:
        ground: Where.
        beginning: What begins it.
        as_json: Tell events as JSONL.
        approving: What becomes of the plan of a navigator; None: it is not about one.

    Returns:
        The exit code.

    Raises:
        CommandFailedError: It could not begin.
    """
    telling = Telling(Out(), as_json=as_json)
    # Workers that are stopped at the end are told as well, each time with the bar below.
    with told(), closing(telling):
        return alone_or_through(
            ground,
            lambda session: _here(session, beginning, approving, telling),
            lambda viewer, waiting: _there(viewer, waiting, beginning, approving, telling),
        )


class Telling:
    """Tells of one run what happens, from its first event on.

    Args:
        out: Where.
        as_json: Events as JSONL; lines for people otherwise.
    """

    def __init__(self, out: Out, *, as_json: bool) -> None:
        self.out = out
        self.as_json = as_json
        self.run: RunId | None = None
        self._early: list[tuple[Recorded, State]] = []
        self._teller: Teller = JsonLines(out, lambda: self.run) if as_json else Lines(out, lambda: self.run)

    def take(self, recorded: Recorded, state: State) -> None:
        """Something happened. It is told as soon as it is known which run this is about."""
        if self.run is None:
            self._early.append((recorded, state))
        else:
            self._teller.take(recorded, state)

    def tell_of(self, run: RunId, state: State) -> None:
        """This is the run."""
        self.run = run
        found = state.runs[run]
        if not self.as_json:
            tasks = "1 task" if len(found.tasks) == 1 else f"{len(found.tasks)} tasks"
            self.out.say(f"run {run}: {found.title} ({tasks}, from {found.base_branch})")
        early, self._early = self._early, []
        for recorded, then in early:
            self._teller.take(recorded, then)
        self._teller.tick(state)

    def another(self) -> None:
        """What comes next is another run."""
        self._teller.close()
        self.run = None

    def tick(self, state: State) -> None:
        """A second has passed."""
        self._teller.tick(state)

    def close(self) -> None:
        """Take the bar away; what comes now is told without."""
        self._teller.close()

    def note(self, text: str) -> None:
        """Tell something beside the output, which may be for a program."""
        with suppress(OSError):
            sys.stderr.write(f"codex-orch-tui: {text}\n")
            sys.stderr.flush()


async def _here(
    session: "HeadlessSession", beginning: "Beginning", approving: "Approving | None", telling: Telling
) -> int:
    from codex_orch_tui.services.headless import SessionEndedError

    orchestrator = session.orchestrator
    for note in orchestrator.notes:
        telling.note(note)
    # Not taken back: how workers are stopped at the end is told as well.
    orchestrator.watch_events(lambda recorded: telling.take(recorded, orchestrator.state))
    ticking = asyncio.create_task(_tick(telling, orchestrator))
    with session.signals(lambda _number: _say_what_is_stopped(telling, orchestrator.state)):
        try:
            telling.tell_of(await session.result(beginning.begin(orchestrator)), orchestrator.state)
            await session.until_idle()
            if approving is not None:
                code, following = await approving.decide(orchestrator, telling)
                if following is None:
                    return code
                telling.another()
                telling.tell_of(await session.result(following.begin(orchestrator)), orchestrator.state)
                await session.until_idle()
        except SessionEndedError as error:
            assert error.by is not None, "only signals end it"
            return 128 + error.by
        finally:
            ticking.cancel()
            telling.close()
    return _end(orchestrator.state, telling)


async def _there(
    viewer: "Viewer", waiting: "Waiting", beginning: "Beginning", approving: "Approving | None", telling: Telling
) -> int:
    """Another program does it. A signal stops this run there, as it would here, and nothing else."""
    from codex_orch_tui.services.headless import SessionEndedError

    telling.note(
        f"{viewer.viewing.holder} holds this repository and does it; this program follows. ctrl+c stops this run there"
    )
    viewer.watch_events(lambda recorded: telling.take(recorded, viewer.state))
    ticking = asyncio.create_task(_tick(telling, viewer))
    under_way = beginning
    with waiting.signals():
        try:
            await _followed(viewer, waiting, beginning, telling)
            if approving is not None and viewer.viewing.holder:
                code, following = await approving.decide(viewer, telling)
                if following is None:
                    return code
                telling.another()
                under_way = following
                await _followed(viewer, waiting, following, telling)
        except NoHolderError as error:
            if telling.run is not None or under_way is not beginning:
                raise NotPossibleError(str(error)) from error  # what was begun must not begin anew
            telling.note("it has ended and did not begin it; this program does it itself")
            raise
        except SessionEndedError as error:
            assert error.by is not None, "only signals end it"
            telling.close()
            if viewer.viewing.holder:
                await _stop_there(viewer, telling.run or under_way.known_run, telling)
            return 128 + error.by
        finally:
            ticking.cancel()
            telling.close()
    assert telling.run is not None, "it was begun"
    if not is_at_rest(viewer.state, viewer.state.runs[telling.run]):
        telling.note(f"the program that worked on it has ended → codex-orch-tui resume --run-id {telling.run}")
        return ExitCode.FAILED
    return _end(viewer.state, telling)


async def _stop_there(viewer: "Viewer", run: RunId | None, telling: Telling) -> None:
    if run is not None:
        telling.note(f"stopping {run}; edits are committed …{_later(run)}")
        await stop_run(viewer, run)
        return
    telling.note(
        f"no run is known yet: if {viewer.viewing.holder} has begun it, it goes on there "
        "→ codex-orch-tui status shows it, codex-orch-tui stop RUN stops it"
    )


async def _followed(viewer: "Viewer", waiting: "Waiting", beginning: "Beginning", telling: Telling) -> None:
    """Return when the run is at rest, or nobody is there any more that could work on it."""
    run = await waiting.result(beginning.begin(viewer))
    await waiting.until(lambda: run in viewer.state.runs or not viewer.viewing.holder)
    if run not in viewer.state.runs:
        raise NoReplyError(f"the program that was to do it has ended, and the journal does not know {run}")
    telling.tell_of(run, viewer.state)
    await waiting.until(lambda: is_at_rest(viewer.state, viewer.state.runs[run]) or not viewer.viewing.holder)


async def _tick(telling: Telling, facade: "Facade") -> None:
    while True:
        await asyncio.sleep(1.0)
        telling.tick(facade.state)


def _later(run: RunId | None) -> str:
    return "" if run is None else f" → codex-orch-tui resume --run-id {run} goes on with it"


def _say_what_is_stopped(telling: Telling, state: State) -> None:
    telling.close()
    active = sum(task.state in ACTIVE for task in state.tasks.values())
    if active:
        telling.note(f"stopping {active} worker{'s' if active > 1 else ''}; edits are committed …{_later(telling.run)}")


def _end(state: State, telling: Telling) -> int:
    assert telling.run is not None, "it was begun"
    if not telling.as_json:
        telling.out.say(*end_lines(state, telling.run))
    return run_code(state, state.runs[telling.run])
