"""One item at fault among many: the others are done in the same pass, it is tried a stated number of times and then over."""

from __future__ import annotations

from datetime import timedelta
from math import log2
from typing import Any

from dossier_shared.clock import instant

from .acts import scenario, types
from .toy import requested
from .world import CLAIM_FOR, Away, Provider, Replica, World, killed_at

MANY = 8
DONE = ["message-requested", "message-sent"]
FAILED = ["message-requested", "message-failed"]
A_WHILE = timedelta(minutes=2)  # longer than any pause between two attempts, and than a claim


async def wish(world: World, replica: Replica, count: int = MANY) -> list[str]:
    ids = [world.id() for _ in range(count)]
    for id_ in ids:
        await replica.write(id_, requested(id_), create=True)
    return ids


async def outcomes(world: World, ids: list[str]) -> list[list[str]]:
    return [types(await world.document(id_)) for id_ in ids]


async def claim(world: World, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = (await world.document(id_))["claim"]
    return found


@scenario
async def a_poison_fails_alone_and_the_others_are_done_in_the_same_pass(world: World) -> None:
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    ids = await wish(world, replica)
    provider.chokes_on = frozenset(ids[4:5])
    assert await effects.act_once() == MANY - 1
    assert await outcomes(world, ids[:4] + ids[5:]) == [DONE] * (MANY - 1)
    assert sorted(provider.got) == sorted(set(ids) - {ids[4]}), "what the broken call had sent was not sent again"
    assert len(provider.acts) <= 2 * log2(MANY) + 1, "halved, not one call per item"
    assert types(await world.document(ids[4])) == ["message-requested"]
    held = await claim(world, ids[4])
    assert (held["tries"], held["why"]) == (1, "unexpected")


@scenario
async def a_poison_is_tried_a_stated_number_of_times_and_then_given_up(world: World) -> None:
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    ids = await wish(world, replica, 1)
    provider.chokes_on = frozenset(ids)
    await effects.act_once()
    for attempt in range(2, effects.attempts):
        assert await effects.sweep() == 0, "not before its pause is over"
        world.clock.advance(A_WHILE)
        await effects.sweep()
        assert (await claim(world, ids[0]))["tries"] == attempt
    world.clock.advance(A_WHILE)
    assert await effects.sweep() == 1
    document = await world.document(ids[0])
    assert types(document) == FAILED
    assert document["journal"][-1]["data"] == {"reference": ids[0], "reason": "unexpected"}
    assert "claim" not in document
    world.clock.advance(A_WHILE)
    assert await effects.sweep() == 0, "over is over"
    assert len(provider.acts) == effects.attempts
    assert provider.got == []


@scenario
async def an_outage_counts_against_nobody(world: World) -> None:
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    ids = await wish(world, replica)
    provider.away = True
    assert await effects.act_once() == 0
    for _ in range(2 * effects.attempts):
        world.clock.advance(A_WHILE)
        try:
            await effects.sweep()
        except Away:
            continue
        raise AssertionError("who is away cannot be asked")
    assert not any(["tries" in await claim(world, id_) for id_ in ids])
    assert provider.acts == [MANY], "during an outage nothing is halved"
    provider.away = False
    world.clock.advance(A_WHILE)
    assert await effects.sweep() == MANY
    assert await outcomes(world, ids) == [DONE] * MANY


@scenario
async def killed_with_a_poison_and_healthy_ones_in_hand(world: World) -> None:
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    ids = await wish(world, replica)
    provider.chokes_on = frozenset(ids[2:3])
    with killed_at("effect.intent"):
        await effects.act_once()
    restarted = (await world.replica(life="b")).effects(provider)
    assert await restarted.sweep() == MANY - 1, "the first pass of the next life"
    assert types(await world.document(ids[2])) == ["message-requested"]
    assert sorted(provider.got) == sorted(set(ids) - {ids[2]})


@scenario
async def killed_while_halving(world: World) -> None:
    """Some are done and not recorded, the poison is not found yet."""
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    ids = await wish(world, replica)
    provider.chokes_on = frozenset(ids[6:7])
    with killed_at("effect.done"):  # of the first half that goes through
        await effects.act_once()
    restarted = (await world.replica(life="b")).effects(provider)
    assert await restarted.sweep() >= 1
    assert await outcomes(world, ids[:6] + ids[7:]) == [DONE] * (MANY - 1)
    assert sorted(provider.got) == sorted(set(ids) - {ids[6]}), "each once"


@scenario
async def attempts_survive_a_crash(world: World) -> None:
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    ids = await wish(world, replica, 2)
    provider.chokes_on = frozenset(ids[:1])
    await effects.act_once()
    lives = [(await world.replica(life=life)).effects(provider) for life in "bcde"]
    for number, life in enumerate(lives, 2):
        done = await life.sweep()  # a past life's claim is taken at once
        assert done == (number == effects.attempts)
    assert types(await world.document(ids[0])) == FAILED


@scenario
async def one_that_cannot_be_asked_about_does_not_stop_the_others(world: World) -> None:
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    ids = await wish(world, replica)
    provider.dumb_about = frozenset(ids[:1])
    with killed_at("effect.intent"):
        await effects.act_once()
    restarted = (await world.replica(life="b")).effects(provider)
    assert await restarted.sweep() == MANY - 1
    for _ in range(effects.attempts - 1):
        world.clock.advance(A_WHILE)
        await restarted.sweep()
    assert types(await world.document(ids[0])) == FAILED
    assert ids[0] not in provider.got, "what cannot be asked about is not done"


@scenario
async def an_outcome_that_cannot_be_recorded_is_given_up_alone(world: World) -> None:
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    news = effects.news

    def choosy(intent: Any, outcome: str) -> Any:
        if intent.dossier == ids[3] and outcome == "sent":
            raise ValueError("an outcome no event can say")
        return news(intent, outcome)

    effects.news = choosy
    ids = await wish(world, replica)
    assert await effects.act_once() == MANY - 1
    for _ in range(effects.attempts - 1):
        world.clock.advance(A_WHILE)
        await effects.sweep()
    document = await world.document(ids[3])
    assert types(document) == FAILED
    assert document["journal"][-1]["data"]["reason"] == "cannot-be-recorded"
    assert provider.got.count(ids[3]) == 1


@scenario
async def counting_an_attempt_publishes_nothing(world: World) -> None:
    """A write without events: neither `seq` nor `pending` moves, only `version`."""
    replica, provider = await world.replica(), Provider()
    effects = replica.effects(provider)
    ids = await wish(world, replica, 1)
    await replica.publish()
    before = await world.document(ids[0])
    assert "pending" not in before
    provider.chokes_on = frozenset(ids)
    await effects.act_once()
    after = await world.document(ids[0])
    assert {**after, "claim": 0, "version": 0} == {**before, "claim": 0, "version": 0}
    assert (after["version"], after["claim"]["tries"]) == (before["version"] + 1, 1)
    assert after["claim"]["until"] == instant(world.clock.now() + effects.pause)


@scenario
async def a_zombie_counts_no_attempt_against_what_another_holds(world: World) -> None:
    zombie, other, provider = await world.replica(), await world.replica("2"), Provider()
    late = zombie.effects(provider)
    ids = await wish(world, zombie, 1)
    provider.chokes_on = frozenset(ids)
    taken: list[dict[str, Any]] = []

    async def meanwhile() -> None:
        world.clock.advance(CLAIM_FOR + timedelta(seconds=1))
        await other.effects(Provider(away=True, deaf=True)).sweep()
        taken.append(await claim(world, ids[0]))

    zombie.store.before_write.append(meanwhile)
    await late.act_once()
    assert taken[0]["by"] == "notify-2@a"
    assert await claim(world, ids[0]) == taken[0]
