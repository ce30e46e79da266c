"""What an event is called in the task's own log: the supervisor's and the person's doings, in one line each.

What the worker does is not here; its own lines in events.jsonl tell that.
"""

from typing import assert_never

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import DECIDER_WORDS, Choice, granted_words
from codex_orch_tui.domain.checking import check_note
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.scheduling import schedule_note
from codex_orch_tui.domain.selectors import is_planner
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import clean_text

_ANSWER_WORDS = {
    Choice.ACCEPT: "accepted",
    Choice.ACCEPT_FOR_SESSION: "accepted for this session",
    Choice.ACCEPT_FOR_GOOD: "accepted, and for good by a rule of Codex's own,",
    Choice.DECLINE: "declined",
    Choice.CANCEL: "cancelled",
    Choice.ANSWER: "answered",
    Choice.GRANT: "granted",
}


def short(commit: CommitId) -> str:
    """A commit id as people read it."""
    return commit[:7]


def note_of(event: ev.OfTask, state: State) -> tuple[LogKind, str] | None:
    """The log line of an event; None for events that the worker's own log tells or that are only bookkeeping."""
    note = _note_of(event, state)
    # Names of branches are kept as git has them, which may be anything.
    return None if note is None else (note[0], clean_text(note[1]))


def _note_of(event: ev.OfTask, state: State) -> tuple[LogKind, str] | None:
    if isinstance(event, ev.GitEvent):
        return _git_note(event, state)
    if isinstance(event, ev.ApprovalEvent):
        return _approval_note(event, state)
    if isinstance(event, ev.AnswerAccepted):
        return (LogKind.NOTE, "it has planned: open its plan (P)") if is_planner(state, event.ref) else None
    if isinstance(event, ev.ScheduleEvent):
        return schedule_note(event)
    if isinstance(event, ev.CheckEvent):
        return check_note(event)
    return _work_note(event)


def _git_note(event: ev.GitEvent, state: State) -> tuple[LogKind, str] | None:
    match event:
        case ev.CommitMade(commit=commit, notes=notes):
            files = "1 file" if commit.files == 1 else f"{commit.files} files"
            size = f"{files} +{commit.insertions} −{commit.deletions}"
            return LogKind.COMMIT, "\n".join((f"{short(commit.id)} {commit.subject} ({size})", *notes))
        case ev.BranchFollowed():
            number = len(event.commits)
            commits = "1 commit" if number == 1 else f"{number} commits"
            return LogKind.COMMIT, f"the branch was moved by other hands: now at {short(event.tip)}, {commits}"
        case ev.NothingToCommit():
            return LogKind.NOTE, "the turn changed no file: nothing to commit"
        case ev.UpdateFinished(worktree=worktree):
            return LogKind.COMMIT, f"updated: now stands on {worktree.base_branch} {short(worktree.base_commit)}"
        case ev.UpdateRefused():
            return LogKind.ERROR, _with_paths(f"not updated: {event.reason}", event.conflicts)
        case ev.ConflictLaidOut():
            text = f"the clash with {event.worktree.base_branch} is in the files as conflict markers"
            return LogKind.NOTE, _with_paths(f"{text}; kept as it was: {event.backup_ref}", event.conflicts)
        case ev.MergeFinished(base_branch=branch):
            run, task = state.runs.get(event.ref.run), state.tasks.get(event.ref)
            if run is not None and run.came_with_it(event.ref, event.new):
                has_none = task is not None and task.worktree is not None and task.tip == task.worktree.base_commit
                told = "it changed nothing" if has_none else f"{branch} has it as {short(event.new)}"
                return LogKind.COMMIT, f"landed with its run: {told}"
            return LogKind.COMMIT, f"merged: {branch} {short(event.old)} → {short(event.new)}"
        case ev.MergeRefused():
            return LogKind.ERROR, _with_paths(f"not merged: {event.reason}", event.paths)
        case ev.WorktreeRemoved():
            kept = f", kept as {event.backup_ref}" if event.backup_ref else ""
            return LogKind.NOTE, f"worktree removed{kept}"
        case ev.WorktreeKept():
            return LogKind.NOTE, f"worktree kept: {event.reason}"
        case ev.BranchRemoved():
            return LogKind.NOTE, f"branch {event.branch} removed, kept as {event.backup_ref}"
        case ev.ReviewRecorded() | ev.UpdateStarted() | ev.MergeStarted():
            return None
        case _:
            assert_never(event)


