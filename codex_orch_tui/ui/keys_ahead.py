"""Keys that are typed while a field to write in is on its way: they are meant for it, and command nothing.

A key that opens a field acts before the field has the focus: git is asked, a screen is imported and laid out. What
comes in between would be commands of the screen below, or be lost. Here it waits until the field has the focus.
"""

import asyncio
from collections.abc import Sequence

from textual import events
from textual.widget import Widget

_NEVER_HELD = frozenset({"ctrl+c", "ctrl+q"})
"""The way out stays open, however long the field takes."""
_MOST = 4_096
"""Keys that are kept: whoever types more does not look at the screen."""

FIELD_S = 3.0
"""A field that is being mounted and has no focus by then does not come: the keyboard must not be lost with it."""

Typed = events.Key | events.Paste


class KeysAhead:
    """Holds what is typed. Made by the app, which asks it about every event."""

    def __init__(self) -> None:
        self._held: list[Typed] | None = None

    def hold(self, *, longest_s: float | None = None) -> None:
        """From now on keys wait.

        Args:
            longest_s: So long after this they are dropped, in seconds; None: until somebody says that no field comes.
        """
        if self._held is None:
            self._held = []
        if longest_s is not None:
            held = self._held
            asyncio.get_running_loop().call_later(longest_s, lambda: self.drop() if self._held is held else None)

    def drop(self) -> None:
        """The field does not come: what was meant for it is nothing else."""
        self._held = None

    def takes(self, event: events.Event) -> bool:
        """Whether an event of the app waits, also one that a widget let pass before the field was asked for."""
        if self._held is None or not isinstance(event, Typed):
            return False
        if isinstance(event, events.Key) and event.key in _NEVER_HELD:
            return False
        if len(self._held) < _MOST:
            self._held.append(event)
        return True

    def given(self, field: Widget) -> Sequence[Typed]:
        """What waits, as it came from the terminal, when this is a field that somebody writes in; it waits no more.

        Args:
            field: It has just been given the focus.
        """
        if self._held is None or not field.check_consume_key("n", "n"):
            return ()
        # They came over two ways: straight from the terminal, and through a widget that had no use for them.
        held, self._held = sorted(self._held, key=lambda event: event.time), None
        return tuple(map(_anew, held))


def keys_ahead_of(widget: Widget) -> KeysAhead:
    """What holds the keys of the widget's app; in an app that holds none, nothing comes of it."""
    found: object = getattr(widget.app, "keys_ahead", None)
    return found if isinstance(found, KeysAhead) else KeysAhead()


def _anew(event: Typed) -> Typed:
    """The same, as it came from the terminal, and as old as it is."""
    fresh = events.Key(event.key, event.character) if isinstance(event, events.Key) else events.Paste(event.text)
    fresh.time = event.time
    return fresh
