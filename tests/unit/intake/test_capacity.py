"""What is let in together."""

from __future__ import annotations

import asyncio

from dossier_intake.capacity import WeightedSemaphore


async def test_what_fits_goes_together_in_order_and_the_largest_alone() -> None:
    semaphore, inside, log = WeightedSemaphore(10), 0, []

    async def work(name: str, size: int, turns: int) -> None:
        nonlocal inside
        async with semaphore.held(size):
            inside += min(size, 10)
            assert inside <= 10
            log.append(name)
            for _ in range(turns):
                await asyncio.sleep(0)
            inside -= min(size, 10)

    sizes = {"a": 4, "b": 6, "huge": 99, "c": 1}  # c would fit beside b, but the huge one came before it
    await asyncio.gather(*(work(name, size, 5 if name == "b" else 1) for name, size in sizes.items()))
    assert log == list(sizes)
    assert inside == 0


async def test_who_gives_up_waiting_leaves_room_for_others() -> None:
    semaphore = WeightedSemaphore(1)
    async with semaphore.held(1):
        waiting = asyncio.create_task(semaphore.held(1).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1), semaphore.held(1):
        pass
