"""The same job as a call from Python: `from codex_orch_tui import run_orchestrator`.

One repository is opened, one run is worked on until nothing of it goes on without a person, and the repository is let
go of again. Nothing is merged. No question is answered unless the caller's own function answers it.
"""

import asyncio
import inspect
import json
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from codex_orch_tui.config import ConfigError, LoadedConfig, SettingsPlaces
from codex_orch_tui.config.rates import rates_of
from codex_orch_tui.domain.approval import Approval, Decider, Decision
from codex_orch_tui.domain.events import ApprovalChanged, ApprovalRequested, Recorded
from codex_orch_tui.domain.ids import ApprovalId, RunId
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.typed_task import plan_of_text
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.paths import PathsError, user_config_file
from codex_orch_tui.plans.load import load_plan, parse_plan
from codex_orch_tui.plans.plain_text import visible
from codex_orch_tui.plans.problem import PlanError
from codex_orch_tui.services.approvals import GONE
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.errors import AnswerRefusedError, NotPossibleError, OpenError, PlanRefusedError
from codex_orch_tui.services.headless import HeadlessSession, SessionEndedError, headless
from codex_orch_tui.services.landing import sentence
from codex_orch_tui.services.library_result import RunResult, run_result
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.ports import Connector
from codex_orch_tui.services.roles import RoleError
from codex_orch_tui.store.layout import STATE_FOLDER

P = ParamSpec("P")
R = TypeVar("R")

AnyPlan = Plan | Mapping[str, object] | str | os.PathLike[str]
"""A plan, or what a plan file holds, or the path of one."""
OnEvent = Callable[[Recorded], object]
OnApproval = Callable[[Approval], Decision | Awaitable[Decision | None] | None]


class RunRefusedError(Exception):
    """The run could not begin; nothing was started.

    Attributes:
        problems: all that is wrong with the plan or the settings, one line each.
    """

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


async def run_orchestrator(
    task_description: str = "",
    *,
    repo: str | os.PathLike[str] | None = None,
    base_dir: str | os.PathLike[str] | None = None,
    plan: AnyPlan | None = None,
    role: str | None = None,
    model: str | None = None,
    base_branch: str | None = None,
    spec: str = "",
    on_event: OnEvent | None = None,
    on_approval: OnApproval | None = None,
    time_limit_s: float | None = None,
    settings: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    connector: Connector | None = None,
) -> RunResult:
    """Have a sentence done, or a plan, each task by a Codex worker in a branch and worktree of its own.

    Nothing is merged: the branches stand ready for `codex-orch-tui merge`, or for the screen. A question of a worker
    waits until `on_approval` answers it, a person does (`codex-orch-tui approvals answer`, or the screen of a second
    program), or `time_limit_s` is over. When the call is cancelled the workers are stopped in good order first.

    Args:
        task_description: What is to be done; or name a plan.
        repo: Any folder in the repository; otherwise the current folder.
        base_dir: The same as `repo`, by its older name.
        plan: What is to be done instead of a sentence: a Plan, what a plan file holds, or the path of one.
        role: Who does the sentence; otherwise the role of the settings.
        model: The model for tasks that name none.
        base_branch: What the tasks start from; otherwise what is checked out.
        spec: The text of a specification that every worker gets.
        on_event: Hears of each event of the repository while this works, in the loop's thread. An exception from it
            ends the run in good order and is raised here.
        on_approval: Gets each question of the run and returns the answer, or None to leave it to a person; it may be
            asynchronous. Without it nothing is ever accepted. The history tells its answers as those of "your program".
            An exception from it ends the run as above.
        time_limit_s: So many seconds after its beginning the workers are stopped; the result says `timed_out`.
        settings: Settings that count before all others, as in orchestrator.yaml: `{"max_workers": 2}`.
        environ: Instead of this process's environment: where HOME, CODEX_HOME and PATH are.
        connector: How workers are started; otherwise the installed Codex.

    Returns:
        What became of each task, with commits, files, usage and cost.

    Raises:
        RunRefusedError: It could not begin: no repository, another program holds it, wrong settings, a plan that
            cannot run.
        ValueError: The arguments do not go together.
    """
    wanted = _Wanted(task_description, plan, role=role, model=model, base_branch=base_branch, spec=spec)
    folder = _folder(repo, base_dir)
    environ = dict(os.environ if environ is None else environ)
    loaded = await _settings(folder, settings or {}, environ)
    connector = connector or CodexConnector(
        codex_path=loaded.config.codex_path, extra_names=loaded.config.pass_environment, environment=environ
    )
    calls = _Calls(on_event=on_event, on_approval=on_approval)
    try:
        async with headless(folder, loaded.config, connector, loaded=loaded, environ=environ) as session:
            run, timed_out = await _work(session, wanted, calls, time_limit_s)
    except OpenError as error:
        raise RunRefusedError(str(error)) from error
    if calls.failure is not None:
        raise calls.failure
    orchestrator = session.orchestrator
    card = rates_of(orchestrator.config.rate_card)
    return await asyncio.to_thread(run_result, orchestrator.state, run, orchestrator.layout, card, timed_out=timed_out)


