"""The palette: the same actions as the keys, by name, and the themes."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from textual.app import App
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from codex_orch_tui.ui.bindings import ACTIONS, Where
from codex_orch_tui.ui.key_names import keys_label
from codex_orch_tui.ui.presentation.available import why_not
from codex_orch_tui.ui.screens.main import MainScreen
from codex_orch_tui.ui.screens.true_size import TrueSize


class _Command(NamedTuple):
    name: str
    help: str
    act: Callable[[], object]


class ActionProvider(Provider):
    """Offers what can be done now, each with its key."""

    async def discover(self) -> Hits:
        """Everything, in the order of the table."""
        for command in self._commands():
            yield DiscoveryHit(command.name, command.act, help=command.help)

    async def search(self, query: str) -> Hits:
        """What fits the typed letters."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.name)
            if score > 0:
                yield Hit(score, matcher.highlight(command.name), command.act, help=command.help)

    def _commands(self) -> Iterator[_Command]:
        screen = self.screen
        if not isinstance(screen, MainScreen):
            return
        keymap = screen.orchestrator.config.keymap
        for action in ACTIONS:
            if screen.check_action(action.name, ()) is False:
                continue
            if not action.in_palette or screen.why_refused(action):
                continue
            if why_not(action.id, screen.state, screen.current):
                continue
            target: DOMNode = self.app if action.where is Where.ANYWHERE else screen
            key = keys_label(action, keymap)
            yield _Command(f"{action.called}  ({key})", action.tooltip, partial(_run, self.app, action.name, target))
        for name in sorted(self.app.available_themes):
            act = partial(setattr, self.app, "theme", name)
            yield _Command(f"theme {name}", "Until the program ends; `theme` in the configuration keeps it", act)


class Palette(TrueSize, CommandPalette):
    """The palette. It has the keys before its list has rows: a page then would be a page of nothing, which raises."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)


async def _run(app: App[object], name: str, target: DOMNode) -> None:
    await app.run_action(name, target)
