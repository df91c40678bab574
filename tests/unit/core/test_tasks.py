"""A task that lives through its cancellation is ended all the same."""

from __future__ import annotations

import asyncio

from dossier_shared.tasks import end


async def stubborn(times: int) -> None:
    """Forgets the cancellation, as a `wait_for` does whose future was done in the same turn."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            times -= 1
            if times < 0:
                raise


async def broken() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        raise OSError("away")


async def test_one_that_forgets_is_told_again() -> None:
    tasks = [asyncio.create_task(stubborn(2)), asyncio.create_task(broken()), asyncio.create_task(asyncio.sleep(0))]
    await asyncio.sleep(0)
    await asyncio.wait_for(end(tasks, patience=0.01), 5)
    assert all(task.done() for task in tasks)


async def test_nothing_to_end() -> None:
    await end([])
