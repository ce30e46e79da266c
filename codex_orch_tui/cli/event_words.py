"""What a run without a screen tells of an event: at most a few plain lines, each safe to print."""

from collections.abc import Iterator

from codex_orch_tui.cli.question_words import subject
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Approval, Choice
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.item import Fault, FileEdit, Item, ItemKind, ItemStatus, TurnStatus
from codex_orch_tui.domain.key_marks import off_screen
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.clock import took

MAX_TOLD_CHARS = 200
_TOLD_NOTES = frozenset({LogKind.WARNING, LogKind.ERROR})


def belongs_to(event: ev.Event, run: RunId) -> bool:
    """Whether an event is one of this run, or of the whole repository."""
    if isinstance(event, ev.TaskEvent):
        return event.ref.run == run
    return getattr(event, "run", run) == run


def event_lines(event: ev.Event, state: State) -> Iterator[tuple[str, str]]:
    """Who and what; the task's id, or empty for what is about the run or the repository.

    Args:
        event: what happened.
        state: the state after it.
    """
    who = str(event.ref.task) if isinstance(event, ev.TaskEvent) else ""
    for line in _lines(event, state):
        yield who, _short(clean_line(line))


def _lines(event: ev.Event, state: State) -> Iterator[str]:
    if isinstance(event, ev.ApprovalEvent):
        yield from _question(event, state)
    elif isinstance(event, ev.TurnEvent | ev.CheckEvent):
        yield from _turn(event)
    elif isinstance(event, ev.TaskEvent):
        yield from _life(event, state)
    else:
        yield from _of_run(event)


def _of_run(event: ev.Event) -> Iterator[str]:
    match event:
        case ev.RunPaused():
            yield f"paused: {event.cause}"
        case ev.RunResumed():
            yield "goes on"
        case ev.RunCheckFinished():
            yield f"check {event.check}{_stage(event)} {_outcome(event.outcome, event.duration_ms, event.reason)}"
        case ev.RunNotLanded():
            yield f"did not land: {event.reason}"
        case ev.RunLanded():
            yield "landed"
        case _:
            pass


def _question(event: ev.ApprovalEvent, state: State) -> Iterator[str]:
    approval = state.approvals[event.approval]
    match event:
        case ev.ApprovalRequested() if event.rule is not None and event.choice is not None:
            yield f"{event.choice.replace('_', ' ')} by rule {event.rule.id}: {subject(approval)}"
        case ev.ApprovalRequested() | ev.ApprovalChanged() | ev.DecisionNotKept():
            changed = " again, it has changed" if approval.times_asked > 1 else ""
            yield f"asks{changed}: {subject(approval)}"
            # The whole id, as the worker's next question begins with the same characters. No "|" between the words, as
            # a shell that is given the line as it stands would send the first one.
            yield f"→ codex-orch-tui approvals answer {approval.id} DECISION: {', '.join(_offered(approval))}"
        case ev.ApprovalDecided():
            yield f"{event.choice.replace('_', ' ')}: {subject(approval)}"
        case ev.ApprovalClosed():
            yield f"{event.outcome.replace('_', ' ')}: {subject(approval)} ({event.cause})"
        case _:
            pass


def _offered(approval: Approval) -> Iterator[str]:
    offered = (choice for choice in approval.request.choices if choice is not Choice.ACCEPT_FOR_GOOD)
    return (choice.value.replace("_", "-") for choice in offered)


def _turn(event: ev.TurnEvent | ev.CheckEvent) -> Iterator[str]:
    match event:
        case ev.TurnStarted():
            yield "works"
        case ev.TurnSteered():
            yield "got a message"
        case ev.ItemCompleted():
            yield from _item(event.item)
        case ev.TurnEnded(status=TurnStatus.FAILED):
            yield f"failed: {_fault(event.fault)}" if event.fault is not None else "failed"
        case ev.TurnEnded(status=TurnStatus.INTERRUPTED):
            yield "interrupted"
        case ev.FaultTold():
            yield _fault(event.fault)
        case ev.AnswerRefused():
            again = "; asked again" if event.is_asked_again else ""
            yield f"its answer does not fit: {'; '.join(event.problems[:2])}{again}"
        case ev.CheckFinished():
            yield f"check {event.check}{_stage(event)} {_outcome(event.outcome, event.duration_ms, event.reason)}"
        case ev.GuardrailsEvaluated():
            for result in event.results:
                if not result.holds:
                    means = "nothing is merged" if result.stops else "a warning"
                    yield f"guardrail {result.name} does not hold ({means}): {result.detail}"
        case _:
            pass


def _life(event: ev.TaskEvent, state: State) -> Iterator[str]:
    task = state.tasks[event.ref]
    match event:
        case ev.TaskStarted():
            yield "starts"
        case ev.SetupFinished() if event.exit_code != 0:
            yield f"its setup command failed: exit code {event.exit_code}"
        case ev.CommitMade():
            commit = event.commit
            yield f"committed {_files(commit.files)} +{commit.insertions} -{commit.deletions}"
        case ev.TaskFinished():
            first = next((line.strip() for line in task.said.splitlines() if line.strip()), "")
            yield f"done: {first}" if first else "done"
        case ev.TaskFailed() | ev.TaskLost():
            yield f"failed: {_fault(event.fault)}"
        case ev.TaskInterrupted():
            yield f"interrupted: {event.cause}"
        case ev.TaskSkipped():
            yield "skipped"
        case ev.TaskRestarted():
            yield "begins again"
        case ev.TaskHeld():
            yield "paused"
        case ev.TaskDiscarded():
            yield "discarded"
        case ev.MergeFinished():
            yield f"merged into {event.base_branch}"
        case ev.MergeRefused() | ev.UpdateRefused():
            yield f"nothing moved: {off_screen(event.reason)}"
        case ev.NoteAdded() if event.kind in _TOLD_NOTES:
            yield off_screen(event.text)
        case _:
            pass


def _item(item: Item) -> Iterator[str]:
    if item.kind is ItemKind.COMMAND:
        ended = f"exit code {item.exit_code}" if item.exit_code else ""
        if item.status is ItemStatus.DECLINED:
            ended = "declined"
        parts = [part for part in (ended, "" if item.duration_ms is None else took(item.duration_ms)) if part]
        yield f"$ {item.title}" + (f"  ({', '.join(parts)})" if parts else "")
    elif item.kind is ItemKind.FILE_CHANGE:
        did = "edited" if item.status is ItemStatus.COMPLETED else f"edit {item.status.replace('_', ' ')}:"
        yield f"{did} {', '.join(map(_edit, item.files[:4]))}{' …' if len(item.files) > 4 else ''}"


def _edit(edit: FileEdit) -> str:
    return f"{edit.path} +{edit.insertions} -{edit.deletions}"


def _stage(event: ev.CheckFinished | ev.RunCheckFinished) -> str:
    return f", stage {event.stage}" if event.stage else ""


def _outcome(outcome: CheckOutcome, duration_ms: int | None, reason: str) -> str:
    lasted = f" ({took(duration_ms)})" if duration_ms is not None else ""
    return f"{outcome.replace('_', ' ')}{lasted}{f': {reason}' if reason else ''}"


def _fault(fault: Fault) -> str:
    return f"{fault.message} → {off_screen(fault.next_step)}" if fault.next_step else fault.message


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _short(line: str) -> str:
    return line if len(line) <= MAX_TOLD_CHARS else f"{line[: MAX_TOLD_CHARS - 1]}…"
