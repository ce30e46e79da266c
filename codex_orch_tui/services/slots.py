"""So many at a time, and another number when the person changes it."""

import asyncio
from collections import deque


class Slots:
    """A semaphore whose size can change while it is held. When it shrinks, whoever holds a slot keeps it.

    Args:
        size: How many may hold one at a time.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def locked(self) -> bool:
        """Whether the next one has to wait."""
        return self._taken >= self._size

    def resize(self, size: int) -> None:
        """From now on so many at a time."""
        self._size = size
        self._wake()

    async def __aenter__(self) -> None:
        while self.locked():
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.cancelled():
                    self._waiting.remove(turn)
                else:  # It was woken and does not come: the next one takes its place.
                    self._wake()
                raise
        self._taken += 1

    async def __aexit__(self, *_error: object) -> None:
        self._taken -= 1
        self._wake()

    def _wake(self) -> None:
        for _ in range(min(len(self._waiting), self._size - self._taken)):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
