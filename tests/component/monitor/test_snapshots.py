"""A snapshot of the past is never read where an event came too late for it, whoever was first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dossier_local.stack import Stack
from dossier_monitor.history.store import History, Transition
from dossier_monitor.projection.domain import DAY
from dossier_monitor.projection.dossier import micros
from dossier_monitor.projection.steps import counts
from dossier_monitor.timelines.handlers import RULES
from dossier_shared.adapters.mongo import Database, DossierCollection, connect, database
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment

from ...unit.monitor.stories import START, Chain  # noqa: TID252

AGENCY = "X-H19-25217"
NOW = micros(instant(START + timedelta(days=9)))


class Past:
    """A database of one's own, and events as the consumer would store them."""

    def __init__(self, collection: DossierCollection, db: Database) -> None:
        self.collection, self.db, self._chain, self._made = collection, db, Chain(), 0
        self.history = History(collection.table, db)

    async def store(self, day: int) -> list[Event]:
        """One more filing on that day."""
        self._made += 1
        filing = {
            "code": "c",
            "procedure": "p",
            "catalogue": "1",
            "channel": "online",
            "owner": "o",
            "overseers": ["H19"],
        }
        at = START + timedelta(days=day, hours=2)
        event = self._chain.event(f"d{self._made}", "intake", "submitted", at, AGENCY, filing)
        dossier = Dossier(event.dossier)
        Fold([event], RULES)(dossier, Moment(datetime.now(UTC)))
        assert await self.collection.write([dossier], datetime.now(UTC)) == {}
        return [event]

    async def hand_over(self, number: int, day: int, to: str) -> None:
        """The dossier filed as the `number`th, counted from one, is another agency's from that day on."""
        at = START + timedelta(days=day, hours=2)
        event = self._chain.event(f"d{number}", "review", "handed-over", at, AGENCY, {"to": to, "overseers": []})
        [dossier] = (await self.collection.load([event.dossier])).values()
        Fold([event], RULES)(dossier, Moment(datetime.now(UTC)))
        assert await self.collection.write([dossier], datetime.now(UTC)) == {}
        await self.history.heard([event])

    async def held(self, day: int) -> dict[str, int]:
        """How many dossiers are whose at noon of that day."""
        at = micros(instant(START + timedelta(days=day, hours=12)))
        found = await self.history.at([AGENCY, "B"], at)
        return {agency: n for agency, codes in found.items() if (n := sum(codes.values()))}

    async def file(self, day: int) -> None:
        await self.history.heard(await self.store(day))

    async def filed(self, at: int = NOW) -> int:
        codes = (await self.history.at([AGENCY], at)).get(AGENCY, {})
        return sum(n * counts(code).get("filed", 0) for code, n in codes.items())

    async def snapshots(self) -> int:
        return int(await self.db["history"].count_documents({"sound": True}))


@pytest.fixture
async def past(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Past]:
    client = connect(stack.mongodb)
    name = f"past_{abs(hash(request.node.name))}"
    db = database(client, name)
    collection = DossierCollection(db, "monitor")
    made = Past(collection, db)
    await made.history.ensure_indexes()
    yield made
    await client.drop_database(name)
    client.close()


async def test_what_came_in_time_is_kept_and_what_came_late_corrects_it(past: Past) -> None:
    await past.file(0)
    await past.file(3)
    assert await past.filed() == 2
    assert await past.snapshots() == 1
    await past.file(9)
    assert await past.snapshots() == 1, "of the same day: nothing to forget"
    assert await past.filed(NOW + 10_000_000_000) == 3
    await past.file(5)
    assert await past.snapshots() == 0
    assert await past.filed(NOW + 10_000_000_000) == 4


async def test_what_is_handed_over_was_the_one_agencys_and_is_the_others(past: Past) -> None:
    await past.file(0)
    await past.file(1)
    assert await past.held(3) == {AGENCY: 2}
    await past.hand_over(1, 5, "B")
    assert [await past.held(day) for day in (0, 4, 6, 9)] == [
        {AGENCY: 1}, {AGENCY: 2}, {AGENCY: 1, "B": 1}, {AGENCY: 1, "B": 1},
    ]  # fmt: skip
    await past.hand_over(2, 2, "B")  # heard late: what was summed up of those days is corrected
    assert [await past.held(day) for day in (1, 4, 9)] == [{AGENCY: 2}, {AGENCY: 1, "B": 1}, {"B": 2}]
    moved = await past.history.transitions([AGENCY], 0, NOW)
    assert {agency for _, agency, *_ in moved} == {AGENCY}


class _Meanwhile(History):
    """Something happens while a snapshot is being summed up, once: before the sum is read or after."""

    def __init__(self, past: Past, before: bool) -> None:
        super().__init__(past.collection.table, past.db)
        self._past, self._before, self._done = past, before, False

    async def transitions(
        self, agencies: Collection[str], after: int, until: int, width: int | None = None
    ) -> list[Transition]:
        if self._before:
            await self._late()
        found = await super().transitions(agencies, after, until, width)
        await self._late()
        return found

    async def _late(self) -> None:
        if not self._done:
            self._done = True
            await self._past.file(4)


