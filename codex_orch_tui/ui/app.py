"""The app: themes, keys, signals, the way out. Everything else is in its screens."""

import asyncio
import gc
import os
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import textual.screen
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widget import Widget

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.paths import PathsError, config_folder
from codex_orch_tui.ui.announcer import Announcer
from codex_orch_tui.ui.bindings import BY_ID, Where, bindings, unknown_ids
from codex_orch_tui.ui.errands import Errands
from codex_orch_tui.ui.keys_ahead import KeysAhead
from codex_orch_tui.ui.line_filter import ControlFilter
from codex_orch_tui.ui.presentation.programs import editor_command
from codex_orch_tui.ui.presentation.status import is_under_way
from codex_orch_tui.ui.screens import dialogs
from codex_orch_tui.ui.screens.main import MainScreen
from codex_orch_tui.ui.terminal import Terminal, TerminalGone
from codex_orch_tui.ui.themes import load_themes

if TYPE_CHECKING:
    from textual.command import Provider

    from codex_orch_tui.services.live_settings import SettingsNews
    from codex_orch_tui.services.session import Session
    from codex_orch_tui.ui.screens.plan_actions import Beginning
    from codex_orch_tui.ui.screens.review import ReviewScreen
    from codex_orch_tui.ui.widgets.guide_line import Guide


_COLLECT_AFTER = 10_000
"""New objects between two collections of the youngest; Python's own 700 are a dozen messages of Textual."""

_PAINT_S = 1 / 240
"""The shortest time between two paintings.

After one, Textual makes what a key changes wait for up to two of these: 33 ms at its own 1/60 s, and a log that is
written all the time would make that the rule. How often the log is drawn is for the frame gate (bridge.py).
"""


def _palette() -> "type[Provider]":
    from codex_orch_tui.ui.commands import ActionProvider  # noqa: PLC0415 - not for the first paint

    return ActionProvider


def _ascii_filter() -> Sequence[LineFilter]:
    from codex_orch_tui.ui.ascii_filter import AsciiFilter  # noqa: PLC0415 - for few terminals

    return (AsciiFilter(),)


