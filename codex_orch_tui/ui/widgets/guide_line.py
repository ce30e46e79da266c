"""A line that leads a newcomer: what they do next. It follows the state, in front of every screen."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import Static

from codex_orch_tui.ui.bindings import BY_ID, keys_of
from codex_orch_tui.ui.key_names import key_label

_ACTION = re.compile(r"\{([\w.]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Who leads.

    `text` gives what to do now, keys as ids of actions in braces; `watch` calls back after each change and gives the
    function that ends it; `keymap` are the person's own keys, `sentence` is what a first task is offered with.
    """

    text: Callable[[], str]
    watch: Callable[[Callable[[], None]], Callable[[], None]]
    keymap: Mapping[str, str]
    sentence: str


class GuideLine(Static):
    """Shows what the guide says."""

    DEFAULT_CSS = """
    GuideLine { height: auto; width: 1fr; padding: 0 1; color: $text-accent; background: $surface; }
    """

    def __init__(
        self,
        guide: Guide,
        *,
        prefix: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        """Makes the line.

        Args:
            guide: Who leads.
            prefix: What stands in front, whatever the guide says.
            id: For the style sheet.
        """
        super().__init__(id=id, markup=False)
        self._guide = guide
        self._prefix = prefix
        self._shown = ""
        self._unwatch: Callable[[], None] | None = None

    def on_mount(self) -> None:
        """Shows what is to be done and watches for more."""
        self._unwatch = self._guide.watch(self._changed)
        self._show()

    def on_unmount(self) -> None:
        """Watches no more."""
        if self._unwatch is not None:
            self._unwatch()

    def _changed(self) -> None:
        self.call_later(self._show)

    def _show(self) -> None:
        text = self._prefix + self._guide.text()
        if text != self._shown:
            self._shown = text
            self.update(_with_keys(text, self._guide.keymap))


def _with_keys(text: str, keymap: Mapping[str, str]) -> Content:
    """The text with the keys that the person presses."""
    parts, end = [], 0
    for found in _ACTION.finditer(text):
        key = key_label(keys_of(found[1], keymap)[0]) if found[1] in BY_ID else found[1]
        parts += [Content(text[end : found.start()]), Content.styled(key, "bold $foreground")]
        end = found.end()
    return Content("").join([*parts, Content(text[end:])])