def _waiting(call: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """The same for programs without an event loop: it returns when the run is over.

    Raises:
        RuntimeError: An event loop runs in this thread.
    """

    @wraps(call)
    def wait(*args: P.args, **options: P.kwargs) -> R:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            name = call.__name__
            raise RuntimeError(f"an event loop runs here: await {name}(...) instead of {name}_sync(...)")
        return asyncio.run(call(*args, **options))

    wait.__name__ = wait.__qualname__ = f"{call.__name__}_sync"
    return wait


run_orchestrator_sync = _waiting(run_orchestrator)


# -- what is wanted ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be done; the arguments go together."""

    text: str
    plan: AnyPlan | None
    role: str | None = field(kw_only=True)
    model: str | None = field(kw_only=True)
    base_branch: str | None = field(kw_only=True)
    spec: str = field(kw_only=True)

    def __post_init__(self) -> None:
        if bool(self.text.strip()) == (self.plan is not None):
            raise ValueError("say what to do: task_description, or plan, and not both")
        if self.plan is not None and self.role is not None:
            raise ValueError("role goes with task_description; the tasks of a plan name their own")

    async def begin(self, orchestrator: Orchestrator) -> RunId:
        """Begin it.

        Raises:
            RunRefusedError: It cannot begin.
        """
        branch = self.base_branch or (await orchestrator.base_info()).current
        if branch is None:
            raise RunRefusedError("no branch is checked out here to start from; name one: base_branch")
        try:
            plan = await asyncio.to_thread(self._plan, orchestrator)
            return (await orchestrator.create_run(plan, branch))[0].run
        except PlanError as error:
            raise RunRefusedError(str(error), tuple(map(str, error.problems))) from error
        except PlanRefusedError as error:
            raise RunRefusedError(str(error), error.problems) from error
        except (RoleError, NotPossibleError) as error:
            raise RunRefusedError(str(error)) from error

    def _plan(self, orchestrator: Orchestrator) -> Plan:
        """The plan; in a thread, as it reads files."""
        if self.plan is None:
            profile = orchestrator.roles().profile(self.role or orchestrator.config.role)
            text = visible(self.text.encode(errors="replace").decode())
            return plan_of_text(text, profile, model=self.model, spec=self.spec)
        plan = self._given(self.plan, orchestrator)
        if self.model is None:
            return plan
        return replace(
            plan, tasks=tuple(task if task.model else replace(task, model=self.model) for task in plan.tasks)
        )

    def _given(self, plan: AnyPlan, orchestrator: Orchestrator) -> Plan:
        if isinstance(plan, Plan):
            return replace(plan, spec=self.spec or plan.spec)
        roles = orchestrator.role_profiles()
        if isinstance(plan, Mapping):
            return parse_plan(Path("plan.json"), json.dumps(plan).encode(), roles, spec=self.spec)
        return load_plan(Path(plan), roles, spec=self.spec)


def _folder(repo: str | os.PathLike[str] | None, base_dir: str | os.PathLike[str] | None) -> Path:
    if repo is not None and base_dir is not None and Path(repo).absolute() != Path(base_dir).absolute():
        raise ValueError("repo and base_dir mean the same; name one of them")
    return Path(repo or base_dir or ".").absolute()


async def _settings(folder: Path, overrides: Mapping[str, object], environ: Mapping[str, str]) -> LoadedConfig:
    try:
        repository = await Repository.open(folder)
        places = SettingsPlaces(
            project_file=repository.top / STATE_FOLDER / "orchestrator.yaml",
            user_file=user_config_file(environ),
            environ=environ,
            overrides=overrides,
        )
        return await asyncio.to_thread(places.load)
    except GitRepoError as error:
        raise RunRefusedError(sentence(error)) from error
    except PathsError as error:
        raise RunRefusedError(str(error)) from error
    except ConfigError as error:
        raise RunRefusedError(str(error), tuple(map(str, error.problems))) from error


# -- how it is done ---------------------------------------------------------------------------------------------------


async def _work(
    session: HeadlessSession, wanted: _Wanted, calls: "_Calls", time_limit_s: float | None
) -> tuple[RunId, bool]:
    """Begin it and return when it is at rest; whether the time was over before.

    Raises:
        RunRefusedError: It could not begin.
        Exception: What a function of the caller raised.
    """
    calls.begin(session)
    try:
        run = calls.run = await session.result(wanted.begin(session.orchestrator))
        calls.has_begun.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(time_limit_s) as limit:
                await session.until_idle()
    except SessionEndedError:
        assert calls.failure is not None, "nothing else ends it"
        raise calls.failure from None
    finally:
        await calls.end()
    return run, limit.expired()


class _Calls:
    """Calls the caller's functions. What one of them raises ends the session, and is kept for the caller."""

    def __init__(self, *, on_event: OnEvent | None, on_approval: OnApproval | None) -> None:
        self._on_event = on_event
        self._on_approval = on_approval
        self._asking: set[asyncio.Task[None]] = set()
        self._session: HeadlessSession | None = None
        self.run: RunId | None = None
        self.has_begun = asyncio.Event()
        self.failure: Exception | None = None

    def begin(self, session: HeadlessSession) -> None:
        """Hear of everything from here on, also of how the workers are stopped at the end."""
        self._session = session
        session.orchestrator.watch_events(self._take)

    async def end(self) -> None:
        """Ask nothing more."""
        self._on_approval = None
        for task in self._asking:
            task.cancel()
        if self._asking:
            await asyncio.wait(self._asking)

    def _take(self, recorded: Recorded) -> None:
        if self._on_event is not None and self.failure is None:
            try:
                self._on_event(recorded)
            except Exception as error:  # noqa: BLE001 - raised to the caller; here it would stop the journal
                self._fail(error)
        if self._on_approval is not None and isinstance(recorded.event, ApprovalRequested | ApprovalChanged):
            task = asyncio.get_running_loop().create_task(self._ask(recorded.event.approval, self._on_approval))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, approval_id: ApprovalId, on_approval: OnApproval) -> None:
        assert self._session is not None, "events come after the beginning"
        orchestrator = self._session.orchestrator
        await self.has_begun.wait()
        approval = orchestrator.state.approvals[approval_id]
        if not approval.is_pending or approval.ref.run != self.run:
            return
        try:
            given = on_approval(approval)
            decision = await given if inspect.isawaitable(given) else given
            if decision is not None:
                await orchestrator.answer(approval_id, decision, by=Decider.CALLER)
        except AnswerRefusedError as error:
            now = orchestrator.state.approvals[approval_id]
            # Somebody was quicker, or it is asked again because it has changed: then it comes by once more.
            if str(error) != GONE and now.is_pending and now.times_asked == approval.times_asked:
                self._fail(error)
        except Exception as error:  # noqa: BLE001 - raised to the caller
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self.failure is None:
            self.failure = error
        assert self._session is not None, "events come after the beginning"
        self._session.end()
