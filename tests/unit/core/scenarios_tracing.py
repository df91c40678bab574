"""Traces through the journal: what an event carries goes on in what follows from it. One scenario each."""

from __future__ import annotations

from dataclasses import replace

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Event, decode, encode, verify_chain
from dossier_shared.contracts.topics import dead_letter
from dossier_shared.errors import BadRecord
from dossier_shared.journal.dead_letters import wrap
from dossier_shared.journal.segments import KEEP, LONG
from dossier_shared.repair.resending import Resender

from .acts import SUBMITTED, journalled, raw, scenario, seen, types
from .toy import SOURCE, TOPIC, accepted, failed, requested, signed, submitted
from .world import Provider, World, killed_at

ONE, OTHER = "00-" + "a1" * 16 + "-" + "b2" * 8 + "-01", "00-" + "c3" * 16 + "-" + "d4" * 8 + "-00"
MALFORMED = (
    b"", b"00", b"nonsense", b"\xff\xfe", "vết".encode(),
    b"00-" + b"0" * 32 + b"-" + b"b2" * 8 + b"-01",  # no trace
    b"00-" + b"a1" * 16 + b"-" + b"0" * 16 + b"-01",  # no span
    b"ff-" + b"a1" * 16 + b"-" + b"b2" * 8 + b"-01",  # a version there cannot be
    b"00-" + b"A1" * 16 + b"-" + b"b2" * 8 + b"-01",
    b"00-" + b"a1" * 16 + b"-" + b"b2" * 8 + b"-01-more",
    b"00-" + b"a1" * 16 + b"-" + b"b2" * 8 + b"-01\n",
    b"00-" + b"a1" * 16 + b"-" + b"b2" * 8 + b"-1",
)  # fmt: skip


def traced(event: Event, traceparent: str = ONE) -> Event:
    return replace(event, traceparent=traceparent)


async def carried(world: World, dossier: str) -> list[str | None]:
    """By the events on the topic, in order; what the journal has must be the same."""
    events = [decode(record) for record in await world.records(TOPIC) if record.key == dossier.encode()]
    kept = {event.seq: event.traceparent for event in journalled(await world.document(dossier))}
    assert all(kept.get(event.seq, event.traceparent) == event.traceparent for event in events)
    return [event.traceparent for event in events]


@scenario
async def what_is_recorded_on_hearing_goes_on_in_its_trace(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), traced(accepted(intake)))
    await replica.hear()
    await replica.record(intake.dossier.id, failed("by command"), traceparent=OTHER)
    await replica.record(intake.dossier.id, failed("by one who traces nothing"))
    await replica.publish()
    assert await carried(world, intake.dossier.id) == [ONE, ONE, OTHER, None]
    await replica.ledger.close()


@scenario
async def an_event_without_a_trace_leaves_no_trace(world: World) -> None:
    """A version that does not know the field can take the journal back."""
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), accepted(intake))
    await replica.hear()
    await replica.publish()
    document = await world.document(intake.dossier.id)
    assert len(document["journal"]) == 2
    assert not any("traceparent" in entry for entry in document["journal"])
    headers = [dict(record.headers) for record in await world.records(TOPIC)]
    assert not any("ce_traceparent" in found for found in headers)


@scenario
async def a_malformed_trace_is_no_dead_letter(world: World) -> None:
    replica = await world.replica()
    dossiers = []
    for value in MALFORMED:
        intake = Author("intake", world.id())
        dossiers.append(intake.dossier.id)
        for event in (submitted(intake), accepted(intake)):
            record = encode(event)
            await world.put_raw(SUBMITTED, record._replace(headers=[*record.headers, ("ce_traceparent", value)]))
    await replica.hear()
    await replica.publish()
    assert await world.dead_letters() == []
    assert await world.waiting() == {}
    for dossier in dossiers:
        assert await carried(world, dossier) == [None, None]


@scenario
async def what_waited_or_was_a_dead_letter_keeps_its_trace(world: World) -> None:
    replica, intake, other = await world.replica(), Author("intake", world.id()), Author("intake", world.id())
    first, second = submitted(intake), traced(accepted(intake))
    await world.put(second)
    await replica.hear()
    assert list(await world.waiting()) == [f"{first.dossier}:intake:2"]
    await world.put(first)
    await replica.hear()
    await world.put(submitted(other))
    await replica.hear()
    aside = wrap(
        raw(SUBMITTED, encode(traced(accepted(other), OTHER))), BadRecord("unknown-type", "to an older version")
    )
    await world.put_raw(dead_letter(SOURCE), aside)
    [(original, _)] = await world.dead_letters()
    assert await replica.consumer.replay([original]) == ["applied"]
    await replica.publish()
    assert await carried(world, first.dossier) == [ONE, ONE]
    assert await carried(world, other.dossier.id) == [OTHER, OTHER]


@scenario
async def an_effect_carries_the_trace_of_the_event_that_asked_for_it(world: World) -> None:
    """Through a kill, and whatever was recorded in between."""
    replica, provider, signing = await world.replica(), Provider(), Author("signing", world.id())
    effects = replica.effects(provider)
    await world.put(traced(signed(signing)))
    await replica.hear()
    await replica.record(signing.dossier.id, failed("meanwhile"), traceparent=OTHER)
    with killed_at("effect.intent"):
        await effects.act_once()
    await replica.ledger.close()
    restarted = await world.replica(life="b")
    assert await restarted.effects(provider).sweep() == 1
    document = await world.document(signing.dossier.id)
    assert types(document) == ["message-requested", "message-failed", "message-sent"]
    assert [event.traceparent for event in journalled(document)] == [ONE, OTHER, ONE]


@scenario
async def an_effect_asked_for_by_command_carries_its_trace(world: World) -> None:
    replica, provider, id_ = await world.replica(), Provider(), world.id()
    effects = replica.effects(provider)
    await replica.write(id_, requested(id_), create=True, traceparent=ONE)
    assert await effects.act_once() == 1
    assert [event.traceparent for event in journalled(await world.document(id_))] == [ONE, ONE]


@scenario
async def published_again_from_segments_it_is_as_it_was(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, *[failed(str(n)) for n in range(LONG // 2)], create=True, traceparent=ONE)
    await replica.write(id_, *[failed(str(n)) for n in range(LONG // 2 + 1)])
    await replica.publish()
    before = await world.records(TOPIC)
    assert await replica.segments.move() == LONG + 1 - KEEP
    whole = (await replica.store.load_whole([id_]))[id_]
    assert verify_chain(whole.tail(SOURCE, 0)) is None
    await Resender(SOURCE, replica.sender, replica.store).resend([id_])
    again = (await world.records(TOPIC))[len(before) :]
    assert [(r.key, r.value, list(r.headers)) for r in again] == [(r.key, r.value, list(r.headers)) for r in before]
    assert [decode(record).traceparent for record in again] == [ONE] * (LONG // 2) + [None] * (LONG // 2 + 1)


@scenario
async def a_trace_is_no_part_of_the_chain(world: World) -> None:
    """The same event sent again by who does not know its trace is the same event."""
    replica, intake = await world.replica(), Author("intake", world.id())
    first, second = submitted(intake), accepted(intake)
    assert traced(first).hash == first.hash
    assert encode(traced(first)).value == encode(first).value
    await world.put(traced(first), first, second, traced(second))
    await replica.hear()
    assert seen(await world.document(first.dossier)) == ["intake:1", "intake:2", "notify:1", "notify:2"]
