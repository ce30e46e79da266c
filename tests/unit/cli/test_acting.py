"""Programs come and go while a command finds out who does it."""

from typing import Any, cast

import pytest

from codex_orch_tui.cli import acting
from codex_orch_tui.cli.acting import Ground, alone_or_through
from codex_orch_tui.services.errors import NoHolderError, NotPossibleError, OpenError
from codex_orch_tui.store.lock import LockHeld


class Held:
    """A ground whose holder is there, or not, at each look."""

    def __init__(self, *looks: bool) -> None:
        self._looks = list(looks)

    @property
    def holder(self) -> object | None:
        return object() if self._looks.pop(0) else None


def was_quicker() -> OpenError:
    error = OpenError("held", exit_code=3)
    error.__cause__ = LockHeld.__new__(LockHeld)
    return error


def done(monkeypatch: pytest.MonkeyPatch, ground: Held, here: list[Any], there: list[Any]) -> tuple[Any, list[str]]:
    """What came of it, and in which order it was tried."""
    tried: list[str] = []

    def doing(name: str, ends: list[Any]) -> Any:
        async def do(_ground: Ground, _work: Any) -> Any:
            tried.append(name)
            end = ends.pop(0)
            if isinstance(end, Exception):
                raise end
            return end

        return do

    monkeypatch.setattr(acting, "alone", doing("here", here))
    monkeypatch.setattr(acting, "through", doing("there", there))
    return alone_or_through(cast("Ground", ground), cast("Any", None), cast("Any", None)), tried


def test_a_holder_that_goes_before_it_began_leaves_it_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    assert done(monkeypatch, Held(True, False), [7], [NoHolderError("gone")]) == (7, ["there", "here"])


def test_one_that_was_quicker_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert done(monkeypatch, Held(False), [was_quicker()], [7]) == (7, ["here", "there"])


def test_it_is_given_up_when_somebody_else_is_always_quicker_and_then_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoHolderError):
        done(monkeypatch, Held(True, True, True), [], [NoHolderError("gone") for _ in range(3)])


@pytest.mark.parametrize("end", [OpenError("read-only", exit_code=1), NotPossibleError("no")])
def test_what_else_goes_wrong_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, end: Exception) -> None:
    with pytest.raises(type(end)):
        done(monkeypatch, Held(False), [end], [])
