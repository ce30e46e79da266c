"""What a job does for its task: from a worktree over turns, commits, answers and checks to work that is done."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind, TurnStatus
from codex_orch_tui.domain.limits import no_further_turn
from codex_orch_tui.domain.secrets import holds_mark
from codex_orch_tui.domain.task import Task
from codex_orch_tui.services.crew import Crew
from codex_orch_tui.services.errors import WorkspaceError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.ports import ConnectionFailedError
from codex_orch_tui.services.starting_point import clash_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex_orch_tui.services.answers import Answers
    from codex_orch_tui.services.checks import Checks
    from codex_orch_tui.services.guardrails import Guardrails
    from codex_orch_tui.services.worker import TurnResult
    from codex_orch_tui.services.workspace import Workspace

_INCOMPLETE_PROMPT = Fault(
    kind=FaultKind.OTHER,
    message="the task had a secret in it, which is not kept on disk: its text is no longer whole",
    next_step="send it again, the whole of it (s), or discard the task (D)",
)


@dataclass(slots=True)
class Conduct:
    """How a job and whoever stops it know of each other."""

    is_starting: bool = False
    """Being prepared, connected or checked: every step up to the turn can be cancelled and tidies up."""
    stop_cause: str = ""
    """Why the job is being stopped; empty as long as it is not."""


@dataclass(slots=True, kw_only=True)
class TaskWork:
    """The steps of jobs. An error ends the job; the supervisor tells it as the task's end.

    Args:
        hub: where events go.
        crew: the worker processes.
        workspace: gives what makes worktrees and commits; called when the first task needs it.
        answers: gives what checks answers; called when the first turn begins.
        checks: gives what runs checks; called when the first turn is over.
        guardrails: gives what looks at commits; called when the first task is done.
    """

    hub: Hub
    crew: Crew
    workspace: "Callable[[], Workspace]"
    answers: "Callable[[], Answers]"
    checks: "Callable[[], Checks]"
    guardrails: "Callable[[], Guardrails]"

    async def first_turn(self, ref: TaskRef, conduct: Conduct, text: str = "", *, make_folder: bool = False) -> None:
        """The task's own prompt; `text` is what the person adds to it.

        A prompt with a secret in it is not whole after a restart: then `text` has to tell the whole task.
        """
        prompt = self._task(ref).spec.prompt
        if holds_mark(prompt):
            if not text:
                raise WorkspaceError(_INCOMPLETE_PROMPT)
            prompt, text = text, ""
        self.hub.apply(ev.TaskStarted(ref=ref))
        if make_folder:
            await self._make_folder(ref)
        await self.workspace().prepare(self._task(ref))
        prompt = f"{prompt}\n\n{text}" if text else prompt
        clash = clash_text(self._task(ref))
        await self._turn(ref, conduct, f"{clash}\n\n{prompt}" if clash else prompt)

    async def next_turn(self, ref: TaskRef, conduct: Conduct, text: str, *, make_folder: bool = False) -> None:
        """A turn of a task whose worker has heard of it."""
        self.hub.apply(ev.TaskStarted(ref=ref))
        if make_folder:
            await self._make_folder(ref)
        await self.workspace().verify(self._task(ref))
        await self._turn(ref, conduct, text)

    async def _make_folder(self, ref: TaskRef) -> None:
        await self.crew.end(ref)  # It stands in the folder that is gone.
        await self.workspace().make_again(self._task(ref))

    async def _turn(self, ref: TaskRef, conduct: Conduct, prompt: str) -> None:
        """A turn, and those that follow from it without a person."""
        was_asked = False
        while prompt:
            if fault := no_further_turn(self._task(ref), time.time()):
                raise WorkspaceError(fault)
            schema = await self.answers().schema_for(ref)
            worker = await self.crew.live(ref)
            conduct.is_starting = False
            try:
                result = await worker.run_turn(prompt, schema.value if schema is not None else None)
            except ConnectionFailedError:
                # What the worker does now is not known: it may be in that turn, and the next one must not meet it.
                await self.crew.end(ref)
                raise
            if not await self._settled(ref, result):
                return
            prompt = await self.answers().after_turn(ref, result.turn, schema, may_ask=not was_asked)
            if prompt and conduct.stop_cause:
                self.hub.apply(ev.TaskInterrupted(ref=ref, cause=conduct.stop_cause))
                return
            was_asked = conduct.is_starting = bool(prompt)
            prompt = prompt or await self._checked(ref, conduct)

    async def _settled(self, ref: TaskRef, result: "TurnResult") -> bool:
        """Commit what the turn left, whatever its end: what is not committed can be neither reviewed nor kept safe.

        Returns:
            Whether the turn came to its own end.
        """
        await self.workspace().commit(self._task(ref), result.turn, result.status)
        await self.hub.flush()
        return result.status is TurnStatus.COMPLETED

    async def _checked(self, ref: TaskRef, conduct: Conduct) -> str:
        """Run the task's checks on what is committed: only work that passed them is done.

        Returns:
            The prompt of the turn that failed checks ask for; empty when the task is done.
        """
        prompt = ""
        if self._task(ref).spec.checks:
            if conduct.stop_cause:
                self.hub.apply(ev.TaskInterrupted(ref=ref, cause=conduct.stop_cause))
                return ""
            conduct.is_starting = True  # They run on what is committed already: a stop may cut them off.
            prompt = await self.checks().after_turn(ref)
        if not prompt:
            await self.guardrails().of_task(ref)
            conduct.is_starting = False
            self.hub.apply(ev.TaskFinished(ref=ref))
        await self.hub.flush()
        return prompt

    async def check_again(self, ref: TaskRef, conduct: Conduct) -> None:
        """The checks without a turn before them: the person mended something, here or in the settings."""
        self.hub.apply(ev.TaskStarted(ref=ref))
        await self.workspace().verify(self._task(ref))
        if not (await self.workspace().edits(self._task(ref))).is_clean:
            await self.workspace().commit_edits(self._task(ref))
        if prompt := await self._checked(ref, conduct):
            await self._turn(ref, conduct, prompt)

    def _task(self, ref: TaskRef) -> Task:
        return self.hub.state.tasks[ref]
