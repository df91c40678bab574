"""Whatever breaks between the intent and its outcome: one entry per reference in the provider's ledger, none missing."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.unit.notify.told import Told

from .rig import AFTER_CLAIM, IDS, World, assert_each_told_once, killed_at, references, tell


async def test_a_batch_is_one_call_and_everyone_is_told(world: World) -> None:
    tell(world)
    await world.process().run()
    assert_each_told_once(world)
    assert world.provider.calls == [30]
    assert not any("claim" in d and d["claim"] for d in world.dossiers.documents.values())


async def test_more_than_one_call_holds(world: World) -> None:
    ids = [f"d-{n}" for n in range(450)]
    tell(world, ids)
    await world.process().run()
    assert_each_told_once(world, ids)
    assert world.provider.calls == [200, 200, 50]


@pytest.mark.parametrize("limit", [1, 1000])
@pytest.mark.parametrize("order", list(permutations(["submitted", "accepted", "signed"])))
async def test_any_order_of_arrival(world: World, order: tuple[str, ...], limit: int) -> None:
    """By topic the order of a source is fixed; an earlier one still missing is a gap that waits."""
    for id_ in IDS[:3]:
        told = Told(id_)
        events = {"submitted": told.submitted(), "accepted": told.accepted(), "signed": told.signed()}
        world.tell(*(events[name] for name in order))
    process = world.process()
    await process.consume(limit)
    await process.run()
    assert_each_told_once(world, IDS[:3])
    assert world.waiting.items == {}


async def test_a_refused_dossier_is_told_and_not_delivered(world: World) -> None:
    told = Told("d-1")
    world.tell(told.submitted(), told.refused())
    await world.process().run()
    assert world.provider.sent == references(["d-1"], "refused")
    assert world.stories()["d-1"] == ["message-requested", "message-sent"]


async def test_a_refused_number_is_final(world: World) -> None:
    world.provider.refuse = frozenset({"+84900000000"})
    told = Told("d-1", phone="+84900000000")
    world.tell(told.submitted(), told.signed())
    process = world.process()
    await process.run()
    world.clock.advance(AFTER_CLAIM)
    await process.sweep()
    assert world.stories()["d-1"] == ["message-requested", "message-failed", "delivered"]
    told_last = world.published()["d-1"][-1].data
    assert (told_last["how"], told_last["informed"]) == ("online", False)
    assert world.provider.sent == references(["d-1"])


@pytest.mark.parametrize("point", ["write.after", "consume.written", "effect.intent", "effect.done", "publish.acked"])
async def test_killed_and_started_again(world: World, point: str) -> None:
    tell(world)
    await killed_at(point, world.process())
    again = world.process()
    await again.sweep()
    await again.run()
    await again.sweep()
    assert_each_told_once(world)


@pytest.mark.parametrize("point", ["effect.intent", "effect.done"])
async def test_another_replica_waits_for_the_claim_to_run_out(world: World, point: str) -> None:
    tell(world)
    await killed_at(point, world.process("notify-1"))
    already = world.provider.sent
    other = world.process("notify-2")
    await other.run()
    await other.sweep()
    assert world.provider.sent == already
    world.clock.advance(AFTER_CLAIM)
    await other.sweep()
    assert_each_told_once(world)


async def test_killed_between_the_effect_and_its_outcome_is_not_sent_again(world: World) -> None:
    tell(world)
    await killed_at("effect.done", world.process())
    assert world.provider.sent == references(IDS)
    again = world.process()
    await again.sweep()
    assert world.provider.calls == [30]
    assert_each_told_once(world)


async def test_an_answer_lost_after_the_effect_is_asked_for(world: World) -> None:
    tell(world)
    world.provider.lose = 1
    process = world.process()
    await process.run()
    assert world.stories()[IDS[0]] == ["message-requested"]
    await process.sweep()
    assert world.provider.calls == [30]  # the claim is still running: not even asked
    world.clock.advance(AFTER_CLAIM)
    await process.sweep()
    assert world.provider.calls == [30]
    assert_each_told_once(world)


async def test_a_provider_that_is_away_gets_everything_later(world: World) -> None:
    tell(world)
    world.provider.down = True
    process = world.process()
    await process.run()
    for _ in range(3):
        world.clock.advance(AFTER_CLAIM)
        with pytest.raises(Exception, match="503"):
            await process.sweep()
    assert world.provider.sent == {}
    world.provider.down = False
    world.clock.advance(AFTER_CLAIM)
    await process.sweep()
    assert_each_told_once(world)


async def test_what_cannot_be_asked_about_is_not_sent(world: World) -> None:
    tell(world)
    world.provider.lose, world.provider.mute = 1, True
    process = world.process()
    await process.run()
    world.clock.advance(AFTER_CLAIM)
    with pytest.raises(Exception, match="503"):
        await process.sweep()
    world.provider.mute = False
    world.clock.advance(AFTER_CLAIM)
    await process.sweep()
    assert_each_told_once(world)