class OrchApp(App[int], inherit_bindings=False):
    """The screen of one orchestrator. Its return value is the exit code.

    Args:
        orchestrator: What is shown and commanded.
        simulated: No Codex runs; every screen says so.
        guide: Leads a newcomer, on every screen.
        beginning: What the command line asked for; it is begun as soon as the first frame is painted.
    """

    TITLE = "codex-orch-tui"
    CSS_PATH = "screens/main.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.ANYWHERE)
    COMMANDS = {_palette}  # noqa: RUF012 - Textual's own form

    def __init__(
        self,
        orchestrator: "Session",
        *,
        simulated: bool = False,
        guide: "Guide | None" = None,
        beginning: "Beginning | None" = None,
    ) -> None:
        super().__init__(driver_class=Terminal)
        self.orchestrator = orchestrator
        self._beginning = beginning
        self.is_simulated = simulated
        self.guide = guide
        self.errands = Errands(self._tell)
        self.keys_ahead = KeysAhead()
        self._given: WeakKeyDictionary[events.Key, tuple[Screen[Any], Widget | None]] = WeakKeyDictionary()
        """For each key under way the screen and the widget that it was given to."""
        self.ended_by: signal.Signals | None = None
        self._main = self.make_main()
        self._clash_told = False
        self._announcer: Announcer | None = None
        # One and the same: painted lines are kept by the filter that they went through.
        self._control_filter = ControlFilter()
        self._ascii_filter = _ascii_filter() if orchestrator.config.ascii_glyphs else ()
        if "TEXTUAL_FPS" not in os.environ:  # the person's own wish
            textual.screen.UPDATE_PERIOD = _PAINT_S  # type: ignore[misc] # Textual has no other place for it
        self._configured_theme: str = orchestrator.config.theme
        self._use_themes()

    def make_main(self) -> MainScreen:
        """The screen that everything starts from, made once."""
        return MainScreen(self.orchestrator, self.errands, simulated=self.is_simulated, guide=self.guide)

    def get_default_screen(self) -> Screen[Any]:
        """The main screen."""
        return self._main

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, ASCII where it is wanted, and last the net that lets no control character through."""
        return [*super().get_line_filters(), *self._ascii_filter, self._control_filter]

    @property
    def main_screen(self) -> MainScreen:
        """The screen that everything starts from."""
        return self._main

    @property
    def is_lent(self) -> bool:
        """Another program has the terminal."""
        return self._main.is_lent

    def on_mount(self) -> None:
        """Keys of the configuration, and what the opening found."""
        # After ctrl+z and fg Textual takes a terminal of the same size for one that shows the last frame.
        self.app_resume_signal.subscribe(self, lambda _app: self.refresh(layout=True))
        for failure in self._loaded_themes.failures:
            self._tell(f"theme {failure.file} is not used: {failure.reason}", "warning")
        keymap = self.orchestrator.config.keymap
        if keymap:
            self.set_keymap({name: keys for name, keys in keymap.items() if name in BY_ID})
            if unknown := unknown_ids(keymap):
                self._tell(f"keymap: no action is called {', '.join(unknown)}", "warning")
        if self.orchestrator.notes:
            self._tell_lines(self.orchestrator.notes)

    def on_ready(self) -> None:
        """The first frame is painted.

        What is there now stays for as long as the program runs. Left to the collector, it would be walked through every
        few seconds, and a key pressed then would wait some 50 ms.
        """
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        gc.enable()
        self._announce()
        self.orchestrator.watch_settings(self._settings_changed)
        if self.guide is not None:
            self._main.offer(self.guide.sentence)
        if self._beginning is not None:
            self._main.begin(self._beginning)

    def _settings_changed(self, news: "SettingsNews") -> None:
        """The files of settings are others now: use what can be used at once, and tell what became of the change."""
        if not self.is_running:
            return
        config = self.orchestrator.config
        if config.theme != self._configured_theme:  # and not whenever another was chosen in the palette
            self._configured_theme = config.theme
            self.theme = self._loaded_themes.pick(config.theme, self.available_themes)
        if self._announcer is not None:
            self._announcer.use(config)
            self._announcer.tell()
        severity = "warning" if news.is_refused else "information"
        self.notify("\n".join(news.lines), severity=severity, markup=False, timeout=8)

    def _announce(self) -> None:
        """From now on the person is told what is new, also when they look elsewhere."""
        if not isinstance(self._driver, Terminal):  # no terminal: a test's
            return
        announcer = Announcer(
            self._driver,
            self.orchestrator.config,
            project=self.orchestrator.root.name,
            state=lambda: self.orchestrator.state,
            later=asyncio.get_running_loop().call_later,
        )
        self.orchestrator.watch_news(announcer.hear)
        self._announcer = self._main.announcer = announcer
        announcer.tell()

    async def on_event(self, event: events.Event) -> None:
        """What is typed while a field to write in is on its way waits for it; while the program leaves it goes."""
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            return
        if not self.keys_ahead.takes(event):
            await self._hand_on(event)

    async def _hand_on(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            if not event.is_forwarded:
                self._given[event] = (self.screen, self.focused)
            elif self._is_of_another_place(event):
                return
        await super().on_event(event)

    def _is_of_another_place(self, event: events.Key) -> bool:
        """Whether a key comes back, unused, from a screen that has gone, or to a question that it was not given to.

        Textual would let it act on whatever has come into the place, which nobody had read when it was pressed.
        """
        screen, focused = self._given.get(event, (self.screen, self.focused))
        inbox = self._main.needs_you.inbox
        is_at_question = inbox is not None and inbox.has_focus_within
        return screen is not self.screen or (is_at_question and focused is not self.focused)

    async def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The field is there: it gets what was typed for it."""
        for typed in self.keys_ahead.given(event.widget):
            await self._hand_on(typed)

    def on_app_focus(self) -> None:
        """The terminal says that the person is in it."""
        if self._announcer is not None:
            self._announcer.has_focus = True

    def on_app_blur(self) -> None:
        """The terminal says that the person went elsewhere."""
        if self._announcer is not None:
            self._announcer.has_focus = False

    def _use_themes(self) -> None:
        try:
            loaded = load_themes(config_folder() / "themes")
        except PathsError:
            loaded = load_themes()
        for theme in loaded.themes:
            self.register_theme(theme)
        self._loaded_themes = loaded
        self.theme = loaded.pick(self._configured_theme, self.available_themes)

    def notify(self, message: str, **options: Any) -> None:
        """One word at a time: a pile of them would cover what they are about."""
        self.clear_notifications()
        super().notify(message, **options)

    def _tell(self, text: str, severity: str) -> None:
        self.notify(clean_line(text), severity="error" if severity == "error" else "warning", markup=False, timeout=8)

    def _tell_lines(self, lines: Sequence[str]) -> None:
        text = "\n".join(clean_line(line) for line in lines)
        self.notify(text, severity="information", markup=False, timeout=8)

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:  # noqa: ARG002
        """Told once: Textual asks at every key."""
        if not self._clash_told:
            self._clash_told = True
            names = ", ".join(sorted(binding.id or binding.action for binding in clashed_bindings))
            self._tell(f"keymap: two actions share a key: {names}", "warning")

    def _fatal_error(self) -> None:
        """The screen crashed: the trace without the locals, which hold what the workers wrote."""
        from rich.traceback import Traceback  # noqa: PLC0415 - not for the first paint

        self.panic(Traceback(suppress=["textual"], max_frames=12))

    # -- the way out --------------------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Leaves; asks when workers run or questions are open."""
        state = self.orchestrator.state
        if self._main.waits_to_close:
            self._main.wait_to_close(False)
        elif is_under_way(state) and self.orchestrator.viewing is None:
            self._ask_to_quit()
        else:
            self.exit(0)

    def _ask_to_quit(self) -> None:
        if any(screen.id == dialogs.QUIT_ID for screen in self.screen_stack):
            return
        self.keys_ahead.drop()  # The next keys answer this.
        dialogs.confirm_quit(
            self._main, self.orchestrator, lambda: self.exit(0), lambda: self._main.wait_to_close(True)
        )

    async def action_break(self) -> None:
        """ctrl+c: copies where text is selected, else asks like q, out of a dialog too."""
        focused = self.focused
        selected: object = getattr(focused, "selected_text", None)
        if selected and isinstance(focused, Widget):
            await self.run_action("copy", focused)
        elif self.screen.get_selected_text():
            self.screen.action_copy_text()
        else:
            await self.action_quit()

    def action_command_palette(self) -> None:
        """Every command by its name."""
        from codex_orch_tui.ui.commands import Palette  # noqa: PLC0415 - not for the first paint

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_help(self) -> None:
        """Every key, and what the signs mean."""
        dialogs.help_keys(self._main, self.orchestrator)

    def on_review_screen_editor_wanted(self, message: "ReviewScreen.EditorWanted") -> None:
        """The person wants a file of a review in their editor."""
        worktree = self.orchestrator.state.tasks[message.ref].worktree
        if worktree is not None:
            # With ./ in front no file name is taken for an option.
            command = editor_command(
                self.orchestrator.config.editor, os.environ, path=f"./{message.path}", line=message.line
            )
            self._main.lend_terminal(command, worktree.path)

    def on_review_screen_message_wanted(self, message: "ReviewScreen.MessageWanted") -> None:
        """The person wants to write to the worker whose diff they read."""
        self._main.write_to(message.ref)

    def on_terminal_gone(self, _event: TerminalGone) -> None:
        """The terminal was closed: nobody can be asked."""
        self.end_by(signal.SIGHUP)

    def end_by(self, number: signal.Signals) -> None:
        """Leaves because of a signal, with the code that shells expect."""
        if self.ended_by is None:
            self.ended_by = number
            self.exit(128 + number)
