"""What a service answers of itself, long journals included; and that a night has one recount, whoever begins it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from tests.integration.recount.conftest import Eventually
from tests.unit.monitor.stories import START, Chain

from dossier_local.stack import Stack
from dossier_monitor.recount.api import Counting
from dossier_monitor.recount.store import LEASE_FOR, Recounts
from dossier_shared.adapters.mongo import Database, DossierCollection, connect, database
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import to_entry
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.segments import LONG, Segments
from dossier_shared.repair import facts

pytestmark = pytest.mark.long


@pytest.fixture
async def db(stack: Stack) -> AsyncIterator[Database]:
    client, name = connect(stack.mongodb), f"recount-{uuid4().hex}"
    yield database(client, name)
    await client.drop_database(name)
    client.close()


def dossier(id_: str, notes: int) -> Dossier:
    """Of review, with so many events."""
    chain = Chain()
    events = [
        chain.event(id_, "review", "noted", START, sealed={"text": f"riêng tư {n}"}, data={"channel": "x", "other": n})
        for n in range(notes)
    ]
    state = {"status": "in_review", "stage": "appraisal", "agency": "A", "holder": "Nguyễn Văn An"}
    made = Dossier(id_, seq=notes, published=notes, state=state, heard={"intake": {"seq": 2, "hash": "h"}})
    made.journal = [to_entry(event) for event in events]
    return made


async def test_journals_are_whole_in_order_and_without_what_is_sealed(db: Database) -> None:
    kept = DossierCollection(db, "review")
    long = dossier("b-long", LONG + 50)
    assert not await kept.write([long, *(dossier(f"{name}-short", 3) for name in "dac")], datetime.now(UTC))
    await kept.mark({LONG + 50: ["b-long"]}, {})
    segments = Segments(kept)
    segments.notice([long])
    assert await segments.move() > 0
    assert (await kept.load(["b-long"]))["b-long"].base > 0
    first = await facts.after(kept, "", 2)
    assert [one["id"] for one in first] == ["a-short", "b-long"]
    assert [one["id"] for one in await facts.after(kept, "b-long", 2)] == ["c-short", "d-short"]
    assert await facts.after(kept, "d-short", 2) == []
    assert await facts.of(kept, ["b-long", "nobody"]) == first[1:]
    whole = first[1]
    assert [entry[0] for entry in whole["journal"]] == list(range(1, LONG + 51))
    assert whole["journal"][-1] == [
        LONG + 50, "noted", START.strftime("%Y-%m-%dT%H:%M:%S.000000Z"), "counter:c1", 4, {}, "X-H19-25217", {"channel": "x"},
    ]  # fmt: skip
    assert {name: whole[name] for name in whole.keys() - {"journal"}} == {
        "id": "b-long", "seq": LONG + 50, "published": LONG + 50, "heard": {"intake": 2},
        "agency": "A", "status": "in_review", "stage": "appraisal",
    }  # fmt: skip
    assert "riêng tư" not in str(first)
    assert "Nguyễn" not in str(first)


class Noted(Counting):
    """Starts no process."""

    started: list[str]

    def start(self, run: str) -> None:
        self.started.append(run)


async def test_a_night_has_one_recount_and_a_missed_one_is_caught_up(db: Database, eventually: Eventually) -> None:
    clock, store = FixedClock("2026-11-20T18:59:00Z"), None  # 01:59 in Vietnam
    started: list[str] = []
    nodes = []
    for _ in range(2):
        store = Recounts(db, clock)
        node = Noted(store, clock, 2, look_every=0.01)
        node.started = started
        nodes.append(asyncio.create_task(node.nights()))
    assert store is not None
    looks = 0

    async def looked() -> bool:
        nonlocal looks
        looks += 1
        return looks > 20

    await eventually(looked)
    assert started == []
    clock.advance(timedelta(hours=9))
    await eventually(lambda: started)
    await store.finish(started[0], {"dossiers": 7})
    assert (await store.find(started[0]) or {})["dossiers"] == 7
    await eventually(lambda: asyncio.sleep(0.05, True))
    assert len(started) == 1
    clock.advance(timedelta(days=1))
    await eventually(lambda: len(started) == 2)
    for task in nodes:
        task.cancel()
    await asyncio.gather(*nodes, return_exceptions=True)
    assert [(one["by"], one["state"]) for one in (await store.newest(5))[0]] == [
        ("night", "running"),
        ("night", "finished"),
    ]


async def test_a_run_whose_process_is_gone_gives_way(db: Database) -> None:
    clock = FixedClock()
    store = Recounts(db, clock)
    assert await store.begin("one", "a")
    assert not await store.begin("two", "a")
    clock.advance(LEASE_FOR / 2)
    await store.hold("one")
    clock.advance(LEASE_FOR - timedelta(seconds=1))
    assert not await store.begin("two", "a")
    clock.advance(2)
    assert await store.begin("two", "a")
    assert (await store.find("one") or {})["state"] == "failed"
    await store.finish("one", {"dossiers": 1})  # too late: it was given up
    assert (await store.find("one") or {})["state"] == "failed"
    await store.fail("two", "why")
    assert await store.begin("three", "a")


async def test_who_has_seen_one_end_may_begin_the_next(db: Database) -> None:
    store = Recounts(db, FixedClock())
    assert await store.begin("one", "a")
    await db["recounts"].update_one({"_id": "one"}, {"$set": {"state": "finished"}})  # shown; its lease is let go next
    assert await store.begin("two", "a")
    await store.finish("one", {"dossiers": 1})
    assert not await store.begin("three", "a")
