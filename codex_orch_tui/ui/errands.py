"""Commands that take a while, from the screens to the orchestrator.

They are tasks of the loop and not Textual workers: a worker dies with its screen, a merge must not.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from textual.dom import DOMNode

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.errors import NotPossibleError

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

T = TypeVar("T")


def telling(node: DOMNode, timeout_s: float = 6.0) -> Callable[[str, str], None]:
    """What tells the person of an errand's end, for `Errands`: a word on the app of a screen."""

    def tell(text: str, severity: str) -> None:
        shown: SeverityLevel = "error" if severity == "error" else "warning"
        node.app.notify(text, severity=shown, markup=False, timeout=timeout_s)

    return tell


class Errands:
    """Runs commands and tells the person what could not be done.

    Args:
        tell: shows a sentence; the second argument is "warning" or "error".
    """

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[None]] = set()

    def start(
        self,
        work: Coroutine[Any, Any, T],
        then: Callable[[T], object] | None = None,
        *,
        refused: Callable[[NotPossibleError], bool] | None = None,
        may_wait: bool = False,
    ) -> None:
        """Begin a command.

        Args:
            work: the command.
            then: gets its result.
            refused: gets the refusal first; True when nothing is left to tell.
            may_wait: it may wait for something that takes as long as it likes, so leaving gives it up.
        """
        task = asyncio.get_running_loop().create_task(self._run(work, then, refused))
        for group in (self._running, self._waiting) if may_wait else (self._running,):
            group.add(task)
            task.add_done_callback(group.discard)

    async def settle(self, bound_s: float | None = None) -> None:
        """Return when every command has ended; those that may wait are given up.

        Args:
            bound_s: After so many seconds all are given up: another program does them, and may not answer.
        """
        for task in self._waiting:
            task.cancel()
        while self._running:
            done, _ = await asyncio.wait(self._running, timeout=bound_s)
            for task in () if done else tuple(self._running):
                task.cancel()

    async def _run(
        self,
        work: Coroutine[Any, Any, T],
        then: Callable[[T], object] | None,
        refused: Callable[[NotPossibleError], bool] | None,
    ) -> None:
        try:
            result = await work
            if then is not None:
                then(result)
        except NotPossibleError as error:
            if refused is None or not refused(error):
                self._tell(clean_line(str(error)), "warning")
        except Exception as error:  # noqa: BLE001 - the boundary: one command failed, the screen and the workers go on
            self._tell(clean_line(f"{type(error).__name__}: {error}"), "error")
