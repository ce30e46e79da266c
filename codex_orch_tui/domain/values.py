"""`@dataclass(frozen=True, slots=True)` for the many small classes of the domain, made in a fifth of the time.

Up to Python 3.12 `dataclasses` compiles six methods for each class, a quarter of a millisecond that every start pays
for every class. Here a method is compiled when it is first called, and some are the same for all classes. What they do
does not differ, and type checkers take this for the decorator of the standard library.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any, Literal

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        *,
        frozen: Literal[True],  # noqa: ARG001
        slots: Literal[True],  # noqa: ARG001
        kw_only: bool = False,
    ) -> Callable[[type[Any]], type[Any]]:
        """See `dataclasses.dataclass`; for classes without `InitVar`, and with nothing else than values as bases."""

        def made(bare: type[Any]) -> type[Any]:
            cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(bare)
            methods = {name: _made_when_called(cls, name, make) for name, make in _OF_EACH.items()} | dict(_OF_ALL)
            for name, method in methods.items():
                if name not in bare.__dict__:
                    setattr(cls, name, method)
            return cls

        return made


def _made_when_called(cls: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
    def first(self: object, *args: object, **contents: object) -> Any:
        method = make(cls)
        setattr(cls, name, method)
        return method(self, *args, **contents)

    return first


def _init(cls: Any) -> Callable[..., None]:
    """`__init__` as `dataclasses` would write it; the slots are set past `__setattr__`."""
    scope: dict[str, Any] = {"unset": dataclasses.MISSING}
    first: list[str] = []
    by_name: list[str] = []
    lines: list[str] = []
    for each in dataclasses.fields(cls):
        name, value = each.name, each.name
        scope[f"put_{name}"] = getattr(cls, name).__set__
        if each.default is not dataclasses.MISSING:
            scope[f"default_{name}"] = each.default
            parameter = f"{name}=default_{name}"
        elif each.default_factory is not dataclasses.MISSING:
            scope[f"make_{name}"] = each.default_factory
            parameter, value = f"{name}=unset", f"make_{name}() if {name} is unset else {name}"
        else:
            parameter = name
        (by_name if each.kw_only else first).append(parameter)
        lines.append(f"put_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    return _compiled(cls, "__init__", ["self", *first, *(["*", *by_name] if by_name else [])], lines or ["pass"], scope)


def _eq(cls: Any) -> Callable[..., bool]:
    mine, others = (_contents(cls, who, lambda each: each.compare) for who in ("self", "other"))
    line = f"return {mine} == {others} if other.__class__ is self.__class__ else NotImplemented"
    return _compiled(cls, "__eq__", ["self", "other"], [line], {})


def _hash(cls: Any) -> Callable[..., int]:
    mine = _contents(cls, "self", lambda each: each.compare if each.hash is None else each.hash)
    return _compiled(cls, "__hash__", ["self"], [f"return hash({mine})"], {})


def _contents(cls: Any, who: str, counts: Callable[["dataclasses.Field[Any]"], bool]) -> str:
    """The source of a tuple with the contents of some fields."""
    return f"({''.join(f'{who}.{each.name}, ' for each in dataclasses.fields(cls) if counts(each))})"


def _compiled(
    cls: Any, name: str, parameters: list[str], lines: list[str], scope: dict[str, Any]
) -> Callable[..., Any]:
    source = "\n ".join([f"def {name}({', '.join(parameters)}):", *lines])
    exec(source, scope)  # noqa: S102 - nothing but the names of our own fields
    method: Callable[..., Any] = scope[name]
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    return method


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_to_set(_self: object, name: str, _content: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


_OF_EACH: Mapping[str, Callable[[Any], Callable[..., Any]]] = {"__init__": _init, "__eq__": _eq, "__hash__": _hash}
_OF_ALL: Mapping[str, Callable[..., Any]] = {
    "__repr__": _repr,
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
}
