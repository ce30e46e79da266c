"""The bell, the desktop notification and the title of the terminal, for a person who is looking elsewhere.

News are collected and told after the frame that shows them: what is heard can be seen. Several at once are one sound
and one notification. When nothing is new, nothing is written.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from codex_orch_tui.domain.state import State
from codex_orch_tui.services.announce import News, still_holds
from codex_orch_tui.ui.presentation.announcement import notification_text, title_text

BELL_GAP_S = 0.15
"""Bells that follow one another more quickly are one noise."""
NOTIFY_GAP_S = 1.0
"""Desktops pile notifications up."""


class Voice(Protocol):
    """What can be told; ui.terminal.Terminal does it."""

    def ring(self) -> None:
        """Sounds the bell."""

    def notify_desktop(self, text: str) -> None:
        """Asks for a notification."""

    def set_title(self, title: str) -> None:
        """Sets the title."""


class Settings(Protocol):
    """Which of it is wanted; config.Config has them."""

    bell: bool
    desktop_notifications: bool
    terminal_title: bool
    ascii_glyphs: bool


class Announcer:
    """Decides what is written when.

    Args:
        voice: writes it.
        settings: what is wanted.
        project: the repository's name.
        state: gives the state as it is.
        later: calls back after so many seconds.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        voice: Voice,
        settings: Settings,
        *,
        project: str,
        state: Callable[[], State],
        later: Callable[[float, Callable[[], None]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._voice = voice
        self._settings = settings
        self._project = project
        self._state = state
        self._later = later
        self._clock = clock
        self._title = ""
        self._heard: list[News] = []
        self.has_focus = False
        """The terminal said that the person is in it; many never say anything."""
        self._bell = _Paced(BELL_GAP_S, self._ring)
        self._desktop = _Paced(NOTIFY_GAP_S, self._notify)

    def use(self, settings: Settings) -> None:
        """Let other settings count from now on."""
        self._settings = settings

    def hear(self, news: News) -> None:
        """Take something in; the next frame will show it."""
        self._heard.append(news)

    @property
    def is_due(self) -> bool:
        """The next frame has something to tell."""
        return bool(self._heard) or self._wanted_title() != self._title

    def collect(self) -> tuple[News, ...]:
        """What a frame that is drawn now shows."""
        heard = tuple(self._heard)
        self._heard.clear()
        return heard

    def tell(self, news: Sequence[News] = ()) -> None:
        """Say this: the frame that shows it is painted."""
        if (title := self._wanted_title()) != self._title:
            self._title = title
            self._voice.set_title(title)
        wanted = (self._bell, self._settings.bell), (self._desktop, self._settings.desktop_notifications)
        for sink, is_wanted in wanted:
            if is_wanted:
                sink.news += news
                self._tell(sink)

    def _wanted_title(self) -> str:
        if not self._settings.terminal_title:
            return ""
        waiting = len(self._state().pending)
        return title_text(self._project, waiting, ascii_only=self._settings.ascii_glyphs)

    def _tell(self, sink: "_Paced") -> None:
        if not sink.news or sink.is_waiting:
            return
        wait_s = sink.last_s + sink.gap_s - self._clock()
        if wait_s > 0:
            sink.is_waiting = True
            self._later(wait_s, lambda: self._waited(sink))
            return
        state = self._state()
        news = [each for each in sink.news if still_holds(each, state)]
        sink.news.clear()
        if news:
            sink.last_s = self._clock()
            sink.act(news)

    def _waited(self, sink: "_Paced") -> None:
        sink.is_waiting = False
        self._tell(sink)

    def _ring(self, _news: list[News]) -> None:
        self._voice.ring()

    def _notify(self, news: list[News]) -> None:
        if not self.has_focus:
            self._voice.notify_desktop(notification_text(news, ascii_only=self._settings.ascii_glyphs))


class _Paced:
    """A way of telling that is not used more often than every `gap_s` seconds; what comes in between is joined."""

    def __init__(self, gap_s: float, act: Callable[[list[News]], None]) -> None:
        self.gap_s = gap_s
        self.act = act
        self.news: list[News] = []
        self.is_waiting = False
        self.last_s = float("-inf")
