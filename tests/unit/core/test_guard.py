"""Noticing that a database is behind its own topic: what is compared, and what happens while the broker is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dossier_local.memory import MemoryCollection
from dossier_shared.adapters.mongo import Database, DossierCollection
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import RawRecord, encode
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.dossier import Dossier, record
from dossier_shared.journal.hearing import Position
from dossier_shared.journal.keyring import Keyring
from dossier_shared.repair import topics
from dossier_shared.repair.guard import Guard, Owned, RecoveryDue
from dossier_shared.settings.broker import Broker as Address

from .signed import Holder, on_topic, ring_of
from .toy import RULES, TOPIC, failed

AT = "2025-07-01T02:00:00.000000Z"
LATER = "2025-07-01T03:00:00.000000Z"


@dataclass
class Table:
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def find_one(self, query: dict[str, Any]) -> dict[str, Any] | None:
        return self.documents.get(query["_id"])

    async def update_one(self, query: dict[str, Any], change: dict[str, Any], *, upsert: bool) -> SimpleNamespace:
        known = query["_id"] in self.documents
        if not known and not upsert:
            return SimpleNamespace(upserted_id=None)
        new = {**change.get("$setOnInsert", {}), **self.documents.get(query["_id"], {}), **change.get("$set", {})}
        self.documents[query["_id"]] = new
        return SimpleNamespace(upserted_id=None if known else query["_id"])

    async def delete_one(self, query: dict[str, Any]) -> None:
        self.documents.pop(query["_id"], None)


@dataclass
class Broker:
    """One partition of the toy's topic."""

    records: list[RawRecord] = field(default_factory=list)
    away: bool = False
    read_from: list[int] = field(default_factory=list)

    async def ends(self, _: Address, names: Sequence[str]) -> dict[Position, int]:
        if self.away:
            raise OSError("no broker")
        return {Position(names[0], 0): len(self.records)}

    async def read(
        self, _: Address, topic: str, partition: int, *, first: int
    ) -> AsyncGenerator[list[RawRecord], None]:
        self.read_from.append(first)
        yield self.records[first:]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(topics, "ends", made.ends)
    monkeypatch.setattr(topics, "read", made.read)
    return made


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def journals() -> MemoryCollection:
    return MemoryCollection()


@pytest.fixture
def guard(table: Table, journals: MemoryCollection) -> Guard:
    made = Guard(cast(Database, {"recovery": table}), Address("broker:1"), FixedClock())
    made.owned.append(Owned(RULES, cast(DossierCollection, journals)))
    return made


async def happens(
    broker: Broker, journals: MemoryCollection | None, id_: str = "d", reason: str = "x", at: str = AT
) -> None:
    """An event more, on the topic, and in the journal where one is given."""
    dossier = Dossier(id_)
    if journals is not None:
        dossier = (await journals.load([id_])).get(id_, dossier)
    made = record(RULES, dossier, failed(reason), time=at, recorded=at, agency="H1", actor="rule:notify")
    sent = encode(made)
    broker.records.append(StoredRecord(TOPIC, 0, len(broker.records), sent.key, sent.value, sent.headers))
    if journals is not None:
        assert not await journals.write([dossier], datetime(2025, 7, 1, tzinfo=UTC))


async def test_a_new_database_is_taken_as_it_is(guard: Guard, broker: Broker) -> None:
    await happens(broker, None)
    assert await guard.look() is None
    assert broker.read_from == []


async def test_what_the_service_never_signed_makes_no_recovery_due(
    table: Table, journals: MemoryCollection, broker: Broker
) -> None:
    """Or whoever has its password could close it."""
    own = Holder("notify")
    guard = Guard(cast(Database, {"recovery": table}), Address("broker:1"), FixedClock(), ring_of(own))
    guard.owned.append(Owned(RULES, cast(DossierCollection, journals)))
    await guard.note()
    await happens(broker, None, "forged")
    assert await guard.look() is None
    made = record(RULES, Dossier("d"), failed("x"), time=AT, recorded=AT, agency="H1", actor="rule:notify")
    broker.records.append(on_topic(own.signs_one(made), TOPIC, offset=1))
    assert await guard.look() == f"{TOPIC} holds event 1 of d, and the database does not"


