"""What a task's worker is told at the start of its thread: gathered from roles, plan, git and state, kept as a file."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import RoleName
from codex_orch_tui.domain.secrets import redact
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.answer_schema import AnswerSchema
from codex_orch_tui.services.answers import Answers, role_fault
from codex_orch_tui.services.errors import WorkspaceError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.instructions import read_instructions
from codex_orch_tui.services.prompt import Knowledge, prompt_for, purpose_of
from codex_orch_tui.services.roles import RoleError, RolePrompt, Roles
from codex_orch_tui.store.artifacts import write_text
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.layout import Layout

_ROLES_FIELD = "{roles}"


class Briefing:
    """Tells workers what they have to know.

    Args:
        hub: Where events go.
        repository: Whose instructions are read.
        layout: Where the text is kept.
        roles: The roles as they are now.
    """

    def __init__(self, hub: Hub, repository: Repository, layout: Layout, roles: Callable[[], Roles]) -> None:
        self._hub = hub
        self._repository = repository
        self._layout = layout
        self._roles = roles

    async def for_task(self, task: Task) -> str:
        """The text for the thread of a task whose worktree exists.

        Raises:
            WorkspaceError: Its role has no prompt that can be used, or git does not tell the instructions.
        """
        assert task.worktree is not None, "a worker is told of the place where it works"
        roles = self._roles()
        try:
            prompt = await asyncio.to_thread(roles.prompt, task.spec.role)
            purposes = await asyncio.to_thread(_purposes, roles) if _ROLES_FIELD in prompt.template else {}
            instructions = await read_instructions(self._repository, task.worktree.base_commit)
        except RoleError as error:
            raise WorkspaceError(role_fault(error)) from error
        except GitRepoError as error:
            raise WorkspaceError(Fault(kind=FaultKind.GIT, message=str(error), next_step=error.next_step)) from error
        schema = await Answers(self._hub, self._roles).schema_for(task.ref)
        state = self._hub.state
        known = Knowledge(instructions=instructions, roles=purposes, is_checked=schema is not None)
        text = prompt_for(state.tasks[task.ref], state, prompt.template, known)
        self._tell_places(task, prompt, schema)
        await self._keep(task, text)
        return text

    def _tell_places(self, task: Task, prompt: RolePrompt, schema: AnswerSchema | None) -> None:
        """What came with a repository acts on the worker: the person must be able to see that it did."""
        for what, found in (("prompt", prompt), ("schema", schema)):
            if found is not None and not found.is_shipped:
                text = clean_line(f"the {what} of the role {task.spec.role} is the repository's own: {found.place}")
                self._hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.NOTE, text=text))

    async def _keep(self, task: Task, text: str) -> None:
        path = self._layout.task(*task.ref).prompt
        try:
            await asyncio.to_thread(write_text, path, redact(text))
        except StoreError as error:
            said = f"what the worker was told is not kept: {error}"
            self._hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.WARNING, text=said))


def _purposes(roles: Roles) -> dict[RoleName, str]:
    """What each role that can be worked with is there for."""
    found = {}
    for name in roles.names:
        with suppress(RoleError):
            found[name] = purpose_of(roles.prompt(name).template)
    return found
