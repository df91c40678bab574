"""One event, command or journal at fault among many: the others go on in the same pass, and it is somewhere a person sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Event, RawRecord, Record
from dossier_shared.errors import Unavailable
from dossier_shared.journal.command_queue import QueuedCommand
from dossier_shared.journal.consumer import AT_ONCE
from dossier_shared.journal.stream import REFUSALS

from .acts import published, scenario, seen, swept, types
from .toy import failed, submitted
from .world import World, order

MANY = 6


async def told(world: World, count: int = MANY) -> list[str]:
    authors = [Author("intake", world.id()) for _ in range(count)]
    await world.put(*(submitted(author) for author in authors))
    return [author.dossier.id for author in authors]


async def heard(world: World, ids: Sequence[str]) -> list[list[str]]:
    return [seen(await world.document(id_)) for id_ in ids]


@scenario
async def one_dossier_that_spoils_the_write_is_parked_and_the_others_are_heard(world: World) -> None:
    replica = await world.replica()
    poison, *ids = await told(world)
    replica.store.chokes_on = {poison}
    assert await replica.hear() == MANY, "read once, and committed"
    assert await heard(world, ids) == [["intake:1"]] * (MANY - 1)
    assert await world.waiting() == {f"{poison}:intake:1": "illegal"}
    world.clock.advance(3)
    assert await replica.consumer.drain_waiting() == 1, "offered again, and parked again"
    replica.store.chokes_on = set()
    world.clock.advance(3)
    await replica.consumer.drain_waiting()
    assert await heard(world, [poison]) == [["intake:1"]]
    assert await world.waiting() == {}


@scenario
async def one_that_the_database_refuses_for_no_known_reason_is_parked_after_a_while(world: World) -> None:
    replica = await world.replica()
    poison, *ids = await told(world)
    replica.store.refuses = {poison}
    records: list[RawRecord] = []
    while len(records) < MANY:
        records += await replica.source.fetch(MANY)
    for _ in range(REFUSALS - 1):  # as an outage is waited out
        try:
            await replica.consumer.handle(records)
        except Unavailable:
            continue
        raise AssertionError("it may yet be an outage")
    assert await heard(world, ids) == [["intake:1"]] * (MANY - 1)
    assert await replica.consumer.handle(records)
    assert await world.waiting() == {f"{poison}:intake:1": "unstorable"}


@scenario
async def refusals_are_counted_though_other_parts_of_the_batch_are_written_between(world: World) -> None:
    replica = await world.replica()
    *ids, poison = await told(world, AT_ONCE + 1)
    replica.store.refuses = {poison}
    records: list[RawRecord] = []
    while len(records) <= AT_ONCE:
        records += await replica.source.fetch(AT_ONCE + 1)
    records.sort(key=lambda record: record.key == poison.encode())  # in the last part
    for _ in range(REFUSALS - 1):
        with suppress(Unavailable):
            await replica.consumer.handle(records)
        await replica.consumer.drain_waiting()
    assert await replica.consumer.handle(records)
    assert await world.waiting() == {f"{poison}:intake:1": "unstorable"}
    assert await heard(world, ids[:3]) == [["intake:1"]] * 3


@scenario
async def who_follows_what_was_heard_goes_without_the_one_it_cannot_follow(world: World) -> None:
    replica = await world.replica()
    poison, *ids = await told(world)
    followed: list[str] = []

    async def follow(events: Sequence[Event]) -> None:
        if any(event.dossier == poison for event in events):
            raise KeyError("nobody has thought of that")
        followed.extend(event.dossier for event in events)

    replica.consumer.on_heard.append(follow)
    assert await replica.hear() == MANY
    assert sorted(followed) == sorted(ids)
    assert await heard(world, [poison, *ids]) == [["intake:1"]] * MANY
    assert await world.waiting() == {}


@scenario
async def one_command_that_spoils_the_write_refuses_no_other(world: World) -> None:
    replica = await world.replica()
    poison, *ids = [world.id() for _ in range(MANY)]
    replica.store.chokes_on = {poison}
    asked = [
        QueuedCommand(id_, replica.ledger.step(lambda _: [failed("x")], order(create=True)), True)
        for id_ in [*ids, poison]
    ]
    batches = await asyncio.gather(*(replica.ledger.execute_many([one]) for one in asked), return_exceptions=True)
    outcomes = [batch[0] if isinstance(batch, list) else batch for batch in batches]
    assert [isinstance(outcome, ValueError) for outcome in outcomes] == [False] * (MANY - 1) + [True]
    assert [types(await world.document(id_)) for id_ in ids] == [["message-failed"]] * (MANY - 1), "each once"
    await replica.ledger.close()


@scenario
async def one_journal_that_cannot_be_published_holds_nobody_up(world: World) -> None:
    replica = await world.replica()
    poison, *ids = [world.id() for _ in range(MANY)]
    for id_ in [poison, *ids]:
        await replica.write(id_, failed("x"), create=True)
    broken = replica.publisher._queue[poison]
    broken.recorded, broken.journal = [], [{**broken.journal[0], "type": "of nobody's"}]
    assert await replica.publish() == [poison]
    assert [await published(world, id_) for id_ in [poison, *ids]] == [False] + [True] * (MANY - 1)
    await swept(world, replica)
    assert await published(world, poison), "the sweeper reads it again"


@scenario
async def a_record_too_large_for_the_dead_letters_leaves_a_note_of_its_place(world: World) -> None:
    replica = await world.replica()
    ids = await told(world)
    await world.put_raw("dossier.submitted", Record(b"nobody", b"x" * 10, [("ce_type", b"?")]))
    replica.sender.refuse = {b"nobody"}  # whole it is taken nowhere
    assert await replica.hear() == MANY + 1
    assert await heard(world, ids) == [["intake:1"]] * MANY
    ((original, reason),) = await world.dead_letters()
    assert (reason, original.topic, original.value or b"") == ("undecodable", "dossier.submitted", b"")


@scenario
async def an_event_no_record_can_carry_stays_unpublished_alone(world: World) -> None:
    """What is before it goes; what is after it must not."""
    replica = await world.replica()
    poison, *ids = [world.id() for _ in range(MANY)]
    for id_ in [poison, *ids]:
        await replica.write(id_, failed("x"), failed("y"), failed("z"), create=True)
    replica.publisher._queue[poison].recorded[1].type = "of nobody's"
    assert await replica.publish() == [poison]
    assert [await world.published(id_) for id_ in [poison, *ids]] == [[1]] + [[1, 2, 3]] * (MANY - 1)
    await swept(world, replica)
    assert await world.published(poison) == [1, 2, 3]