async def test_before_it_knows_the_keys_it_compares_nothing(
    table: Table, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dossier_shared.repair.guard.PATIENCE", 0.01)
    keys = Keyring()
    guard = Guard(cast(Database, {"recovery": table}), Address("broker:1"), FixedClock(), keys)
    assert await guard.look() is None
    assert not guard.looked, "nothing is heard or sent yet"
    keys.whole()
    assert await guard.look() is None
    assert guard.looked


async def test_what_came_since_the_note_must_be_in_the_journal(
    guard: Guard, broker: Broker, journals: MemoryCollection, table: Table
) -> None:
    await happens(broker, journals)
    await guard.note()
    await happens(broker, journals)
    assert await guard.look() is None
    assert broker.read_from == [1]
    await happens(broker, None, "another")
    why = f"{TOPIC} holds event 1 of another, and the database does not"
    assert await guard.look() == why
    broker.records.clear()
    assert await guard.look() == why  # until it has been recovered
    await guard.done()
    assert await guard.look() is None
    assert table.documents[TOPIC] == {"ends": {"0": 0}}


async def test_a_journal_that_is_shorter_is_noticed(guard: Guard, broker: Broker, journals: MemoryCollection) -> None:
    await happens(broker, journals)
    await guard.note()
    old = dict(journals.documents)
    await happens(broker, journals)
    assert await guard.look() is None
    journals.documents = old
    assert await guard.look() == f"{TOPIC} holds event 2 of d, and the database does not"


async def test_while_the_broker_is_away_nothing_is_known(
    guard: Guard, broker: Broker, journals: MemoryCollection, table: Table
) -> None:
    await happens(broker, journals)
    await guard.note()
    await happens(broker, None, "another")
    broker.away = True
    assert await guard.look() is None
    assert not guard.looked
    assert "no broker" in str(guard.trouble)
    broker.away = False
    assert await guard.look() == f"{TOPIC} holds event 1 of another, and the database does not"
    assert (guard.looked, guard.trouble) == (True, None)
    assert table.documents[TOPIC] == {"ends": {"0": 1}}


async def test_a_journal_recorded_on_while_the_broker_was_away_is_noticed(
    guard: Guard, broker: Broker, journals: MemoryCollection
) -> None:
    await guard.note()
    await happens(broker, None)
    await happens(Broker(), journals, reason="of another life", at=LATER)
    assert await guard.look() == f"{TOPIC} holds event 1 of d, and the database another under this number"


async def test_what_a_wrong_life_published_is_not_missed(
    guard: Guard, broker: Broker, journals: MemoryCollection
) -> None:
    await guard.note()
    await happens(broker, journals)
    wrong = MemoryCollection()
    for reason in ("one", "two"):
        await happens(broker, wrong, reason=reason, at=LATER)
    assert await guard.look() is None


async def running(guard: Guard, until: Callable[[], Awaitable[bool]]) -> str | None:
    """Why it stopped by itself before `until`."""
    task = asyncio.create_task(guard.run())
    async with asyncio.timeout(5):
        while not task.done() and not await until():
            await asyncio.sleep(0.001)
    task.cancel()
    (ended,) = await asyncio.gather(task, return_exceptions=True)
    return str(ended) if isinstance(ended, RecoveryDue) else None


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier_shared.repair.guard.EVERY", 0.001)


@pytest.mark.parametrize("back", ["older", "gone"])
async def test_a_database_put_back_under_a_running_process_is_noticed(
    guard: Guard, broker: Broker, journals: MemoryCollection, table: Table, at_once: None, back: str
) -> None:
    await happens(broker, journals)
    await guard.note()
    old_note, old = dict(table.documents[TOPIC]), dict(journals.documents)
    await happens(broker, journals)
    await guard.note()
    journals.documents = old if back == "older" else {}
    table.documents = {TOPIC: old_note} if back == "older" else {}

    async def noted_again() -> bool:
        return table.documents.get(TOPIC) == {"ends": {"0": 2}}

    first = 2 if back == "older" else 1
    why = f"{TOPIC} holds event {first} of d, and the database does not"
    assert await running(guard, noted_again) == why
    assert await guard.due() == why


async def test_another_replicas_older_note_costs_a_short_read(
    guard: Guard, broker: Broker, journals: MemoryCollection, table: Table, at_once: None
) -> None:
    await happens(broker, journals)
    older = {"ends": {"0": 1}}
    await happens(broker, journals)
    await guard.note()
    table.documents[TOPIC] = older

    async def noted_again() -> bool:
        return table.documents[TOPIC] == {"ends": {"0": 2}}

    assert await running(guard, noted_again) is None
    assert broker.read_from == [1]


async def test_a_process_that_runs_stops_once_a_recovery_has_begun(
    guard: Guard, broker: Broker, table: Table, at_once: None
) -> None:
    assert await guard.demand("begun", unless_running=True)

    async def noted() -> bool:
        return TOPIC in table.documents

    assert await running(guard, noted) is None
    assert await guard.look() == "begun"  # but none is to be started
    await guard.begun()
    assert await running(guard, never) == "begun"
    assert not await guard.demand("another")


async def never() -> bool:
    return False
