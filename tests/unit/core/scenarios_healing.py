"""Going on: missing events asked for and sent again, a person's skip, long journals in segments. One scenario each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Record, verify_chain
from dossier_shared.contracts.resend_request import Missing, write_request
from dossier_shared.contracts.topics import resend_request
from dossier_shared.journal.segments import KEEP, LARGE, LONG
from dossier_shared.problems import Conflict, NotFound
from dossier_shared.repair.asking import skip
from dossier_shared.repair.resending import Resender

from .acts import scenario, seen
from .toy import SOURCE, accepted, failed, refused, signed, submitted
from .world import Replica, World


@scenario
async def what_is_missing_for_a_minute_is_asked_for(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    first, second = submitted(intake), accepted(intake)
    await world.put(second)
    await replica.hear()
    world.clock.advance(59)
    assert await replica.asker.ask() == []
    world.clock.advance(2)
    missing = [Missing(first.dossier, "intake")]
    assert await replica.asker.ask() == missing
    assert await replica.asker.ask() == [], "not at every look"
    world.clock.advance(61)
    assert await replica.asker.ask() == missing
    world.clock.advance(61)
    assert await replica.asker.ask() == [], "ever more seldom"
    world.clock.advance(61)
    assert await replica.asker.ask() == missing
    records = await world.records(resend_request(SOURCE))
    assert [(r.key, r.value) for r in records] == [(first.dossier.encode(), b'{"source":"intake"}')] * 3
    await world.put(first, second)
    await replica.hear()
    assert seen(await world.document(first.dossier)) == ["intake:1", "intake:2", "notify:1", "notify:2"]
    world.clock.advance(timedelta(days=1).total_seconds())
    assert await replica.asker.ask() == []


@scenario
async def a_missing_cause_is_asked_for(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await world.put(signed(Author("signing", id_), heard_intake=2))
    await replica.hear()
    world.clock.advance(61)
    replica.sender.down = True
    assert await replica.asker.ask() == []
    replica.sender.down = False
    assert await replica.asker.ask() == [Missing(id_, "intake")], "a request Kafka did not take is made again at once"


@scenario
async def a_request_is_answered_with_the_whole_journal(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, failed("a"), failed("b"), failed("c"), create=True)
    await replica.publish()
    ours, others, unknown = Missing(id_, SOURCE), Missing(id_, "intake"), Missing("no", SOURCE)
    await world.put_raw(
        resend_request("monitor"),
        *map(write_request, (ours, others, unknown, ours)),
        Record(id_.encode(), b"please", []),
        Record(b"", b'{"source":"notify"}', []),
        Record(id_.encode(), b'{"source":"nobody"}', []),
    )
    assert await replica.hear() == 7
    assert await world.published(id_) == [1, 2, 3, 1, 2, 3], "once for the batch, however often it was asked for"
    assert [reason for _, reason in await world.dead_letters()] == ["undecodable"] * 3


@scenario
async def a_person_goes_on_without_an_event(world: World) -> None:
    """`refused` after `accepted` is illegal; the one behind it waits until somebody decides."""
    replica, intake = await world.replica(), Author("intake", world.id())
    id_ = intake.dossier.id
    illegal = [submitted(intake), accepted(intake), refused(intake), submitted(intake)]
    await world.put(*illegal)
    await replica.hear()
    assert await world.waiting() == {f"{id_}:intake:3": "illegal", f"{id_}:intake:4": "gap"}
    with pytest.raises(Conflict):
        await skip(replica.consumer, Missing(id_, "intake"), 4, by="admin-1", reason="nhầm")
    with pytest.raises(NotFound):
        await skip(replica.consumer, Missing(id_, "signing"), 1, by="admin-1", reason="nhầm")
    before = await world.document(id_)
    assert "skipped" not in before["state"]
    await skip(replica.consumer, Missing(id_, "intake"), 3, by="admin-1", reason="ghi nhầm")
    assert await world.waiting() == {f"{id_}:intake:4": "illegal"}, "the skipped one waits no more; the next is judged"
    document = await world.document(id_)
    [entry] = document["state"]["skipped"]
    assert {**entry, "at": ""} == {
        "source": "intake", "seq": 3, "hash": illegal[2].hash, "by": "admin-1", "reason": "ghi nhầm", "at": "",
    }  # fmt: skip
    assert document["seq"] == before["seq"], "nothing is published of it"
    await skip(replica.consumer, Missing(id_, "intake"), 4, by="admin-1", reason="ghi nhầm")
    await world.put(*illegal)
    await replica.hear()
    assert await world.waiting() == {}
    assert (await world.document(id_))["heard"]["intake"]["seq"] == 4


@scenario
async def an_event_that_never_came_is_known_by_the_one_behind_it(world: World) -> None:
    replica, signing = await world.replica(), Author("signing", world.id())
    id_, lost = signing.dossier.id, signed(signing)
    await world.put(signed(signing))
    await replica.hear()
    dossier = await skip(replica.consumer, Missing(id_, "signing"), 1, by="admin-1", reason="mất")
    assert dossier.heard["signing"] == {"seq": 1, "hash": lost.hash}
    assert seen(await world.document(id_))[0] == "signing:2"
    assert await world.waiting() == {}


async def filled(replica: Replica, id_: str, count: int) -> None:
    for first in range(0, count, 100):
        await replica.write(id_, *[failed(str(n)) for n in range(first, min(first + 100, count))], create=first == 0)
    await replica.publish()


@scenario
async def a_long_journal_moves_to_segments(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await filled(replica, id_, LONG)
    assert await replica.segments.move() == 0, "not long yet"
    await replica.record(id_, failed("one more"), key="k")
    await replica.publish()
    assert await replica.segments.move() == LONG + 1 - KEEP
    document = await world.document(id_)
    assert (document["seq"], document["base"], len(document["journal"])) == (LONG + 1, LONG + 1 - KEEP, KEEP)
    again = await replica.record(id_, failed("not twice"), key="k")
    assert again.seq == LONG + 1, "a repeated command is still known"
    await replica.record(id_, failed("after"))
    await replica.publish()
    assert await world.published(id_) == list(range(1, LONG + 3))
    whole = (await replica.store.load_whole([id_]))[id_]
    assert verify_chain(whole.tail(SOURCE, 0)) is None
    assert len(whole.journal) == whole.seq == LONG + 2
    await Resender(SOURCE, replica.sender, replica.store).resend([id_])
    assert await world.published(id_) == list(range(1, LONG + 3)) * 2
    await replica.ledger.close()


@scenario
async def what_is_not_published_stays_in_the_document(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await filled(replica, id_, 10)
    replica.sender.down = True
    await replica.write(id_, *[failed(str(n)) for n in range(LONG)])
    assert await replica.segments.move() == 10
    assert await replica.segments.move() == 0
    document = await world.document(id_)
    assert (document["base"], document["published"], len(document["journal"])) == (10, 10, LONG)
    replica.sender.down = False
    await replica.publish()
    assert await world.published(id_) == list(range(1, LONG + 11))


@scenario
async def a_command_between_copy_and_cut_loses_nothing(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await filled(replica, id_, LONG + 5)
    stale = (await replica.store.load([id_]))[id_]
    assert await replica.store.copy(stale, 50) == 50
    await replica.write(id_, failed("between"))
    assert not await replica.store.cut(stale, 50), "what is there has changed"
    assert len((await world.document(id_))["journal"]) == LONG + 6
    await replica.publish()
    assert await replica.segments.move() == 50, "the copy made before stands"
    assert len((await world.document(id_))["journal"]) == LONG + 6 - 50
    whole = (await replica.store.load_whole([id_]))[id_]
    assert verify_chain(whole.tail(SOURCE, 0)) is None
    assert len(whole.journal) == LONG + 6
    await replica.write(id_, failed("goes on"))
    assert (await world.document(id_))["seq"] == LONG + 7


@scenario
async def a_large_journal_moves_however_short(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    size = 200_000
    for n in range(LARGE // size + 1):
        await replica.write(id_, failed("x" * size), create=n == 0)
    await replica.publish()
    assert await replica.segments.move() > 0
    whole = (await replica.store.load_whole([id_]))[id_]
    assert verify_chain(whole.tail(SOURCE, 0)) is None
    assert len(whole.journal) == LARGE // size + 1
