"""Effects: intent, act, record, and every place a crash can fall. One scenario each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from dossier_local.memory import Author
from dossier_shared.clock import instant
from dossier_shared.errors import Refusal
from dossier_shared.journal.effects import Failing, Intent
from dossier_shared.repair.stuck_effects import StuckEffects

from .acts import scenario, types
from .toy import requested, sent, signed
from .world import CLAIM_FOR, Away, Provider, World, killed_at


@scenario
async def an_effect_is_intended_done_and_recorded(world: World) -> None:
    replica, provider, signing = await world.replica(), Provider(), Author("signing", world.id())
    effects = replica.effects(provider)
    await world.put(signed(signing))
    await replica.hear()
    document = await world.document(signing.dossier.id)
    assert document["claim"]["by"] == "notify-1@a"
    assert await effects.act_once() == 1
    document = await world.document(signing.dossier.id)
    assert [entry["type"] for entry in document["journal"]] == ["message-requested", "message-sent"]
    assert "claim" not in document
    assert provider.got == [f"{signing.dossier.id}:result"]
    assert await effects.sweep() == 0


@scenario
async def killed_between_intent_and_effect(world: World) -> None:
    replica, provider, id_ = await world.replica(), Provider(), world.id()
    effects = replica.effects(provider)
    await replica.write(id_, requested(id_), create=True)
    with killed_at("effect.intent"):
        await effects.act_once()
    assert provider.got == []
    restarted = await world.replica(life="b")
    assert await restarted.effects(provider).sweep() == 1, "a past life's claim is taken at once"
    assert provider.got == [id_]
    assert types(await world.document(id_)) == ["message-requested", "message-sent"]


@scenario
async def killed_between_effect_and_record(world: World) -> None:
    replica, provider, id_ = await world.replica(), Provider(), world.id()
    effects = replica.effects(provider)
    await replica.write(id_, requested(id_), create=True)
    with killed_at("effect.done"):
        await effects.act_once()
    restarted = await world.replica(life="b")
    assert await restarted.effects(provider).sweep() == 1
    assert provider.got == [id_], "asked by reference, not repeated"
    assert types(await world.document(id_)) == ["message-requested", "message-sent"]


@scenario
async def an_unknown_outcome_is_asked_for(world: World) -> None:
    replica, provider, id_ = await world.replica(), Provider(lose=1), world.id()
    effects = replica.effects(provider)
    await replica.write(id_, requested(id_), create=True)
    assert await effects.act_once() == 0
    assert types(await world.document(id_)) == ["message-requested"]
    assert await effects.sweep() == 0, "its claim still runs"
    world.clock.advance(CLAIM_FOR + timedelta(seconds=1))
    assert await effects.sweep() == 1
    assert provider.got == [id_]
    assert types(await world.document(id_)) == ["message-requested", "message-sent"]


@scenario
async def another_replica_waits_for_the_claim_to_end(world: World) -> None:
    replica, other, provider, id_ = await world.replica(), await world.replica("2"), Provider(), world.id()
    await replica.write(id_, requested(id_), create=True)
    effects = other.effects(provider)
    assert await effects.sweep() == 0
    world.clock.advance(CLAIM_FOR + timedelta(seconds=1))
    assert await effects.sweep() == 1
    assert provider.got == [id_]


@scenario
async def a_zombie_does_not_act_under_a_claim_that_has_run_out(world: World) -> None:
    zombie, other, provider, id_ = await world.replica(), await world.replica("2"), Provider(), world.id()
    late = zombie.effects(provider)
    await zombie.write(id_, requested(id_), create=True)
    world.clock.advance(CLAIM_FOR + timedelta(seconds=1))
    assert await other.effects(provider).sweep() == 1
    assert await late.act_once() == 0
    assert provider.got == [id_]


@scenario
async def a_claim_about_to_end_is_left_to_the_sweeper(world: World) -> None:
    replica, provider, id_ = await world.replica(), Provider(), world.id()
    effects = replica.effects(provider)
    await replica.write(id_, requested(id_), create=True)
    world.clock.advance(CLAIM_FOR - effects.margin)
    assert await effects.act_once() == 0
    world.clock.advance(effects.margin + timedelta(seconds=1))
    assert await effects.sweep() == 1
    assert provider.got == [id_]


@scenario
async def an_outcome_recorded_by_another_is_not_recorded_twice(world: World) -> None:
    replica, other, provider, id_ = await world.replica(), await world.replica("2"), Provider(), world.id()
    slow, quick = replica.effects(provider), other.effects(provider)

    async def meanwhile() -> None:
        world.clock.advance(CLAIM_FOR + timedelta(seconds=1))
        assert await quick.sweep() == 1

    await replica.write(id_, requested(id_), create=True)
    replica.store.before_write.append(meanwhile)
    await slow.act_once()
    assert types(await world.document(id_)) == ["message-requested", "message-sent"]
    assert provider.got == [id_]


@scenario
async def an_outcome_waits_out_an_outage(world: World) -> None:
    replica, provider, id_ = await world.replica(), Provider(), world.id()
    effects = replica.effects(provider)
    await replica.write(id_, requested(id_), create=True)
    replica.store.away["write"] = 1
    assert await effects.act_once() == 1
    assert types(await world.document(id_)) == ["message-requested", "message-sent"]


@scenario
async def an_intent_of_unknown_write_is_found_by_its_own_process(world: World) -> None:
    replica, provider, id_ = await world.replica(), Provider(), world.id()
    effects = replica.effects(provider)
    replica.store.unknown = 1
    with pytest.raises(Away):
        await replica.write(id_, requested(id_), create=True)
    assert await effects.act_once() == 0
    world.clock.advance(CLAIM_FOR + timedelta(seconds=1))
    assert await effects.sweep() == 1
    assert provider.got == [id_]


@scenario
async def the_next_intent_is_claimed_anew(world: World) -> None:
    """One intent closes and the next opens in the same write: it is acted on at once, under a claim of its own."""
    replica, provider, id_ = await world.replica(), Provider(), world.id()
    effects = replica.effects(provider)
    await replica.write(id_, requested("one"), create=True)
    world.clock.advance(CLAIM_FOR - timedelta(seconds=1))
    await replica.write(id_, sent("one"), requested("two"))
    claim = (await world.document(id_))["claim"]
    assert claim["reference"] == "two"
    assert claim["until"] == instant(world.clock.now() + CLAIM_FOR)
    await effects.act_once()
    assert provider.got == ["two"]


@scenario
async def what_is_just_being_tried_again_is_nobody_elses_to_hurry(world: World) -> None:
    replica, other, provider, id_ = await world.replica(), await world.replica("2"), Provider(), world.id()
    effects, others = replica.effects(provider), other.effects(provider)
    stuck = StuckEffects(others, None, None, None, None)  # type: ignore[arg-type]
    said: list[Refusal | None] = []
    tried = 0

    async def act(intents: Sequence[Intent]) -> Mapping[str, Any]:
        nonlocal tried
        tried += 1
        if tried == 1:
            return {intent.reference: Failing("broken") for intent in intents}
        said.extend((await stuck.do(stuck.retry("admin:a-1"), [id_])).values())
        assert await others.sweep() == 0
        return await provider.act([intent.reference for intent in intents])

    effects.act = act
    await replica.write(id_, requested(id_), create=True)
    assert await effects.act_once() == 0
    world.clock.advance(effects.pause + timedelta(seconds=1))
    assert await effects.sweep() == 1
    assert [problem and problem.code for problem in said] == ["effect-under-way"]
    assert provider.got == [id_]
