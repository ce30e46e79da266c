"""A screen that is answered once."""

from typing import TYPE_CHECKING, TypeVar

from textual import events
from textual.await_complete import AwaitComplete

from codex_orch_tui.ui.screens.true_size import TrueSize

if TYPE_CHECKING:
    from textual.screen import Screen

T = TypeVar("T")

if TYPE_CHECKING:
    _Base = Screen[T]
else:

    class _Base:
        """No Screen: Textual takes styles from the first base that is one, which has to be the modal one."""

        def __class_getitem__(cls, _item: object) -> type:
            return cls


class OneAnswer(TrueSize, _Base[T]):
    """Takes the first answer and no other.

    Keys that were pressed faster than the screen could go still arrive. They must not answer a second time, close the
    screen below or act on it.
    """

    is_answered = False
    _late: tuple[T | None] | None = None

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Closes the screen with its answer, once; under another screen as soon as that has gone."""
        if self.is_answered:
            return AwaitComplete()
        if self.app.screen is not self:
            self._late = (result,)
            return AwaitComplete()
        self.is_answered = True
        return super().dismiss(result)

    def answer(self, result: T) -> None:
        """Answers to a key that is not bound, after the keys before it: those that are bound go by way of the app."""
        self.app.call_later(self.dismiss, result)

    def on_screen_resume(self) -> None:
        """In front again: what was decided meanwhile. By way of the app, as a screen cannot wait for its own end."""
        if self._late is not None:
            self.app.call_later(self.dismiss, *self._late)

    def on_key(self, event: events.Key) -> None:
        """Nothing is asked any more."""
        if self.is_answered:
            event.stop()
