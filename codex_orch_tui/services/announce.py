"""What a person who is not looking wants to hear of: a task asks, is done, or has failed. Each is told once."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Approval, ApprovalKind
from codex_orch_tui.domain.ids import ApprovalId, TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.values import dataclass

_FAILED = frozenset({TaskState.FAILED, TaskState.LOST})


class Moment(StrEnum):
    """What has come about."""

    ASKS = "asks"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing to tell; every text is one clean line.

    `approval` and `kind` are those of a question. `command` is what a question would run, `about` what else there is to
    say in one line: the host, the file, the reason, or what went wrong.
    """

    moment: Moment
    ref: TaskRef
    title: str
    approval: ApprovalId | None = None
    kind: ApprovalKind | None = None
    command: str = ""
    about: str = ""


Watcher = Callable[[News], None]


class Told(Protocol):
    """Whose events are watched: a hub, or what follows another program's journal."""

    @property
    def state(self) -> State:
        """What is known now."""

    def watch(self, watcher: Callable[[ev.Recorded], None]) -> Callable[[], None]:
        """Call `watcher` after every event."""


class Announcer:
    """Watches the hub and tells what is new. An event that changes none of this tells nothing.

    Args:
        hub: whose events; what stands there already is no news.
    """

    def __init__(self, hub: Told) -> None:
        self._hub = hub
        self._watchers: list[Watcher] = []
        self._states = {ref: task.state for ref, task in hub.state.tasks.items()}
        self._asked = set(hub.state.approvals)
        hub.watch(self._take)

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with all news from now on, until the returned function is called. It must be quick."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _take(self, recorded: ev.Recorded) -> None:
        event, state = recorded.event, self._hub.state
        if not isinstance(event, ev.TaskEvent) or (task := state.tasks.get(event.ref)) is None:
            return
        # A rule's decision that the disk did not keep leaves its question to the person.
        if isinstance(event, ev.ApprovalRequested | ev.DecisionNotKept):
            approval = state.approvals[event.approval]
            if approval.is_pending and approval.id not in self._asked:
                self._asked.add(approval.id)
                self._tell(_question(task, approval))
        elif (moment := self._moment(task, event)) is not None:
            fault = task.fault.message if moment is Moment.FAILED and task.fault is not None else ""
            title = clean_line(task.spec.title)
            self._tell(News(moment=moment, ref=task.ref, title=title, about=_line(fault)))

    def _moment(self, task: Task, event: ev.TaskEvent) -> Moment | None:
        before = self._states.get(task.ref)
        self._states[task.ref] = task.state
        if before is task.state:
            return None
        if task.state in _FAILED or isinstance(event, ev.TaskFailed):
            return Moment.FAILED
        return Moment.DONE if task.state is TaskState.DONE else None

    def _tell(self, news: News) -> None:
        for watcher in tuple(self._watchers):
            watcher(news)


def still_holds(news: News, state: State) -> bool:
    """Nobody has dealt with it yet: told late, it would send the person to nothing."""
    if news.approval is not None:
        approval = state.approvals.get(news.approval)
        return approval is not None and approval.is_pending
    task = state.tasks.get(news.ref)
    return task is not None and (task.state is TaskState.DONE or task.state in _FAILED)


def _question(task: Task, approval: Approval) -> News:
    request = approval.request
    file = next((edit.path for edit in request.files), "")
    asked = next((question.text for question in request.questions), "")
    return News(
        moment=Moment.ASKS,
        ref=task.ref,
        title=clean_line(task.spec.title),
        approval=approval.id,
        kind=request.kind,
        command=clean_line(request.command),
        about=_line(request.host or file or asked or request.reason),
    )


def _line(text: str) -> str:
    return clean_line(text.partition("\n")[0])