@pytest.mark.parametrize("before", [True, False])
async def test_a_late_event_while_a_snapshot_is_made(past: Past, before: bool) -> None:
    await past.file(0)
    await _Meanwhile(past, before).at([AGENCY], NOW)
    assert await past.filed() == 2


async def test_a_late_event_between_reading_the_snapshot_before_and_building_on_it(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    await past.file(0)
    assert await past.filed(NOW - 4 * DAY) == 1
    table = past.db["history"]
    original: Any = type(table).find_one

    async def then_late(self: object, *query: object, **options: object) -> object:
        found = await original(table, *query, **options)
        if "sort" in options:
            monkeypatch.undo()
            await past.file(3)
        return found

    monkeypatch.setattr(type(table), "find_one", then_late)
    await past.filed()
    monkeypatch.undo()
    assert await past.filed() == 2


async def test_a_snapshot_built_on_one_that_is_just_being_forgotten(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    await past.file(0)
    assert await past.filed(NOW - 4 * DAY) == 1
    read, forgotten = asyncio.Event(), asyncio.Event()
    table = past.db["history"]
    original: Any = type(table).delete_many

    async def once_read(self: object, query: Mapping[str, object], **options: object) -> object:
        await read.wait()
        deleted = await original(table, query, **options)
        forgotten.set()
        return deleted

    class Slow(History):
        async def transitions(
            self, agencies: Collection[str], after: int, until: int, width: int | None = None
        ) -> list[Transition]:
            read.set()
            await forgotten.wait()
            return await super().transitions(agencies, after, until, width)

    events = await past.store(3)
    monkeypatch.setattr(type(table), "delete_many", once_read)
    hearing = asyncio.create_task(past.history.heard(events))
    while await past.db["history"].find_one({"_id": "reach", "upset": 0}):
        assert not hearing.done()
        await asyncio.sleep(0.01)
    await asyncio.gather(hearing, Slow(past.collection.table, past.db).at([AGENCY], NOW))
    assert await past.filed() == 2


async def test_of_two_makers_of_one_day_neither_vouches_for_the_other(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is done but for its last word when an event comes late; then the other, which has not heard of it, writes."""
    await past.file(0)
    writing, late, written = 0, asyncio.Event(), asyncio.Event()
    table = type(past.db["history"])
    replace_one: Any = table.replace_one
    update_one: Any = table.update_one

    async def replace(self: object, *rest: object, **options: object) -> object:
        nonlocal writing
        writing += 1
        second = writing == 2
        if second:
            await late.wait()
        done = await replace_one(self, *rest, **options)
        if second:
            written.set()
        return done

    async def update(self: object, query: object, change: object, **options: object) -> object:
        if change == {"$set": {"sound": True}} and not late.is_set():
            while writing < 2:
                await asyncio.sleep(0.01)
            await past.file(3)
            late.set()
            await written.wait()
        return await update_one(self, query, change, **options)

    monkeypatch.setattr(table, "replace_one", replace)
    monkeypatch.setattr(table, "update_one", update)
    await asyncio.gather(past.filed(), past.filed())
    monkeypatch.undo()
    assert await past.filed() == 2


async def test_what_could_not_be_forgotten_is_forgotten_when_it_is_heard_again(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    await past.file(0)
    assert await past.filed() == 1
    events = await past.store(3)

    async def dies(*_: object, **__: object) -> None:
        raise ConnectionResetError("killed")

    monkeypatch.setattr(type(past.db["history"]), "delete_many", dies)
    with pytest.raises(ConnectionResetError):
        await past.history.heard(events)
    monkeypatch.undo()
    await past.history.heard(events)
    assert await past.filed() == 2


async def test_what_was_built_on_one_replaced_meanwhile_is_not_kept(past: Past) -> None:
    """The one it was built on may have been doomed, and the new one in its place be right."""
    await past.file(0)
    assert await past.filed(NOW - 4 * DAY) == 1

    class Replaced(History):
        async def transitions(
            self, agencies: Collection[str], after: int, until: int, width: int | None = None
        ) -> list[Transition]:
            if until < NOW:  # the sum of the snapshot
                await past.db["history"].update_many({"sound": True}, {"$set": {"sound": False}})
                assert await past.filed(NOW - 4 * DAY) == 1
            return await super().transitions(agencies, after, until, width)

    await Replaced(past.collection.table, past.db).at([AGENCY], NOW)
    assert await past.snapshots() == 1


async def test_a_maker_that_dies_leaves_nothing_that_is_read(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    await past.file(0)
    table = past.db["history"]
    original: Any = type(table).find_one

    async def dies(self: object, query: Mapping[str, object], *rest: object, **options: object) -> object:
        if "upset" in query:
            raise ConnectionResetError("killed")
        return await original(table, query, *rest, **options)

    monkeypatch.setattr(type(table), "find_one", dies)
    with pytest.raises(ConnectionResetError):
        await past.filed()
    monkeypatch.undo()
    await past.store(4)  # heard by a process that has not said so yet
    assert await past.filed() == 2
