"""What is shown, and which keys are left, when the window is too small for anything else."""

from collections.abc import Iterable

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget


class TooSmall(Widget, can_focus=True):
    """Takes the focus while it is on screen and lets no key through but those that leave: nothing else can be seen."""

    DEFAULT_CSS = """
    TooSmall { width: 1fr; height: 1fr; content-align: center middle; text-align: center; color: $foreground; }
    """

    class Gone(Message):
        """The window is large enough again."""

    def __init__(self, needed: Size, quit_keys: Iterable[str], *, id: str | None = None) -> None:  # noqa: A002
        """Makes the sentence.

        Args:
            needed: The smallest window that shows the rest, in cells.
            quit_keys: The keys that leave the program.
            id: The widget's id.
        """
        super().__init__(id=id)
        self._needed = needed
        self._quit_keys = tuple(quit_keys)
        self._waiting = 0

    def show(self, waiting: int) -> None:
        """Tells how many questions are open."""
        if waiting != self._waiting:
            self._waiting = waiting
            self.refresh()

    def render(self) -> Content:
        """The sentence at the present size."""
        now, needed = self.app.size, self._needed
        waits = {0: "", 1: "; a question waits"}.get(self._waiting, f"; {self._waiting} questions wait")
        return Content(
            f"This window is too small ({now.width}x{now.height}).\n"
            f"It needs {needed.width}x{needed.height}. Workers go on{waits}.\n"
            f"Keys are off until then; {self._quit_keys[0]} quits."
        )

    def on_show(self) -> None:
        """The rest has gone."""
        self.focus()

    def on_hide(self) -> None:
        """The rest is back."""
        self.post_message(self.Gone())

    def on_key(self, event: events.Key) -> None:
        """Keys would act on what cannot be seen."""
        if event.key not in self._quit_keys:
            event.stop()
