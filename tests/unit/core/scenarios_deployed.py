"""Hearing where agencies run services of their own. One scenario each."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Event, encode
from dossier_shared.contracts.events import Signed
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.registry import LATELY, Registry

from .acts import SIGNED, SUBMITTED, scenario, seen
from .deploying import BEGIN, LONG_AGO, entry, tell
from .toy import accepted, signed, submitted
from .world import World


def filed(event: Event, agency: str = "H1", at: str = BEGIN) -> Event:
    """As of a filing at an agency some deployment serves; made again, so that it is whole."""
    author = Author(event.source, event.dossier)
    author.dossier.state = {"filed": {"agency": agency, "at": at}}
    if event.type == "submitted":
        return submitted(author)
    assert event.type == "signed"
    return author.says(Signed(**{k: v for k, v in event.data.items() if k != "filed"}))


@scenario
async def what_another_deployment_owns_is_a_dead_letter_and_its_neighbours_flow_on(world: World) -> None:
    """On the common topic: signed for an agency that signs for itself. As whoever has one password would write on another's."""
    replica = await world.replica()
    replica.consumer.registry = tell(Registry("notify"), entry(service="signing"))
    robbed, neighbour, before = world.id(), world.id(), world.id()
    forged = filed(signed(Author("signing", robbed)))
    others = [signed(Author("signing", neighbour)), filed(signed(Author("signing", before)), at=LONG_AGO)]
    await world.put_raw(SIGNED, encode(forged), *map(encode, others))
    await replica.hear()
    assert [(r.key, reason) for r, reason in await world.dead_letters()] == [(robbed.encode(), "wrong-writer")]
    assert await world.waiting() == {}, "a parked forgery would take the place of what is true"
    for id_ in (neighbour, before):
        assert seen(await world.document(id_)) == ["signing:1", "notify:1"]
    letter = encode(forged)
    record = StoredRecord(f"{SIGNED}.long-khanh", 0, 0, letter.key, letter.value, letter.headers)
    assert await replica.consumer.replay([record]) == ["applied"], "from the topic it belongs on it is true"


@scenario
async def what_is_not_ones_own_passes_by_without_a_document(world: World) -> None:
    replica = await world.replica()
    replica.consumer.registry = tell(Registry("review", "long-khanh"), entry())
    own, early, other, unmarked = (world.id() for _ in range(4))
    intake = {
        own: filed(submitted(Author("intake", own))),
        early: filed(submitted(Author("intake", early)), at=LONG_AGO),
        other: filed(submitted(Author("intake", other)), "H2"),
        unmarked: submitted(Author("intake", unmarked)),
    }
    await world.put_raw(SUBMITTED, *map(encode, intake.values()))
    author = Author("intake", unmarked)
    submitted(author)
    await world.put_raw(SUBMITTED, encode(accepted(author)))  # and what comes later of it, too: no gap, nobody is asked
    await replica.hear()
    assert seen(await world.document(own)) == ["intake:1"]
    known = await replica.store.load([own, early, other, unmarked])
    assert set(known) == {own}
    assert await world.waiting() == {}
    assert await world.dead_letters() == []


@scenario
async def what_may_be_old_is_waited_out(world: World) -> None:
    """A batch is fetched, and then only handled when the broker has said that the list of deployments is whole."""
    replica, now = await world.replica(), 1000.0
    registry = replica.consumer.registry = tell(Registry("notify", wall=lambda: now))
    registry.seen(now - LATELY - 1)
    id_ = world.id()
    await world.put(signed(Author("signing", id_)))
    working = asyncio.create_task(replica.consumer.run())
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                while not await replica.store.load([id_]):
                    await asyncio.sleep(0.05)
        assert await replica.store.load([id_]) == {}
        registry.seen(now)
        async with asyncio.timeout(30):
            while not await replica.store.load([id_]):
                await asyncio.sleep(0.05)
    finally:
        replica.consumer.finish()
        await working
