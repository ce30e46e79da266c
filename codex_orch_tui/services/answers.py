"""A task's last message: whether it has to fit its role's schema, and whether it does.

An answer that does not fit goes back to its worker once, with what is wrong with it. A second one that does not fit
ends the task: it is kept and shown, and a person decides.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskRef, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind, ItemKind
from codex_orch_tui.domain.selectors import is_checked, is_planner
from codex_orch_tui.domain.task import Task
from codex_orch_tui.services.answer_schema import MAX_PROBLEMS, AnswerSchema
from codex_orch_tui.services.errors import WorkspaceError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.roles import RoleError, Roles

_REMINDER = """\
Your last message is not the answer that your task has to end with:

{problems}

Answer again: one JSON object that fits the schema, with nothing before or after it. Do not change the files; only the
answer was refused."""


def reminder(problems: tuple[str, ...]) -> str:
    """The text of the turn that asks for the answer again; it quotes what is wrong."""
    return _REMINDER.format(problems="\n".join(f"- {problem}" for problem in problems))


def last_message(task: Task) -> str:
    """The last message of the task's last turn; empty when that turn had none."""
    turn = task.turn
    has_answer = turn is not None and any(item.kind is ItemKind.AGENT_MESSAGE for item in turn.items)
    return task.answer if has_answer else ""


class Answers:
    """Knows which answers are checked, and checks them.

    Args:
        hub: Where events go.
        roles: The roles as they are now.
    """

    def __init__(self, hub: Hub, roles: Callable[[], Roles]) -> None:
        self._hub = hub
        self._roles = roles

    def is_checked(self, ref: TaskRef) -> bool:
        """Whether a task's answers have to fit a schema, if its role has one."""
        return is_checked(self._hub.state, ref)

    def again(self, ref: TaskRef) -> str:
        """The prompt of a turn in which a person lets the worker answer again."""
        return reminder(self._hub.state.tasks[ref].answer_problems)

    async def schema_for(self, ref: TaskRef) -> AnswerSchema | None:
        """The schema that the answer of the task's next turn has to fit; None when it is free text.

        Raises:
            WorkspaceError: The role's schema cannot be used.
        """
        if not self.is_checked(ref):
            return None
        try:
            return await asyncio.to_thread(self._roles().schema, self._hub.state.tasks[ref].spec.role)
        except RoleError as error:
            raise WorkspaceError(role_fault(error)) from error

    async def after_turn(self, ref: TaskRef, turn: TurnId, schema: AnswerSchema | None, *, may_ask: bool) -> str:
        """Look at the answer of a turn that was completed.

        Args:
            ref: The task.
            turn: The turn.
            schema: The one that the turn was begun with.
            may_ask: Whether an answer that does not fit may go back to the worker.

        Returns:
            The prompt of the turn that asks for the answer again; empty when it fits.

        Raises:
            WorkspaceError: It does not fit, for good.
        """
        if schema is None:
            return ""
        text = last_message(self._hub.state.tasks[ref])
        checked = await asyncio.to_thread(schema.check, text)
        if not checked.problems and is_planner(self._hub.state, ref):
            problems = await asyncio.to_thread(self._plan_problems, checked.value)
            checked = replace(checked, problems=problems)
        if not checked.problems:
            self._hub.apply(
                ev.AnswerAccepted(ref=ref, turn=turn, answer=text, result=checked.result, decisions=checked.decisions)
            )
            return ""
        self._hub.apply(
            ev.AnswerRefused(ref=ref, turn=turn, answer=text, problems=checked.problems, is_asked_again=may_ask)
        )
        if may_ask:
            return reminder(checked.problems)
        raise WorkspaceError(_fault(self._hub.state.tasks[ref], checked.problems, schema))

    def _plan_problems(self, value: object) -> tuple[str, ...]:
        """Why a plan that fits the schema cannot be run; one without tasks says that there is nothing to do."""
        from codex_orch_tui.plans.from_answer import plan_from_answer  # noqa: PLC0415 - for few answers
        from codex_orch_tui.plans.problem import PlanError  # noqa: PLC0415 - see above

        if not isinstance(value, Mapping) or not value.get("tasks"):
            return ()
        try:
            roles = self._roles()
            plan_from_answer(value, roles.profiles(), max_tasks=roles.max_proposed_tasks)
        except PlanError as error:
            return tuple(map(str, error.problems[:MAX_PROBLEMS]))
        return ()


def role_fault(error: RoleError) -> Fault:
    """Why a task of this role cannot begin."""
    return Fault(
        kind=FaultKind.OTHER,
        message=str(error.problems[0]),
        next_step="mend it, then let it go on (c)",
    )


def _fault(task: Task, problems: tuple[str, ...], schema: AnswerSchema) -> Fault:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Fault(
        kind=FaultKind.ANSWER,
        message=f"the {task.spec.role}'s answer does not fit its schema, also when asked again: {problems[0]}{more}",
        next_step=f"ask once more (c) or say it in your words (s); the schema: {schema.place}",
    )
