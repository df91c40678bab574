"""Who may act on an intent and for how long; and that breaking the rule on purpose is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from dossier_notify.channels import Answer
from dossier_shared.errors import Unavailable
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.effects import Intent

from .rig import AFTER_CLAIM, IDS, Killed, World, assert_each_told_once, killed_at, tell


async def test_two_replicas_that_sweep_together(world: World) -> None:
    tell(world)
    await killed_at("effect.intent", world.process("notify-0"))
    world.clock.advance(AFTER_CLAIM)
    one, two = world.process("notify-1"), world.process("notify-2")
    found = await world.dossiers.open_claims("9999", "notify-1@9", 200)
    assert len(found) == 30
    await one.sweep()
    await two.sweep()
    await one.run()
    assert_each_told_once(world)


async def test_a_claim_that_ran_out_while_waiting_is_not_acted_on(world: World) -> None:
    """A process stopped between intent and effect wakes up late: another may have sent by now."""
    tell(world)
    sleeper, other = world.process("notify-1"), world.process("notify-2")
    await sleeper.consume()
    world.clock.advance(AFTER_CLAIM)
    await other.sweep()
    await sleeper.act()
    await sleeper.publish()
    assert world.provider.calls == [30]
    assert_each_told_once(world)


async def test_a_claim_that_ran_out_while_asking_is_not_acted_on(world: World) -> None:
    tell(world)
    await killed_at("effect.intent", world.process("notify-0"))
    world.clock.advance(AFTER_CLAIM)
    slow, other = world.process("notify-1"), world.process("notify-2")
    ask = slow.effects.ask

    async def ask_slowly(intents: Sequence[Intent]) -> Mapping[str, Answer]:
        answers: Mapping[str, Answer] = await ask(intents)
        world.clock.advance(AFTER_CLAIM)
        await other.sweep()
        return answers

    slow.effects.ask = ask_slowly
    await slow.sweep()
    assert world.provider.calls == [30]
    assert_each_told_once(world)


async def test_a_take_over_the_database_refused_is_not_acted_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(world)
    await killed_at("effect.intent", world.process("notify-0"))
    world.clock.advance(AFTER_CLAIM)

    async def refuse(dossiers: Sequence[object], recorded: object) -> dict[str, Unavailable]:
        return {id_: Unavailable("write-refused") for id_ in IDS}

    process = world.process("notify-1")
    with monkeypatch.context() as patch:
        patch.setattr(world.dossiers, "write", refuse)
        await process.sweep()
    assert world.provider.sent == {}
    await process.sweep()
    assert_each_told_once(world)


async def test_a_long_queue_of_intents_is_bounded_and_swept(world: World) -> None:
    tell(world)
    process = world.process()
    process.effects.backlog = 10
    await process.run()
    assert len(world.provider.sent) == 10
    world.clock.advance(AFTER_CLAIM)
    await process.sweep()
    assert_each_told_once(world)


# -- tests of the tests: a break on purpose must show -----------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["killed", "answer lost"])
async def test_resending_blindly_would_be_seen(world: World, trouble: str) -> None:
    tell(world)
    process = world.process()
    if trouble == "killed":
        await killed_at("effect.done", process)
        process = world.process()
    else:
        world.provider.lose = 1
        await process.run()
        world.clock.advance(AFTER_CLAIM)

    async def nothing_is_known(intents: Sequence[Intent]) -> Mapping[str, Answer]:
        return {}

    process.effects.ask = nothing_is_known
    await process.sweep()
    assert set(world.provider.sent.values()) == {2}
    with pytest.raises(AssertionError):
        assert_each_told_once(world)


async def test_acting_before_the_intent_is_written_would_be_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The intent dies with the process, so the next life knows nothing of what was sent."""
    tell(world)
    first = world.process()

    async def send_first(dossiers: Sequence[Dossier], recorded: object) -> dict[str, None]:
        now = world.clock.now()
        await first.effects.act([Intent(d.id, d.state["intent"]["reference"], d.state, now) for d in dossiers])
        raise Killed("before the write")

    with monkeypatch.context() as patch:
        patch.setattr(world.dossiers, "write", send_first)
        with pytest.raises(Killed):
            await first.run()
    again = world.process()
    await again.run()
    await again.sweep()
    assert set(world.provider.sent.values()) == {2}
    with pytest.raises(AssertionError):
        assert_each_told_once(world)
