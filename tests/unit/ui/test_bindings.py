"""The one table of actions: whole, without clashes, and what everything else is made from."""

from collections import Counter

from textual.binding import Binding, BindingsMap

from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.bindings import ACTIONS, BY_ID, Where, bindings, unknown_ids
from codex_orch_tui.ui.key_names import keys_label, markdown_table
from codex_orch_tui.ui.screens.history import HistoryScreen
from codex_orch_tui.ui.screens.main import MainScreen
from codex_orch_tui.ui.screens.plan import PlanScreen
from codex_orch_tui.ui.screens.replay import ReplayScreen
from codex_orch_tui.ui.screens.review import ReviewScreen
from codex_orch_tui.ui.widgets.approval_card import ApprovalCard
from codex_orch_tui.ui.widgets.diff_view import DiffView
from codex_orch_tui.ui.widgets.event_log import EventLog
from codex_orch_tui.ui.widgets.row_list import RowList
from codex_orch_tui.ui.widgets.task_tree import TaskTree

HOLDERS = {
    Where.ANYWHERE: (OrchApp,),
    Where.MAIN: (MainScreen,),
    Where.LIST: (RowList, TaskTree),
    Where.TREE: (TaskTree,),
    Where.LOG: (EventLog,),
    Where.APPROVAL: (ApprovalCard,),
    Where.REVIEW: (ReviewScreen,),
    Where.HISTORY: (HistoryScreen,),
    Where.PLAN: (PlanScreen,),
    Where.DIFF: (DiffView, ReviewScreen),
    Where.REPLAY: (ReplayScreen,),
}


def test_ids_are_unique() -> None:
    assert max(Counter(action.id for action in ACTIONS).values()) == 1


def test_no_key_is_given_twice_in_one_place() -> None:
    for where in set(Where) - {Where.DIALOG}:  # dialogs are many places
        bound = [action for action in ACTIONS if action.where is where and action.id != "review.mark"]
        keys = [key for action in bound for key in action.keys.split(",")]
        assert max(Counter(keys).values(), default=1) == 1, where


def test_whoever_has_the_binding_has_the_action() -> None:
    for action in ACTIONS:
        if action.is_bound:
            holders = HOLDERS[action.where]
            assert any(hasattr(holder, f"action_{action.name}") for holder in holders) or action.where is Where.LOG, (
                action
            )


def test_bindings_of_widgets_are_those_of_the_table() -> None:
    for holder in {holder for each in HOLDERS.values() for holder in each}:
        for _key, binding in BindingsMap(holder.BINDINGS):
            if binding.id in BY_ID:
                assert binding.key in BY_ID[binding.id].keys.split(","), (holder, binding)


def test_bindings_carry_id_and_tooltip() -> None:
    for binding in bindings(*Where):
        assert isinstance(binding, Binding)
        assert binding.id
        assert binding.tooltip


def test_labels_and_keymap() -> None:
    assert keys_label(BY_ID["program.help"], {}) == "? f1"
    assert keys_label(BY_ID["task.message"], {"task.message": "ctrl+e"}) == "ctrl+e"
    assert unknown_ids({"task.message": "x", "no.such": "y"}) == ("no.such",)


def test_the_readme_table_has_every_action() -> None:
    table = markdown_table()
    for action in ACTIONS:
        assert f"`{action.id}`" in table
