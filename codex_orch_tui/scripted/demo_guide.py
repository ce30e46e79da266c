"""What a person at the demo does next: a line that follows the state, so that nobody has to know the keys.

A key stands as the id of its action in braces: which key that is, the screen knows.
"""

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import CONTINUABLE, ENDED, Task, TaskState

STEPS = 6

_BEGIN = "One sentence is written already. {new_task.submit} lets a navigator plan it; {task.new_task} opens it again."
_PLANNING = "A navigator reads and plans. Its plan opens by itself, and nothing of it begins before you approve it."
_APPROVE = "The navigator's plan is there. {plan.start} approves and starts it; {go.plan} opens it when you left it."
_ASKS = (
    "A worker wants to leave its sandbox and waits for you. {go.needs_me} goes to its question; there "
    "{approval.accept} accepts, {approval.decline} declines, {approval.view} shows all of it."
)
_BUILDING = "Implementers work side by side, each in its own worktree. {list.down} {list.up} choose whose log you read."
_TESTING = "The tester starts from both results; its check runs next. {task.review} on what is done reads its diff."
_REVIEWING = "The reviewer reads all of it and changes nothing. {task.review} on what is done reads its diff."
_READ = (
    "%s to read. {go.tasks} {list.first} {task.merge} asks to land the run; there {land_run.review} opens the next "
    "diff, in which {review.viewed} marks a file as viewed and {review.merge} leads on."
)
_LAND = "You have read all of it. {go.tasks} {list.first} {task.merge} asks to land the run; {land_run.land} does it."
_LANDING = "The checks run on exactly the commit that main is to get. It moves when they have passed."
_LANDED = (
    "main has all of it, in one fast-forward. {go.history} shows who allowed what, {task.new_task} starts something "
    "of yours, {program.quit} leaves."
)
_STOPPED = "A task stopped before its end. {go.needs_me} goes there, {task.resume} continues it."
_OWN = "A worker does what you wrote. When it is done {task.review} reads its diff and {task.merge} merges it."


def guide_of(state: State, introduction: str) -> str:
    """The next step, with its number.

    Args:
        state: What is known.
        introduction: What this is; told before anything was begun.
    """
    number, text = _step(state)
    line = f"Demo, step {number} of {STEPS} · {text}"
    return line if state.runs else f"{introduction}.\n{line}"


def _step(state: State) -> tuple[int, str]:
    if not state.runs:
        return 1, _BEGIN
    run = next((run.id for run in reversed(tuple(state.runs.values())) if run.proposed_by is not None), None)
    if state.pending:
        return 4, _ASKS
    if any(task.state in CONTINUABLE for task in state.tasks.values()):
        return (2 if run is None else 4), _STOPPED
    if run is not None:
        return _of_team(state, run)
    planners = [task for task in state.tasks.values() if sel.is_planner(state, task.ref)]
    if not planners:
        return 1, _OWN
    return (3, _APPROVE) if planners[-1].accepted else (2, _PLANNING)


def _of_team(state: State, run: RunId) -> tuple[int, str]:
    """The run that came out of a plan."""
    tasks = [state.tasks[ref] for ref in state.runs[run].tasks]
    landing = state.runs[run].landing
    if all(task.state in ENDED for task in tasks):
        return 6, _LANDED
    if landing is not None and landing.outcome is None:
        return 6, _LANDING
    left = [task for task in tasks if task.state not in ENDED | {TaskState.DONE}]
    if not left:
        unread = sum(1 for task in tasks if task.commits and task.state not in ENDED and not task.is_cleared)
        return (5, _READ % ("1 diff" if unread == 1 else f"{unread} diffs")) if unread else (6, _LAND)
    return 4, _working(left)


def _working(left: list[Task]) -> str:
    roles = {task.spec.role for task in left}
    if Role.IMPLEMENTER in roles:
        return _BUILDING
    return _TESTING if Role.TESTER in roles else _REVIEWING
