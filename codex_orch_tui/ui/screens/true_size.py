"""A screen that has the size of the terminal, whatever order its sizes come in."""

from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.message_pump import MessagePump as _Base
else:
    _Base = object  # no Screen, as for `OneAnswer`


class TrueSize(_Base):
    """Passes over a size that is over.

    A screen that is laid out tells itself the size of that layout. When the terminal has another size by then, both
    are in its queue, and the later one takes the place of the earlier: the layout would stay that of the old size, or
    the two would call each other back for ever.
    """

    async def _on_resize(self, event: events.Resize) -> None:
        """Has the size that the terminal has now instead of one that it had."""
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()
            self.post_message(events.Resize(self.app.size, self.app.size))
