"""Our own, cheaper `dataclass` makes what that of the standard library makes."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from codex_orch_tui.domain import values

Make = Any


def _classes(make: Make) -> tuple[type[Any], ...]:
    """The same classes, made by one or the other."""

    @make(frozen=True, slots=True, kw_only=True)
    class Base:
        """One that others build on."""

        name: str

    @make(frozen=True, slots=True, kw_only=True)
    class Point(Base):
        """With all kinds of fields."""

        x: int
        y: float = 0.5
        tags: tuple[str, ...] = ()
        seen: Mapping[str, int] = field(default_factory=dict, hash=False)
        note: str = field(default="", compare=False, repr=False)

        @property
        def is_named(self) -> bool:
            """It has a name."""
            return bool(self.name)

    @make(frozen=True, slots=True)
    class Pair:
        """In order."""

        left: int
        right: int = 2

    @make(frozen=True, slots=True)
    class Checked:
        """Looks at itself."""

        text: str

        def __post_init__(self) -> None:
            if not self.text:
                raise ValueError("empty")

        def __str__(self) -> str:
            return self.text

    @make(frozen=True, slots=True)
    class Nothing:
        """Without a field."""

    return Base, Point, Pair, Checked, Nothing


@pytest.fixture(params=[values.dataclass, dataclasses.dataclass], ids=["ours", "standard"])
def classes(request: pytest.FixtureRequest) -> tuple[type[Any], ...]:
    return _classes(request.param)


def test_values_are_equal_by_content(classes: tuple[type[Any], ...]) -> None:
    base, point, pair, _, nothing = classes
    one = point(name="a", x=1, seen={"b": 2}, note="mine")
    assert one == point(name="a", x=1, seen={"b": 2}, note="other")
    assert hash(one) == hash(point(name="a", x=1))
    assert one != point(name="a", x=1)
    assert one != point(name="a", x=2, seen={"b": 2})
    assert base(name="a") != point(name="a", x=1)
    assert pair(1) == pair(1, 2) == pair(left=1, right=2)
    assert pair(1) != (1, 2)
    assert {pair(1), pair(1, 2), pair(2)} == {pair(1), pair(2)}
    assert nothing() == nothing()
    assert hash(nothing()) == hash(nothing())


def test_values_tell_what_they_hold(classes: tuple[type[Any], ...]) -> None:
    _, point, pair, checked, nothing = classes
    name = point.__qualname__
    assert repr(point(name="a", x=1, note="not shown")) == f"{name}(name='a', x=1, y=0.5, tags=(), seen={{}})"
    assert repr(pair(1)).endswith("Pair(left=1, right=2)")
    assert repr(nothing()).endswith("Nothing()")
    assert str(checked("text")) == "text"
    assert point(name="a", x=1).is_named


def test_each_value_has_its_own_default(classes: tuple[type[Any], ...]) -> None:
    point = classes[1]
    assert point(name="a", x=1).seen is not point(name="b", x=1).seen
    assert point(name="a", x=1).tags == ()


def test_values_stay_as_they_are(classes: tuple[type[Any], ...]) -> None:
    one = classes[1](name="a", x=1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        one.x = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del one.x
    assert not hasattr(one, "__dict__")
    assert one.x == 1


@pytest.mark.parametrize(
    "wrong", [{}, {"name": "a"}, {"name": "a", "x": 1, "z": 2}], ids=["nothing", "one missing", "one too many"]
)
def test_wrong_fields_are_refused(classes: tuple[type[Any], ...], wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"__init__\(\)"):
        classes[1](**wrong)
    with pytest.raises(TypeError, match=r"__init__\(\)"):
        classes[1]("a", 1)


def test_a_value_looks_at_itself_when_it_is_made(classes: tuple[type[Any], ...]) -> None:
    checked = classes[3]
    with pytest.raises(ValueError, match="empty"):
        checked("")
    assert checked("text").text == "text"


def test_the_standard_library_and_pydantic_know_them(classes: tuple[type[Any], ...]) -> None:
    _, point, pair, _, _ = classes
    one = point(name="a", x=1)
    assert [each.name for each in dataclasses.fields(one)] == ["name", "x", "y", "tags", "seen", "note"]
    assert dataclasses.replace(one, x=2) == point(name="a", x=2)
    assert dataclasses.asdict(pair(1)) == {"left": 1, "right": 2}
    adapter: TypeAdapter[Any] = TypeAdapter(point)
    assert adapter.validate_json(adapter.dump_json(one)) == one
    assert pair.__match_args__ == ("left", "right")
    assert point.__match_args__ == ()


def test_the_domain_has_no_dearer_ones() -> None:
    """Each class of the standard decorator would cost every start a quarter of a millisecond."""
    folder = Path(values.__file__).parent
    dearer = re.compile(r"^from dataclasses import .*\bdataclass\b", re.MULTILINE)
    files = [file for file in folder.rglob("*.py") if file.name != "values.py"]
    assert [file.name for file in files if dearer.search(file.read_text(encoding="utf-8"))] == []
