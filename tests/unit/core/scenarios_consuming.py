"""Hearing: duplicates, gaps, bad records, outages, kills. One scenario each."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Record, chain_hash, encode
from dossier_shared.contracts.events import SigningFailed
from dossier_shared.contracts.topics import dead_letter
from dossier_shared.errors import BadRecord, Refusal
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dead_letters import wrap
from dossier_shared.journal.steps import Work

from .acts import (
    SIGNED,
    SPOILT,
    SUBMITTED,
    attempts,
    fetched,
    finished,
    raw,
    scenario,
    seen,
    sound,
    swept,
    until,
)
from .toy import RULES, SOURCE, accepted, failed, refused, signed, submitted
from .world import Away, World, killed_at


@scenario
async def a_duplicate_is_dropped(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    first, second = submitted(intake), accepted(intake)
    await world.put(first, first, second, first, second)
    await replica.hear()
    await world.put(second)
    await replica.hear()
    document = await world.document(first.dossier)
    assert seen(document) == ["intake:1", "intake:2", "notify:1", "notify:2"]
    assert document["version"] == 1
    assert await world.waiting() == {}


@scenario
async def between_topics_there_is_no_order(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    intake, signing = Author("intake", id_), Author("signing", id_)
    await world.put(signed(signing, heard_intake=2))
    await replica.hear()
    assert await world.waiting() == {f"{id_}:signing:1": "cause"}
    await world.put(submitted(intake))
    await replica.hear()
    assert seen(await world.document(id_)) == ["intake:1"], "its cause, intake 2, is still not here"
    await world.put(accepted(intake))
    await replica.hear()
    assert seen(await world.document(id_)) == ["intake:1", "intake:2", "notify:1", "notify:2", "signing:1", "notify:3"]
    assert await world.waiting() == {}


@scenario
async def first_heard_from_another_source(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    intake, signing = Author("intake", id_), Author("signing", id_)
    await world.put(signed(signing))
    await replica.hear()
    await world.put(submitted(intake), accepted(intake))
    await replica.hear()
    assert seen(await world.document(id_)) == ["signing:1", "notify:1", "intake:1", "intake:2", "notify:2", "notify:3"]


@scenario
async def a_cause_it_does_not_listen_to_is_not_waited_for(world: World) -> None:
    replica, signing = await world.replica(), Author("signing", world.id())
    event = signing.says(SigningFailed(reference="r", reason="x"), heard={"review": 7})
    await world.put(event)
    await replica.hear()
    assert seen(await world.document(event.dossier)) == ["signing:1"]


@scenario
async def a_gap_waits_and_drains_in_order(world: World) -> None:
    replica, other = await world.replica(), Author("intake", world.id())
    one, two, three, four, five = attempts(world.id(), 5)
    await world.put(one, four, five, three, submitted(other))
    await replica.hear()
    assert seen(await world.document(one.dossier)) == ["signing:1"], "a gap is not jumped"
    assert seen(await world.document(other.dossier.id)) == ["intake:1"]
    assert sorted((await world.waiting()).values()) == ["gap"] * 3
    restarted = await world.replica(life="b")
    await world.put(two)
    await restarted.hear()
    assert seen(await world.document(one.dossier)) == [f"signing:{n}" for n in range(1, 6)]
    assert await world.waiting() == {}


@scenario
async def what_waits_is_offered_again(world: World) -> None:
    """The missing event was applied elsewhere while its successor was being parked."""
    replica, (one, two) = await world.replica(), attempts(world.id(), 2)
    await world.put(two)
    await replica.hear()
    hear = Fold([one], replica.ledger.rules)
    await replica.ledger.write({one.dossier: Work([hear])})
    assert await replica.consumer.drain_waiting() == 0, "not at once: its turn may be coming"
    world.clock.advance(3)
    assert await replica.consumer.drain_waiting() == 1
    assert seen(await world.document(one.dossier)) == ["signing:1", "signing:2"]
    assert await world.waiting() == {}


@scenario
async def a_broken_chain_waits_for_the_true_event(world: World) -> None:
    replica, (one, two, three) = await world.replica(), attempts(world.id(), 3)
    false = replace(two, previous="f" * 64)
    false.hash = chain_hash(false)
    await world.put(one, false, three)
    await replica.hear()
    assert await world.waiting() == {f"{one.dossier}:signing:2": "broken-chain", f"{one.dossier}:signing:3": "gap"}
    await world.put(two)
    await replica.hear()
    assert seen(await world.document(one.dossier)) == ["signing:1", "signing:2", "signing:3"]
    assert (await world.document(one.dossier))["heard"]["signing"]["hash"] == three.hash
    assert await world.waiting() == {}


@scenario
async def what_is_illegal_here_waits_and_the_rest_flows(world: World) -> None:
    replica, id_, other = await world.replica(), world.id(), world.id()
    intake, signing, neighbour = Author("intake", id_), Author("signing", id_), Author("intake", other)
    await world.put(submitted(intake), accepted(intake), refused(intake), signed(signing), submitted(neighbour))
    await replica.hear()
    assert await world.waiting() == {f"{id_}:intake:3": "illegal"}
    document = await world.document(id_)
    assert document["heard"]["intake"]["seq"] == 2
    assert document["heard"]["signing"]["seq"] == 1
    assert seen(await world.document(other)) == ["intake:1"]


@scenario
async def a_bug_in_a_handler_parks_one_dossier(world: World) -> None:
    replica, bad, good = await world.replica(), Author("intake", world.id()), Author("intake", world.id())
    await world.put(submitted(bad, "BOOM"), accepted(bad), submitted(good), accepted(good))
    await replica.hear()
    assert await world.waiting() == {f"{bad.dossier.id}:intake:1": "illegal", f"{bad.dossier.id}:intake:2": "gap"}
    assert seen(await world.document(good.dossier.id))[:2] == ["intake:1", "intake:2"]
    mended = await world.replica(life="b")
    mended.ledger.rules = replace(RULES, hear={"accepted": RULES.hear["accepted"]})
    world.clock.advance(3)
    await mended.consumer.drain_waiting()
    assert seen(await world.document(bad.dossier.id)) == ["intake:1", "intake:2", "notify:1", "notify:2"]


@scenario
async def what_no_database_can_store_parks_one_dossier(world: World) -> None:
    replica, bad = await world.replica(), Author("intake", world.id())
    good = [Author("intake", world.id()) for _ in range(5)]
    await world.put(*(submitted(a) for a in good[:3]), submitted(bad, "DEEP"), *(submitted(a) for a in good[3:]))
    await replica.hear()
    assert await world.waiting() == {f"{bad.dossier.id}:intake:1": "unstorable"}
    for author in good:
        assert seen(await world.document(author.dossier.id)) == ["intake:1"]
    await world.put(accepted(good[0]))
    await replica.hear()
    assert seen(await world.document(good[0].dossier.id))[1] == "intake:2"


@scenario
async def a_batch_is_one_write_per_dossier(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), accepted(intake))
    await replica.hear()
    document = await world.document(intake.dossier.id)
    assert (document["version"], document["seq"]) == (1, 2)
    assert replica.store.calls["write"] == 1
    await replica.publish()
    assert await world.published(intake.dossier.id) == [1, 2]


@scenario
async def a_bad_record_is_put_aside_with_its_reason_and_place(world: World) -> None:
    replica, good = await world.replica(), Author("intake", world.id())
    first, second = submitted(good), accepted(good)
    spoilt = [(reason, topic, make(first)) for reason, topic, make in SPOILT]
    await world.put(first)
    for topic in (SUBMITTED, SIGNED):
        await world.put_raw(topic, *(record for _, on, record in spoilt if on == topic))
    await world.put(second)
    await replica.hear()
    assert seen(await world.document(first.dossier))[:2] == ["intake:1", "intake:2"], "a bad record blocks nobody"
    aside = await world.dead_letters()
    assert sorted(reason for _, reason in aside) == sorted(reason for reason, _, _ in spoilt)
    there = {(r.topic, r.partition, r.offset): r for t in (SUBMITTED, SIGNED) for r in await world.records(t)}
    for original, reason in aside:
        source = there[original.topic, original.partition, original.offset]
        assert (source.key, source.value or b"") == (original.key, original.value or b""), reason
        assert list(source.headers) == list(original.headers), reason
    assert await world.waiting() == {}


@scenario
async def a_dead_letter_may_be_as_large_as_its_topic_allows(world: World) -> None:
    replica = await world.replica()
    large = [Record(b"same", bytes([65 + n]) * 1_040_000, []) for n in range(3)]
    await world.put_raw(SUBMITTED, *large)
    await replica.hear()
    assert [original.value for original, _ in await world.dead_letters()] == [record.value for record in large]


@scenario
async def too_many_bad_records_stop_the_consumer(world: World) -> None:
    replica, good = await world.replica(), Author("intake", world.id())
    key = good.dossier.id.encode()
    await world.put(submitted(good))
    await replica.hear()
    await world.put_raw(SUBMITTED, *(Record(key, b"{", []) for _ in range(replica.consumer.hearing.max_run)))
    await world.put(accepted(good))
    before = dict(world.committed)
    running = asyncio.create_task(replica.consumer.run())
    await asyncio.wait_for(running, 20)
    assert replica.consumer.stopped is not None
    assert "undecodable" in replica.consumer.stopped
    assert await world.dead_letters() == [], "the topic is not drained into dead letters"
    assert dict(world.committed) == before
    assert seen(await world.document(good.dossier.id)) == ["intake:1"]


@scenario
async def bad_records_are_counted_once_however_often_they_are_tried(world: World) -> None:
    replica = await world.replica()
    run = replica.consumer.hearing.max_run // 2
    await world.put_raw(SUBMITTED, *(Record(b"k", b"{", []) for _ in range(run)))
    records = await fetched(replica, run)
    replica.sender.down = True
    for _ in range(3):
        with pytest.raises(Refusal):
            await replica.consumer.handle(records)
    replica.sender.down = False
    await replica.consumer.handle(records)
    assert len(await world.dead_letters()) == run


@scenario
async def a_dead_letter_is_replayed_and_what_waited_for_it_follows(world: World) -> None:
    replica, (one, two, three) = await world.replica(), attempts(world.id(), 3)
    source = raw(SIGNED, encode(two))
    aside = wrap(source, BadRecord("unknown-type", "as an older version saw it"))
    await world.put_raw(dead_letter(SOURCE), aside)
    await world.put(one, three)
    await replica.hear()
    assert (await world.document(one.dossier))["heard"]["signing"]["seq"] == 1, "a dead letter does not count as heard"
    [(original, _)] = await world.dead_letters()
    spoilt = raw(SIGNED, encode(two)._replace(value=b"{"))
    assert await replica.consumer.replay([original, spoilt]) == ["applied", "undecodable"]
    assert seen(await world.document(one.dossier)) == ["signing:1", "signing:2", "signing:3"]
    assert await world.waiting() == {}
    assert await replica.consumer.replay([original]) == ["applied"], "heard already: dropped as any duplicate is"
    assert len(seen(await world.document(one.dossier))) == 3
    later = attempts(one.dossier, 5)[4]
    assert await replica.consumer.replay([raw(SIGNED, encode(later))]) == ["gap"]


@scenario
async def an_outage_is_waited_out_in_place(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    event = submitted(intake)
    replica.store.away.update({"load": 1, "write": 1})
    replica.sender.down = True
    await world.put(event)
    await world.put_raw(SUBMITTED, Record(event.dossier.encode(), b"{", []))
    running = asyncio.create_task(replica.consumer.run())
    async with finished(replica, running):
        await until(lambda: replica.store.calls["write"] >= 2)
        assert world.committed == {}, "not while the dead letter is not kept"
        replica.sender.down = False
        await until(lambda: bool(world.committed))
    assert seen(await world.document(event.dossier)) == ["intake:1"]
    assert [reason for _, reason in await world.dead_letters()] == ["undecodable"]


@scenario
async def a_write_of_unknown_outcome_has_its_effect_once(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), accepted(intake))
    records = await fetched(replica, 2)
    replica.store.unknown = 1
    with pytest.raises(Away):
        await replica.consumer.handle(records)
    await replica.consumer.handle(records)
    assert seen(await world.document(intake.dossier.id)) == ["intake:1", "intake:2", "notify:1", "notify:2"]
    assert world.committed


@scenario
async def a_refused_commit_reads_again_and_changes_nothing(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), accepted(intake))
    replica.source.refuse = 1
    assert await replica.hear() == 4, "two records, each read twice"
    assert seen(await world.document(intake.dossier.id)) == ["intake:1", "intake:2", "notify:1", "notify:2"]
    assert world.committed


@scenario
async def killed_before_the_commit(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), accepted(intake))
    with killed_at("consume.written"):
        await replica.hear()
    assert world.committed == {}
    restarted = await world.replica(life="b")
    assert await restarted.hear() == 2
    assert seen(await world.document(intake.dossier.id)) == ["intake:1", "intake:2", "notify:1", "notify:2"]
    await swept(world, restarted)
    assert await world.published(intake.dossier.id) == [1, 2]


@scenario
async def killed_before_the_write(world: World) -> None:
    """What was not written is not committed either."""
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), accepted(intake))
    with killed_at("write.before"):
        await replica.hear()
    restarted = await world.replica(life="b")
    await restarted.hear()
    assert seen(await world.document(intake.dossier.id)) == ["intake:1", "intake:2", "notify:1", "notify:2"]
    await restarted.publish()
    assert await world.published(intake.dossier.id) == [1, 2]


@scenario
async def an_event_and_a_command_race(world: World) -> None:
    """The consumer's write loses to a command's; the event is decided again before the offset passes it."""
    consuming, other, intake = await world.replica(), await world.replica("2"), Author("intake", world.id())
    await world.put(submitted(intake))
    await consuming.hear()
    await world.put(accepted(intake))
    consuming.store.before_write.append(lambda: other.write(intake.dossier.id, failed("command")))
    await consuming.hear()
    document = await world.document(intake.dossier.id)
    assert seen(document) == ["intake:1", "notify:1", "intake:2", "notify:2", "notify:3"]
    sound(document)
    await consuming.publish()
    assert await world.published(intake.dossier.id) == [1, 2, 3]


@scenario
async def what_a_state_drops_is_gone_and_what_it_keeps_stays(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await world.put(submitted(Author("intake", id_)))
    await replica.hear()
    assert (await world.document(id_))["state"]["filing"] == "submitted"
    await world.put(Author("signing", id_).says(SigningFailed(reference="r", reason="forget")))
    await replica.hear()
    state = (await world.document(id_))["state"]
    assert state == {"seen": ["intake:1", "signing:1"], "agency": "H19.1"}
    assert (await replica.store.load([id_]))[id_].state == state
