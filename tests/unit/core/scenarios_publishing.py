"""Publishing: rounds, marks, the sweeper, republishing. One scenario each."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from unittest.mock import patch

import pytest

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import decode, verify_chain
from dossier_shared.contracts.events import SigningFailed
from dossier_shared.journal import dossier as journal
from dossier_shared.journal import publisher

from .acts import cancelled, first_occurrences, journalled, published, scenario, swept, until
from .toy import SOURCE, TOPIC, accepted, failed, requested, submitted
from .world import Away, World, killed_at


@scenario
async def what_is_acknowledged_is_marked(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, failed("a"), failed("b"), create=True)
    assert "pending" in await world.document(id_)
    await replica.publish()
    document = await world.document(id_)
    assert (document["published"], "pending" in document, document["version"]) == (2, False, 1)
    assert await world.published(id_) == [1, 2]


@scenario
async def what_is_not_acknowledged_stays_pending(world: World) -> None:
    replica, bad, good = await world.replica(), world.id(), world.id()
    await replica.write(bad, failed("a"), create=True)
    await replica.write(good, failed("a"), create=True)
    replica.sender.refuse = {bad.encode()}
    assert await replica.publish() == [bad], "one failing dossier does not stop the others"
    assert await world.published(good) == [1]
    document = await world.document(bad)
    assert (document["published"], "pending" in document) == (0, True)
    assert "pending" not in await world.document(good)


@scenario
async def a_long_tail_partly_acknowledged_goes_on_where_it_stopped(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, *(failed("x" * 120_000) for _ in range(4)), create=True)
    replica.sender.rounds_left = 1
    assert await replica.publish() == [id_]
    document = await world.document(id_)
    assert document["published"] == 1
    assert "pending" in document, "the unacknowledged tail is not hidden"
    replica.sender.rounds_left = None
    await swept(world, replica)
    assert first_occurrences(await world.published(id_)) == [1, 2, 3, 4]
    assert (await world.document(id_))["published"] == 4


@scenario
async def a_lost_acknowledgement_sends_again(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, failed("a"), failed("b"), create=True)
    replica.sender.deaf = {id_.encode()}
    await replica.publish()
    replica.sender.deaf = set()
    await swept(world, replica)
    assert await world.published(id_) == [1, 2, 1, 2]
    assert "pending" not in await world.document(id_)


@scenario
async def a_mark_does_not_hide_what_another_replica_wrote(world: World) -> None:
    """1 is acknowledged; before the mark another replica writes 2 and dies."""
    replica, other, id_ = await world.replica(), await world.replica("2"), world.id()
    await replica.write(id_, failed("a"), create=True)
    replica.store.before_mark.append(lambda: other.write(id_, failed("b")))
    await replica.publish()
    document = await world.document(id_)
    assert (document["published"], "pending" in document) == (1, True)
    await swept(world, await world.replica("3"))
    assert first_occurrences(await world.published(id_)) == [1, 2]


@scenario
async def a_mark_counts_events_not_writes(world: World) -> None:
    """The write that heard something made version 1, event 1 came with version 2; event 2 is written by one who dies."""
    replica, other, signing = await world.replica(), await world.replica("2"), Author("signing", world.id())
    id_ = signing.dossier.id
    await world.put(signing.says(SigningFailed(reference="r", reason="x")))
    await replica.hear()
    await replica.write(id_, failed("a"))
    await replica.publish()
    document = await world.document(id_)
    assert (document["version"], document["published"], "pending" in document) == (2, 1, False)
    with killed_at("write.after"):
        await other.write(id_, failed("b"))
    await swept(world, replica)
    assert first_occurrences(await world.published(id_)) == [1, 2]


@scenario
async def a_tail_goes_on_only_after_what_was_acknowledged(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, *(failed("x" * 120_000) for _ in range(4)), create=True)
    replica.sender.refused_rounds = {2}
    await replica.publish()
    assert await world.published(id_) == [1]
    await swept(world, replica)
    assert first_occurrences(await world.published(id_)) == [1, 2, 3, 4]


@scenario
async def the_whole_tail_is_sent_not_only_ones_own(world: World) -> None:
    replica, other, id_ = await world.replica(), await world.replica("2"), world.id()
    await replica.write(id_, failed("a"), create=True)
    await other.write(id_, failed("b"))
    await other.publish()
    assert await world.published(id_) == [1, 2]
    await replica.publish()
    assert await world.published(id_) == [1, 2, 1]
    document = await world.document(id_)
    assert (document["published"], "pending" in document) == (2, False)


@scenario
async def killed_after_the_write(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    with killed_at("write.after"):
        await replica.write(id_, failed("a"), failed("b"), create=True)
    restarted = await world.replica(life="b")
    world.clock.advance(5)
    assert await restarted.sweeper.sweep() == 0, "its own publisher may still be at it"
    assert await world.published(id_) == []
    await swept(world, restarted)
    assert await world.published(id_) == [1, 2]
    assert "pending" not in await world.document(id_)
    assert await restarted.sweeper.sweep() == 0


@scenario
async def nothing_is_published_that_was_not_written(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    replica.store.away["write"] = 1
    with pytest.raises(Away):
        await replica.write(id_, failed("a"), create=True)
    with killed_at("write.before"):
        await replica.write(id_, failed("b"), create=True)
    await replica.publish()
    assert await world.published(id_) == []
    restarted = await world.replica(life="b")
    await restarted.write(id_, failed("c"), create=True)
    await restarted.publish()
    [record] = [r for r in await world.records(TOPIC) if r.key == id_.encode()]
    assert decode(record).data["reason"] == "c"


@scenario
async def killed_after_the_acknowledgement(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, failed("a"), create=True)
    with killed_at("publish.acked"):
        await replica.publish()
    assert (await world.document(id_))["published"] == 0
    await swept(world, await world.replica(life="b"))
    assert await world.published(id_) == [1, 1]
    assert "pending" not in await world.document(id_)


@scenario
async def a_failed_mark_is_made_later(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, failed("a"), create=True)
    replica.store.away["mark"] = 1
    await replica.publish()
    assert "pending" in await world.document(id_)
    await swept(world, replica)
    assert first_occurrences(await world.published(id_)) == [1]
    assert "pending" not in await world.document(id_)


@scenario
async def the_sweeper_is_not_stopped_by_one(world: World) -> None:
    replica, bad, good = await world.replica(), world.id(), [world.id() for _ in range(3)]
    for id_ in (bad, *good):
        with killed_at("write.after"):
            await replica.write(id_, failed("a"), create=True)
    restarted = await world.replica(life="b")
    restarted.sender.refuse = {bad.encode()}
    await swept(world, restarted)
    for id_ in good:
        assert await world.published(id_) == [1]
    assert "pending" in await world.document(bad)
    assert await restarted.store.oldest_pending() is not None


@scenario
async def an_oversize_record_first_and_the_next_behind_it(world: World) -> None:
    """The broker itself refuses event 1; event 2 of the same dossier must not pass it, every other dossier does."""
    replica, bad, good = await world.replica(), world.id(), [world.id() for _ in range(6)]
    with patch.object(journal, "MAX_EVENT_BYTES", 4_000_000):
        await replica.write(bad, failed("x" * 1_500_000), create=True)
    await replica.write(bad, failed("behind it"))
    for id_ in good:
        await replica.write(id_, failed("a"), create=True)
    assert await replica.publish() == [bad]
    await swept(world, replica)
    assert await world.published(bad) == []
    for id_ in good:
        assert first_occurrences(await world.published(id_)) == [1]
    document = await world.document(bad)
    assert (document["published"], "pending" in document) == (0, True)


@scenario
async def one_that_cannot_be_published_keeps_nobody_waiting(world: World) -> None:
    replica, bad = await world.replica(), world.id()
    replica.sender.refuse = {bad.encode()}
    running = asyncio.create_task(replica.publisher.run())
    try:
        await replica.write(bad, failed("a"), create=True)
        for _ in range(30):  # while the failing one is tried again and again
            good = world.id()
            await replica.write(good, failed("a"), create=True)
            await until(lambda id_=good: published(world, id_), within=1)  # type: ignore[misc]
        replica.sender.refuse = set()
        await replica.write(bad, failed("b"))
        await until(lambda: published(world, bad), within=12)
        assert await world.published(bad) == [1, 2]
    finally:
        await cancelled(running)


@scenario
async def a_broker_that_comes_back_gets_everything(world: World) -> None:
    replica, ids = await world.replica(), [world.id() for _ in range(5)]
    replica.sender.down = True
    running = asyncio.create_task(replica.publisher.run())
    try:
        for id_ in ids:
            await replica.write(id_, failed("a"), failed("b"), create=True)
        await until(lambda: len(replica.sender.rounds) >= 3)
        replica.sender.down = False
        for id_ in ids:
            await until(lambda id_=id_: published(world, id_), within=12)  # type: ignore[misc]
            assert await world.published(id_) == [1, 2]
    finally:
        await cancelled(running)


@scenario
async def republishing_touches_neither_published_nor_pending(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, failed("a"), failed("b"), create=True)
    await replica.publish()
    with killed_at("write.after"):
        await replica.write(id_, failed("c"))
    before = await world.document(id_)
    [dossier] = (await replica.store.load([id_])).values()
    assert await publisher.republish(SOURCE, replica.sender, [dossier]) == 3
    assert await world.document(id_) == before
    assert await world.published(id_) == [1, 2, 1, 2, 3]
    records = [r for r in await world.records(TOPIC) if r.key == id_.encode()]
    assert records[0].value == records[2].value
    assert list(records[0].headers) == list(records[2].headers), "again means the same bytes"


@scenario
async def a_topic_tells_the_whole_story(world: World) -> None:
    """What is on the topic is the journal: a valid chain with nothing lost on the way."""
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), accepted(intake))
    await replica.hear()
    await replica.write(intake.dossier.id, requested("r"))
    await replica.publish()
    events = [decode(r) for r in await world.records(TOPIC) if r.key == intake.dossier.id.encode()]
    assert verify_chain(events) is None
    assert events == [
        replace(event, command=None, fingerprint=None) for event in journalled(await world.document(intake.dossier.id))
    ]
    assert events[-1].heard == {"intake": 2}
    assert events[-1].open()["to"] == "+84912345678"
