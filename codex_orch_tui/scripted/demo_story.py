"""What happens in the demo, in plain words: one line for each event that a person would want to hear of."""

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.item import Item, ItemKind, ItemStatus
from codex_orch_tui.domain.key_marks import off_screen
from codex_orch_tui.domain.notes import note_of, short
from codex_orch_tui.domain.state import State


def story_of(event: ev.Event, state: State) -> str:
    """The words for an event; empty for those that are only bookkeeping.

    Args:
        event: What happened.
        state: The state after it.
    """
    if isinstance(event, ev.RunCheckFinished):
        return "" if event.stage else _landing_check(event, state)
    if isinstance(event, ev.SessionEvent):
        return ""
    match event:
        case ev.WorkerStarted(pid=pid, version=version):
            return f"worker started: Codex {version}, process {pid}" if pid else "worker started: simulated, no process"
        case ev.ThreadOpened(thread=thread):
            return f"thread {thread}"
        case ev.TurnStarted():
            turn = state.tasks[event.ref].turn
            return f"turn {turn.number if turn is not None else 1} started"
        case ev.ItemCompleted(item=item):
            return _item(item)
        case ev.ApprovalRequested(request=request):
            return f"asks to run outside of the sandbox:\n  $ {request.command}\n  “{request.reason}”"
        case ev.ApprovalDecided(choice=choice):
            return f"the demo's script answers: {choice.value}"
        case ev.ReviewRecorded():
            return f"the demo's script lets {short(event.tip)} be merged; no person has read its diff"
        case ev.WorkerEnded(expected=True, exit_code=code):
            return f"worker ended (exit {code})"
        case ev.NoteAdded():
            return ""
        case _:
            note = note_of(event, state)
            return off_screen(note[1]) if note is not None else ""


def _landing_check(event: ev.RunCheckFinished, state: State) -> str:
    ended = event.outcome.value.replace("_", " ") if event.exit_code is None else f"exit {event.exit_code}"
    run = state.runs[event.run]
    is_new = run.landing is not None and run.landing.new == event.commit
    where = f"the commit that {run.base_branch} is to get" if is_new else short(event.commit)
    return f"check {event.check} · {ended}, on {where}"


def _item(item: Item) -> str:
    match item.kind:
        case ItemKind.COMMAND if item.status is ItemStatus.DECLINED:
            return f"$ {item.title} (declined)"
        case ItemKind.COMMAND:
            return f"$ {item.title} (exit {item.exit_code})"
        case ItemKind.FILE_CHANGE:
            return "edits " + ", ".join(f"{edit.path} +{edit.insertions} −{edit.deletions}" for edit in item.files)
        case ItemKind.AGENT_MESSAGE:
            return f"“{item.title}”"
        case _:
            return ""
