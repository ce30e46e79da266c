"""What begins work: a plan, or a run or a task that goes on. The same on the screen and without one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.services.errors import NotPossibleError

if TYPE_CHECKING:
    from codex_orch_tui.services.session import Session

_NAMED = 3
"""So many edited paths are named before a run begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPlan:
    """Approve a plan: its tasks begin.

    Attributes:
        plan: what is to be done.
        base_branch: where from; None: from the branch that is checked out.
        plans_first: it is one task of a navigator, whose plan a person approves.
        proposed_by: the navigator's task that the plan comes from.
        note: hears what the person should know of it.
    """

    plan: Plan
    base_branch: str | None = None
    plans_first: bool = False
    proposed_by: TaskRef | None = None
    note: Callable[[str], object] = lambda _text: None

    async def begin(self, session: "Session") -> RunId:
        """Begin it, and tell which run it is.

        Raises:
            NotPossibleError: it cannot begin.
        """
        base = await session.base_info()
        branch = self.base_branch or base.current
        if branch is None:
            raise NotPossibleError("no branch is checked out here to start from; name one: --base BRANCH")
        if base.dirty:
            count = len(base.dirty)
            edits, them = ("1 edit", "it") if count == 1 else (f"{count:,} edits", "them")
            named = ", ".join(base.dirty[:_NAMED]) + (", …" if count > _NAMED else "")
            self.note(
                f"no task sees the {edits} in your checkout ({named}): commit {them} first if a task needs {them}"
            )
        refs = await session.create_run(self.plan, branch, proposed_by=self.proposed_by)
        return refs[0].run

    @property
    def known_run(self) -> None:
        """None: its run is not known before it has begun."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRun:
    """Let a run go on: what was paused begins, what stopped before its end is continued."""

    run: RunId
    plans_first: bool = False

    async def begin(self, session: "Session") -> RunId:
        """See `StartPlan.begin`."""
        found = session.state.runs[self.run]
        was_paused = found.paused
        if was_paused:
            await session.resume_run(self.run)
        stopped = [ref for ref in found.tasks if sel.can_continue(session.state.tasks[ref])]
        for ref in stopped:
            if sel.can_continue(session.state.tasks[ref]):
                await session.resume(ref)
        if not was_paused and not stopped:
            raise NotPossibleError(f"{found.title} has not stopped; there is nothing to continue")
        return self.run

    @property
    def known_run(self) -> RunId:
        """See `StartPlan.known_run`."""
        return self.run


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """Steer a turn, or begin a new one."""

    ref: TaskRef
    text: str
    plans_first: bool = False

    async def begin(self, session: "Session") -> RunId:
        """See `StartPlan.begin`."""
        await session.message(self.ref, self.text)
        return self.ref.run

    @property
    def known_run(self) -> RunId:
        """See `StartPlan.known_run`."""
        return self.ref.run


Beginning = StartPlan | ResumeRun | SendMessage
