"""A bare Textual app, for comparison: `python -m tests.bench.bare`, a line of text that keys change."""

from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Static

GREETING = "bare app"


class Bare(App[None]):
    """Counts keys."""

    presses = 0

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static(GREETING)

    def on_key(self, _event: Key) -> None:
        """Another text."""
        self.presses += 1
        self.query_one(Static).update(f"{GREETING} {self.presses:04}")


if __name__ == "__main__":
    Bare().run()
