"""Slots whose number changes while they are held."""

import asyncio
from contextlib import AsyncExitStack

from codex_orch_tui.services.slots import Slots


class Crowd:
    """Holders that come, and go when they are told."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.inside: list[int] = []
        self._leave: dict[int, asyncio.Event] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}

    async def come(self, *names: int) -> None:
        for name in names:
            self._leave[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._hold(name))
        await settle()

    async def go(self, name: int) -> None:
        self._leave[name].set()
        await settle()

    async def _hold(self, name: int) -> None:
        async with self.slots:
            self.inside.append(name)
            try:
                await self._leave[name].wait()
            finally:
                self.inside.remove(name)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_than_there_is_room_for_in_the_order_in_which_they_came() -> None:
    crowd = Crowd(Slots(2))
    await crowd.come(1, 2, 3, 4)
    assert crowd.inside == [1, 2]
    assert crowd.slots.locked()
    await crowd.go(1)
    assert crowd.inside == [2, 3]
    await crowd.go(3)
    await crowd.go(2)
    await crowd.go(4)
    assert not crowd.slots.locked()


async def test_more_room_lets_in_whoever_waits_and_less_sends_nobody_out() -> None:
    crowd = Crowd(Slots(1))
    await crowd.come(1, 2, 3, 4)
    crowd.slots.resize(3)
    await settle()
    assert crowd.inside == [1, 2, 3]
    crowd.slots.resize(1)
    await crowd.go(1)
    await crowd.go(2)
    assert crowd.inside == [3]
    await crowd.go(3)
    assert crowd.inside == [4]
    await crowd.go(4)


async def test_one_that_gives_up_after_it_was_let_in_leaves_its_place_to_the_next() -> None:
    crowd = Crowd(Slots(1))
    await crowd.come(1, 2, 3)
    crowd._leave[1].set()
    await asyncio.sleep(0)  # 1 is on its way out, and 2 is let in with that step
    crowd.tasks[2].cancel()
    await settle()
    assert crowd.inside == [3]
    crowd.tasks[3].cancel()
    await settle()
    async with AsyncExitStack() as stack:
        await asyncio.wait_for(stack.enter_async_context(crowd.slots), 1)
