"""A value with some fields changed, twice as fast as `dataclasses.replace`: the reducer does little else.

The fields are copied from slot to slot. So it is for dataclasses with slots whose every content is as good as any
other: `__init__` and `__post_init__` are passed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

ValueT = TypeVar("ValueT")


class _Shape(NamedTuple):
    """How the fields of a class are read and set."""

    setters: Mapping[str, Callable[[object, object], None]]
    in_order: tuple[Callable[[object, object], None], ...]
    read_all: Callable[[object], tuple[object, ...]]


_shapes: dict[type, _Shape] = {}


def replace(value: ValueT, **changes: Any) -> ValueT:
    """The value with other contents in some fields.

    Args:
        value: an instance of a dataclass with slots and at least two fields.
        **changes: field and content.

    Raises:
        KeyError: it has no such field.
    """
    kind = type(value)
    shape = _shapes.get(kind) or _shapes.setdefault(kind, _shape(kind))
    changed = object.__new__(kind)
    for put, content in zip(shape.in_order, shape.read_all(value), strict=True):
        put(changed, content)
    for name, content in changes.items():
        shape.setters[name](changed, content)
    return changed


def _shape(kind: Any) -> _Shape:
    names = tuple(field.name for field in fields(kind))
    setters = {name: getattr(kind, name).__set__ for name in names}
    return _Shape(setters, tuple(setters.values()), attrgetter(*names))
