"""How the catalogue in force reaches the others: by the difference, for ever; and how monitor's lists follow it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.publishing import DirectoryPublisher
from dossier_local.stack import Stack
from dossier_local.topics import provision
from dossier_monitor.timelines.tree import Tree
from dossier_shared.adapters.compacted import Followed, Follower
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.adapters.mongo import Database, connect, database
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import AGENCIES, BY_NAME, DIRECTORY_TOPICS, Topic
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.runtime.directory import Directory

from .directories import agency, directory, record

NOON = datetime(2026, 11, 28, 5, tzinfo=UTC)
PACKAGED = Catalogue.load_packaged()


class Topics:
    """What is on the two topics; every directory made of it follows. `away`: nothing is taken."""

    def __init__(self) -> None:
        self.away, self.sent, self.followers = False, list[str](), list[Directory]()

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        if not self.away:
            self.sent += [one.key.decode() for one in records]
            for follower in self.followers:
                follower.take([StoredRecord(topic, 0, 0, one.key, one.value, []) for one in records])
        return [not self.away for _ in records]

    def follow(self) -> Directory:
        self.followers.append(Directory())
        return self.followers[-1]


class Replica:
    """One of intake's, with the catalogue it holds for the one in force."""

    def __init__(self, topics: Topics, catalogue: Catalogue = PACKAGED, at: datetime = NOON) -> None:
        self.catalogue, self.clock, self.directory = catalogue, FixedClock(at), topics.follow()
        sender = cast(KafkaSender, topics)
        self.publisher = DirectoryPublisher(sender, self.directory, lambda: self.catalogue, self.clock)

    async def looks(self) -> bool:
        return await self.publisher.mend()


def overlaid(**changes: Any) -> Catalogue:
    mine = next(one for one in PACKAGED.document()["agencies"] if one["code"] == "H19.3")
    return Catalogue.parse({"agencies": [mine | changes]}, PACKAGED)


def without(code: str) -> Catalogue:
    document = PACKAGED.document()
    left = [one for one in document["agencies"] if one["code"] != code]
    left = [{**one, "serves": [served for served in one.get("serves", ()) if served != code]} for one in left]
    return Catalogue.parse({**document, "agencies": left})


async def test_b9_a_start_tells_the_whole_and_then_nothing_more() -> None:
    topics, reader = Topics(), Directory()
    topics.followers.append(reader)
    intake = Replica(topics)
    assert await intake.looks()
    assert set(reader.agencies) == set(PACKAGED.agencies)
    assert set(reader.procedures) == set(PACKAGED.procedures)
    assert reader.version == PACKAGED.version
    for code in PACKAGED.agencies:
        assert tuple(reader.above(code)) == PACKAGED.above(code)
        assert reader.agency_name(code) == PACKAGED.agencies[code].name_vi
    works, calendar = reader.works("H19.3"), PACKAGED.calendar
    for day in (NOON.date() + timedelta(days=n) for n in range(-330, 390)):
        assert works(day) == calendar.is_working(day), day
    assert works(date(2026, 1, 10)), "a Saturday worked for a day off"
    signature, own = reader.agencies["H19"].signature, PACKAGED.agencies["H19"].signature
    assert signature is not None
    assert own is not None
    assert (signature.title, signature.place) == (own.title, own.place)
    told = len(topics.sent)
    assert not await intake.looks()
    assert len(topics.sent) == told


async def test_b9_a_publication_is_told_and_outlives_a_crash_and_a_broker_that_is_away() -> None:
    topics = Topics()
    intake = Replica(topics)
    await intake.looks()
    topics.away = True
    intake.catalogue = overlaid(name_vi="Sở Nội vụ mới")
    await intake.looks()  # and dies here
    topics.away = False
    assert topics.followers[0].agency_name("H19.3") == PACKAGED.agencies["H19.3"].name_vi
    reborn = Replica(topics, intake.catalogue)
    reborn.directory.take([record(entry) for entry in topics.followers[0].agencies.values()])  # reads what is there
    assert await reborn.looks()
    assert topics.followers[0].agency_name("H19.3") == "Sở Nội vụ mới"


async def test_b9_an_agency_taken_out_is_taken_out_everywhere() -> None:
    topics = Topics()
    intake = Replica(topics)
    await intake.looks()
    intake.catalogue = without("H19.3")
    assert await intake.looks()
    assert "H19.3" not in topics.followers[0].agencies
    assert not await intake.looks()


async def test_b9_a_replica_that_was_late_does_not_have_the_last_word() -> None:
    topics = Topics()
    first, late = Replica(topics), Replica(topics)
    await first.looks()
    first.catalogue = overlaid(name_vi="Sở Nội vụ mới")
    await first.looks()
    assert await late.looks(), "it does not know better yet"
    late.catalogue = first.catalogue
    assert await first.looks() or await late.looks()
    assert {known.agency_name("H19.3") for known in topics.followers} == {"Sở Nội vụ mới"}
    assert not await first.looks()
    assert not await late.looks()


