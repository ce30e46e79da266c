"""Hypothesis strategies for domain events: any value that the types allow, about few enough tasks to make them meet."""

import dataclasses
import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from codex_orch_tui.domain.events import Event, Recorded
from codex_orch_tui.domain.ids import ApprovalId, EpochId, ItemId, RunId, TaskId, TaskRef, ThreadId, TurnId

EVENT_TYPES: tuple[type[Any], ...] = get_args(Event)

# Few names, so that a later event finds what an earlier one made.
_NAMED: Mapping[Any, st.SearchStrategy[Any]] = {
    RunId: st.sampled_from(["r1", "r2"]),
    TaskId: st.sampled_from(["t1", "t2"]),
    TurnId: st.sampled_from(["u1", "u2"]),
    ItemId: st.sampled_from(["i1", "i2"]),
    ApprovalId: st.sampled_from(["a1", "a2"]),
    ThreadId: st.just("thread"),
    EpochId: st.sampled_from(["e1", "e2"]),
}
_PLAIN: Mapping[type, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    int: st.integers(min_value=-(2**70), max_value=2**70),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
}


@cache
def strategy_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that events are made of."""
    if hint in _NAMED:
        return _NAMED[hint]
    if hint in _PLAIN:
        return _PLAIN[hint]
    if hint is type(None):
        return st.none()
    if hint is TaskRef:
        return st.builds(TaskRef, strategy_of(RunId), strategy_of(TaskId))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if dataclasses.is_dataclass(hint):
        fields = get_type_hints(hint)
        return st.builds(hint, **{name: strategy_of(kind) for name, kind in fields.items()})
    if hasattr(hint, "__supertype__"):
        return strategy_of(hint.__supertype__)
    return _generic(get_origin(hint), get_args(hint))


def _generic(origin: Any, args: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in (types.UnionType, Union):
        return st.one_of([strategy_of(arg) for arg in args])
    if origin is tuple:
        return st.lists(strategy_of(args[0]), max_size=3).map(tuple)
    if issubclass(origin, Mapping):
        return st.dictionaries(strategy_of(args[0]), strategy_of(args[1]), max_size=3)
    raise TypeError(f"events have come to hold {origin}, which this module does not know")


EVENTS = st.one_of([strategy_of(cls) for cls in EVENT_TYPES])
"""Any event."""


def recorded(events: list[Event], *, start_s: float = 1_700_000_000.0) -> list[Recorded]:
    """Events in their places, a second apart."""
    return [Recorded(seq=index, at_s=start_s + index, event=event) for index, event in enumerate(events, start=1)]
