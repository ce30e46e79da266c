"""A run of any length on disk, as the program would have written it, without playing it."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import EpochId, ItemId, RunId, TaskId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit, Item, ItemKind, ItemStatus, OwnRule, TurnStatus, Usage
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.store.event_codec import encode
from tests.fakes.recorded import says
from tests.fakes.states import NOW_S, worktree

RUN = RunId("1120-1240-0000")
_ITEMS_A_TURN = 150
_SEQ, _TIME, _TURN, _ITEM = 900_000_000_001, 1_700_000_000.125, "turn-number", "item-number"


def write_long_run(run_folder: Path, events: int, *, tasks: int = 50, every_s: float = 0.05) -> int:
    """Write the journal of a run into its folder; returns how many events it has.

    The tasks work side by side: thoughts, commands, edits, tokens, a new turn now and then.

    Args:
        run_folder: it is made.
        events: about how many.
        tasks: how many tasks share them.
        every_s: recorded seconds between two events.
    """
    run_folder.mkdir(parents=True, exist_ok=True)
    refs = [TaskRef(RUN, TaskId(f"task-{number}")) for number in range(tasks)]
    written = 0
    with (run_folder / "journal.jsonl").open("wb") as file:
        for template, turn, item in _templates(refs, events):
            written += 1
            at_s = NOW_S + written * every_s
            record = (
                template.replace(b"%d" % _SEQ, b"%d" % written, 1)
                .replace(b"%.3f" % _TIME, b"%.3f" % at_s, 1)
                .replace(_TURN.encode(), b"turn-%d" % turn)
                .replace(_ITEM.encode(), b"item-%d" % item)
            )
            file.write(b'{"e": %b, "crc": "%08x"}\n' % (record, zlib.crc32(record)))
    return written


def write_long_log(path: Path, size_bytes: int) -> None:
    """Write a raw log of about this size: a worker that says something ten times a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    block = b"".join(
        says(f"Line {number} of what it says. " + "It is busy. " * 12, NOW_S + number / 10) for number in range(2_000)
    )
    with path.open("wb") as file:
        for _ in range(max(1, size_bytes // len(block))):
            file.write(block)


def _templates(refs: list[TaskRef], events: int) -> Iterator[tuple[bytes, int, int]]:
    """Records without their numbers, each with the number of its turn and of its item."""
    specs = tuple(TaskSpec(id=ref.task, title=f"Work on {ref.task}", prompt="Do it, and test it.") for ref in refs)
    yield _template(ev.RunCreated(run=RUN, plan=Plan(title="A long run", tasks=specs), base_branch="main")), 0, 0
    for ref in refs:
        for event in _beginning(ref):
            yield _template(event), 1, 0
    cycles = {ref: [_template(event) for event in _cycle(ref)] for ref in refs}
    turns = {ref: [_template(event) for event in _next_turn(ref)] for ref in refs}
    told = 1 + len(refs) * 5
    turn, item = 1, 0
    while told < events:
        item += 4
        if item % _ITEMS_A_TURN < 4:
            for ref in refs:
                yield turns[ref][0], turn, 0
                yield turns[ref][1], turn + 1, 0
            told += 2 * len(refs)
            turn += 1
        for number, (offset, _) in enumerate(_CYCLE):
            for ref in refs:
                yield cycles[ref][number], turn, item + offset
        told += len(_CYCLE) * len(refs)


def _beginning(ref: TaskRef) -> Iterator[ev.Event]:
    yield ev.TaskStarted(ref=ref)
    yield ev.WorktreeCreated(ref=ref, worktree=worktree(ref))
    yield ev.WorkerStarted(ref=ref, epoch=EpochId("e"), pid=1, process_started_s=1.0, version="0.163.0")
    yield ev.ThreadOpened(ref=ref, thread=ThreadId("thread"), resumed=False)
    yield ev.TurnStarted(ref=ref, turn=TurnId(_TURN), prompt="Do it, and test it.")


def _next_turn(ref: TaskRef) -> Iterator[ev.Event]:
    yield ev.TurnEnded(ref=ref, turn=TurnId(_TURN), status=TurnStatus.COMPLETED)
    yield ev.TurnStarted(ref=ref, turn=TurnId(_TURN), prompt="Go on.")


def _item(kind: ItemKind, title: str, *, done: bool) -> Item:
    files = (FileEdit(path="src/search.py", change="update", insertions=3, deletions=1),)
    return Item(
        id=ItemId(_ITEM),
        kind=kind,
        title=title,
        status=ItemStatus.COMPLETED if done else ItemStatus.IN_PROGRESS,
        files=files if kind is ItemKind.FILE_CHANGE else (),
        exit_code=0 if kind is ItemKind.COMMAND and done else None,
    )


_Told = Callable[[TaskRef], ev.Event]


def _began(kind: ItemKind, title: str) -> _Told:
    return lambda ref: ev.ItemStarted(ref=ref, turn=TurnId(_TURN), item=_item(kind, title, done=False))


def _ended(kind: ItemKind, title: str) -> _Told:
    return lambda ref: ev.ItemCompleted(ref=ref, turn=TurnId(_TURN), item=_item(kind, title, done=True))


_CYCLE: tuple[tuple[int, _Told], ...] = (
    (0, _began(ItemKind.REASONING, "Looks at the routes")),
    (0, _ended(ItemKind.REASONING, "Looks at the routes")),
    (1, _began(ItemKind.COMMAND, "pytest -q tests/test_search.py")),
    (1, lambda ref: ev.CommandAllowed(ref=ref, turn=TurnId(_TURN), item=ItemId(_ITEM), own_rule=OwnRule())),
    (1, _ended(ItemKind.COMMAND, "pytest -q tests/test_search.py")),
    (2, _began(ItemKind.FILE_CHANGE, "src/search.py")),
    (2, _ended(ItemKind.FILE_CHANGE, "src/search.py")),
    (0, lambda ref: ev.UsageUpdated(ref=ref, usage=Usage(input_tokens=90_000, total_tokens=94_000))),
)
"""What a worker tells again and again; the number is that of the item."""


def _cycle(ref: TaskRef) -> Iterator[ev.Event]:
    for _, told in _CYCLE:
        yield told(ref)


def _template(event: ev.Event) -> bytes:
    return encode(ev.Recorded(seq=_SEQ, at_s=_TIME, event=event))