def _approval_note(event: ev.ApprovalEvent, state: State) -> tuple[LogKind, str] | None:
    match event:
        case ev.ApprovalDecided(choice=choice):
            said = f": {event.message}" if event.message else _granted(event, state)
            end = "; the turn ends" if choice is Choice.CANCEL else ""
            return (
                LogKind.ANSWER,
                f"{_ANSWER_WORDS[choice]} by {DECIDER_WORDS[event.by]}{_waited(event, state)}{end}{said}",
            )
        case ev.DecisionNotKept():
            return LogKind.ERROR, f"the answer was not sent: {event.cause}"
        case ev.ApprovalClosed():
            return LogKind.ANSWER, f"{event.outcome.replace('_', ' ')}: {event.cause}"
        case ev.ApprovalRequested(rule=rule, choice=choice) if rule is not None and choice is not None:
            said = f": {event.message}" if event.message else ""
            return LogKind.ANSWER, f"{_ANSWER_WORDS[choice]} by rule {rule.id} ({rule.file}){said}"
        case ev.ApprovalChanged(paths=paths):
            return LogKind.NOTE, f"asked again, because it changed since it was shown: {', '.join(paths)}"
        case ev.ApprovalRequested() | ev.ApprovalShown() | ev.AnswerSent():
            return None
        case _:
            assert_never(event)


def _work_note(event: ev.TurnEvent | ev.LifeEvent) -> tuple[LogKind, str] | None:
    match event:
        case ev.TaskQueued(text=text, must_wait=True) if text:
            return LogKind.NOTE, f"waits for a free worker, which will get: {text}"
        case ev.WorktreeCreated(worktree=worktree, copied=copied):
            brought = f", copied {', '.join(copied)}" if copied else ""
            base = f"{_start(event)} {short(worktree.base_commit)}"
            text = f"worktree on branch {worktree.branch}, from {base}{brought}"
            if not event.conflicts:
                return LogKind.NOTE, text
            return LogKind.ERROR, _with_paths(f"{text}; they clash, with conflict markers in", event.conflicts)
        case ev.SetupFinished(command=command, exit_code=code):
            text = f"setup: {command} · " + ("time limit reached" if code is None else f"exit {code}")
            return (LogKind.NOTE if code == 0 else LogKind.ERROR), _with_tail(text, event.output_tail)
        case ev.WorkerEnded(expected=False, exit_code=code):
            told = "no exit code" if code is None else f"exit {code}"
            return LogKind.ERROR, f"the worker process ended ({told}) {event.how}".rstrip()
        case ev.TaskFailed(fault=fault) | ev.TaskLost(fault=fault) | ev.FaultTold(fault=fault):
            return LogKind.ERROR, _with_next(fault.message, fault.next_step)
        case ev.TurnEnded(fault=fault) if fault is not None:
            return LogKind.ERROR, _with_next(fault.message, fault.next_step)
        case ev.TaskInterrupted():
            return LogKind.NOTE, _with_next(event.cause, event.next_step)
        case ev.AnswerRefused(problems=problems):
            then = "; it is asked once more" if event.is_asked_again else ""
            return LogKind.WARNING, _with_paths(f"the answer does not fit its schema{then}", problems)
        case ev.CommandAllowed(own_rule=own_rule) if own_rule.rule:
            return LogKind.WARNING, f"outside the sandbox, nobody was asked: Codex's own rule {own_rule.rule}"
        case ev.StopRequested(by_limit=False):
            return LogKind.NOTE, "you stopped the worker"
        case ev.TaskDiscarded():
            return LogKind.NOTE, f"discarded; everything is kept as {event.backup_ref}"
        case ev.NoteAdded():
            return event.kind, event.text
        case _:
            return None


def _granted(event: ev.ApprovalDecided, state: State) -> str:
    approval = state.approvals.get(event.approval)
    if approval is None or event.choice is not Choice.GRANT:
        return ""
    span = "the session" if event.for_session else "the turn"
    return f", for {span}: {granted_words(approval.request, event.granted) or 'nothing'}"


def _waited(event: ev.ApprovalDecided, state: State) -> str:
    approval = state.approvals.get(event.approval)
    if approval is None or approval.decided_at_s is None:
        return ""
    minutes, seconds = divmod(round(max(0.0, approval.decided_at_s - approval.asked_at_s)), 60)
    return f" after {minutes}m{seconds:02}s" if minutes else f" after {seconds}s"


def _start(event: ev.WorktreeCreated) -> str:
    if event.joins:
        return " and ".join(ref.task for ref in event.joins)
    is_on_base = event.base_tip is None or event.base_tip == event.worktree.base_commit
    return event.worktree.base_branch if is_on_base else "work of its run"


def _with_tail(text: str, tail: str) -> str:
    return f"{text}\n{tail}" if tail else text


def _with_next(message: str, next_step: str) -> str:
    return f"{message} → {next_step}" if next_step else message


def _with_paths(text: str, paths: tuple[str, ...]) -> str:
    return "\n".join((text, *(f"  {path}" for path in paths)))
