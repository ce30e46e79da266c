"""Changes to the turns of a task: pure replacements, used by the reducer."""

from collections.abc import Callable

from codex_orch_tui.domain.ids import ItemId, TurnId
from codex_orch_tui.domain.item import Item, ItemKind, ItemStatus, OwnRule, TurnStatus
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.task import Task, Turn

_TIMED = frozenset({ItemKind.COMMAND, ItemKind.FILE_CHANGE, ItemKind.MCP_TOOL})
"""The items that do something, and so have a place in the history."""


def with_turn(task: Task, turn_id: TurnId, change: Callable[[Turn], Turn]) -> Task:
    """The task with one turn changed; as it is when it has no such turn."""
    for index in range(len(task.turns) - 1, -1, -1):
        turn = task.turns[index]
        if turn.id == turn_id:
            return replace(task, turns=(*task.turns[:index], change(turn), *task.turns[index + 1 :]))
    return task


def _put_item(items: tuple[Item, ...], item: Item) -> tuple[Item, ...]:
    for index in range(len(items) - 1, -1, -1):
        if items[index].id == item.id:
            return (*items[:index], item, *items[index + 1 :])
    return (*items, item)


def with_item_at(task: Task, turn_id: TurnId, item: Item, at_s: float) -> Task:
    """The task with an item of a turn added, or replaced where one with its id is there; then it has begun before."""

    def begun(turn: Turn) -> Turn:
        items = _put_item(turn.items, item)
        if item.kind not in _TIMED or item.id in turn.began_at_s:
            return replace(turn, items=items)
        return replace(turn, items=items, began_at_s={**turn.began_at_s, item.id: at_s})

    return with_turn(task, turn_id, begun)


def with_own_rule(task: Task, turn_id: TurnId, item_id: ItemId, own_rule: OwnRule) -> Task:
    """The task with what Codex's own rules say of a command."""
    return with_turn(task, turn_id, lambda turn: replace(turn, own_rules={**turn.own_rules, item_id: own_rule}))


def with_open_turn_cut(task: Task, at_s: float) -> Task:
    """The task with its running turn, and that turn's running items, marked as interrupted."""
    turn = task.turn
    if turn is None or turn.status is not TurnStatus.IN_PROGRESS:
        return task
    items = tuple(
        replace(item, status=ItemStatus.FAILED) if item.status is ItemStatus.IN_PROGRESS else item
        for item in turn.items
    )
    cut_off = frozenset(item.id for item in turn.items if item.status is ItemStatus.IN_PROGRESS)
    cut = replace(turn, status=TurnStatus.INTERRUPTED, ended_at_s=at_s, items=items, cut_off=cut_off)
    return replace(task, turns=(*task.turns[:-1], cut))
