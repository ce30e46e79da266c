"""Keys for an app under test.

Textual's own `press` waits twice for an idle processor after every key, which is 40 ms on an idle machine and up to two
seconds on a busy one. Here a key waits until every widget has taken what it was sent, and what came of it is painted.
"""

import unicodedata
from typing import Any

from textual import events
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot

STEP_S = 0.002
_STEPS = 2
"""A key is handed down to the widget with the focus, and its message goes up from there."""


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys, one after the other, each when the one before has had its effect."""
    for key in keys:
        pilot.app.post_message(_event(key))
        for _ in range(_STEPS):
            await pilot.pause(STEP_S)


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Type a text of one line."""
    await press(pilot, *("space" if char == " " else char for char in text))


def _event(key: str) -> events.Key:
    """The event for a key by its name or its sign."""
    name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
    try:
        char = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        char = name if len(name) == 1 else None
    return events.Key(name, char)