async def test_b9_a_procedure_is_called_by_its_version_in_force_from_the_day_it_is() -> None:
    mine = next(one for one in PACKAGED.document()["procedures"])
    versions = [
        {**mine, "valid_until": "2026-11-28"},
        {**mine, "name_vi": "Tên từ ngày 29", "valid_from": "2026-11-29"},
    ]
    topics = Topics()
    intake = Replica(topics, Catalogue.parse({"procedures": versions}, without_procedure(mine["code"])))
    await intake.looks()
    assert topics.followers[0].procedure_name(mine["code"]) == mine["name_vi"]
    intake.clock.advance(12 * 3600)  # 00:00 in Vietnam
    assert await intake.looks()
    assert topics.followers[0].procedure_name(mine["code"]) == "Tên từ ngày 29"


def without_procedure(code: str) -> Catalogue:
    document = PACKAGED.document()
    return Catalogue.parse({**document, "procedures": [one for one in document["procedures"] if one["code"] != code]})


def test_b9_an_entry_that_cannot_be_read_changes_nothing() -> None:
    known = directory(agency("A", name="Tên"))
    for value in (b"{", b"[]", b"{}", b"\xff", b'{"code": "A"}'):
        known.take([StoredRecord(AGENCIES.name, 0, 0, b"A", value, [])])
    assert known.agency_name("A") == "Tên"


# -- over a real broker and a real database ------------------------------------------------------------------------------


async def test_b9_a_topic_that_is_made_later_is_followed_from_then_on(
    stack: Stack, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment of before that is provisioned under running services; an entry taken out is empty on the topic."""
    like: dict[str, str] = {}
    late = [
        Topic(f"{one.name}-{uuid4().hex[:8]}", "intake", (), partitions=1, config=one.config)
        for one in DIRECTORY_TOPICS
    ]
    for topic, one in zip(late, DIRECTORY_TOPICS, strict=True):
        monkeypatch.setitem(BY_NAME, topic.name, topic)
        like[topic.name] = one.name
    known, sender = Directory(), KafkaSender(stack.broker, client_id="late")

    last: dict[bytes, bytes | None] = {}

    def take(records: Sequence[Any]) -> None:
        last.update({record.key: record.value for record in records})
        known.take([StoredRecord(like[r.topic], r.partition, r.offset, r.key, r.value, []) for r in records])

    follower = Follower(stack.broker, Followed(late, take, known.whole))
    task = asyncio.create_task(follower.run())
    try:
        await asyncio.sleep(0)
        await provision(stack.broker, late)
        entry = agency("A", name="Tên mới")
        kept = Record(b"A", entry.model_dump_json().encode(), [])
        assert (
            await sender.send(late[0].name, [kept, Record(b"B", kept.value, []), Record(b"B", b"", [])]) == [True] * 3
        )
        await eventually(lambda: known.caught_up and known.agency_name("A") == "Tên mới", within=30)
        assert set(known.agencies) == {"A"}
        assert last[b"B"] is None, "else it would never be cleaned away"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sender.stop()


@pytest.fixture
async def db(stack: Stack) -> AsyncIterator[Database]:
    client = connect(stack.mongodb)
    made = database(client, f"tree-{uuid4().hex}")
    yield made
    await client.drop_database(made.name)
    client.close()


def lies(id_: str, code: str, *above: str) -> dict[str, Any]:
    return {"_id": id_, "version": 3, "state": {"facts": {"agency": code, "under": ["*", code, *above]}}}


async def under(db: Database) -> dict[str, list[str]]:
    return {one["_id"]: one["state"]["facts"]["under"] async for one in db["dossiers"].find({})}


async def test_b9_dossiers_that_lie_still_are_brought_under_their_new_superiors(db: Database) -> None:
    table = db["dossiers"]
    await table.insert_many([lies("a", "A", "OLD"), lies("b", "B", "OLD"), lies("x", "X", "OLD")])
    known = directory(agency("OLD"), agency("NEW"), agency("A", "NEW"), agency("B", "OLD"))
    tree = Tree(table, db, known, again=0.0)
    await tree.mend()
    right = {"a": ["*", "A", "NEW"], "b": ["*", "B", "OLD"], "x": ["*", "X", "OLD"]}
    assert await under(db) == right, "one in no catalogue keeps what its events told"
    await table.update_one({"_id": "a"}, {"$set": {"state.facts.under": ["*", "A", "OLD"]}})  # of before, written late
    await tree.mend()
    assert await under(db) == right
    assert {one["version"] async for one in table.find({})} == {3}, "no writer of a dossier is held up by it"
    await table.update_one({"_id": "a"}, {"$set": {"state.facts.under": ["*", "A", "as it was left"]}})
    await tree.mend()
    await Tree(table, db, known).mend()
    assert (await under(db))["a"][2] == "as it was left", "what is done is not done again, nor after a restart"
    known.take([record(agency("A", "OLD"))])
    await Tree(table, db, known).mend()
    assert (await under(db))["a"] == ["*", "A", "OLD"]
