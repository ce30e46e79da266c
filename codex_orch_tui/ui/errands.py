"""Commands that take a while, from the screens to the orchestrator.

They are tasks of the loop and not Textual workers: a worker dies with its screen, a merge must not.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.errors import NotPossibleError

T = TypeVar("T")


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

    async def settle(self) -> None:
        """Return when every command has ended; those that may wait are given up."""
        for task in self._waiting:
            task.cancel()
        while self._running:
            await asyncio.wait(self._running)

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
