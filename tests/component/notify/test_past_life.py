"""A call outlives the process that made it: its next life may not conclude from silence that nothing was sent."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from .rig import IDS, World, assert_each_told_once, killed_at, references, tell

CALL = timedelta(seconds=5)


async def test_a_call_still_on_its_way_when_its_caller_died_is_not_made_again(world: World) -> None:
    tell(world)
    await killed_at("effect.done", world.process())
    arrived, world.provider.entries = world.provider.entries, []  # still on its way
    again = world.process(lingers=CALL)
    await again.sweep()
    assert world.provider.sent == {}
    world.provider.entries = arrived
    world.clock.advance(CALL)
    await again.sweep()
    assert world.provider.sent == references(IDS)
    assert_each_told_once(world)


async def test_what_never_left_is_sent_once_the_past_is_over(world: World) -> None:
    tell(world)
    await killed_at("effect.intent", world.process())
    again = world.process(lingers=CALL)
    await again.sweep()
    assert world.provider.sent == {}
    world.clock.advance(CALL)
    await again.sweep()
    assert_each_told_once(world)


async def test_the_past_ends_when_the_next_life_may_act_not_when_its_process_was_started(world: World) -> None:
    tell(world)
    await killed_at("effect.intent", world.process())
    again = world.process(lingers=CALL)
    world.clock.advance(CALL)  # it had to wait for the lease
    running = asyncio.create_task(again.effects.run())
    await asyncio.sleep(0.2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert world.provider.sent == {}
    world.clock.advance(CALL)
    await again.sweep()
    assert_each_told_once(world)
