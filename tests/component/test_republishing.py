"""Publishing again on the real database, to a broker that does as it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from tests.unit.core.toy import RULES, failed

from dossier_local.stack import Stack
from dossier_shared.adapters.mongo import DossierCollection, connect, database
from dossier_shared.clock import SystemClock
from dossier_shared.contracts.envelope import Record
from dossier_shared.journal.dossier import Dossier, record
from dossier_shared.repair import republishing
from dossier_shared.repair.guard import Owned
from dossier_shared.repair.republishing import Republishing

Eventually = Callable[..., Awaitable[Any]]
AT = "2025-07-01T02:00:00.000000Z"
ID = {"_id": "republish"}


class Broker:
    def __init__(self) -> None:
        self.away, self.tries = False, 0

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        self.tries += 1
        return [not self.away] * len(records)


class Stage:
    def __init__(self, db: Any) -> None:
        self.table, self.broker = db["recovery"], Broker()
        self.journals = DossierCollection(db, RULES.source)
        self.job = Republishing(db, self.broker, [Owned(RULES, self.journals)], SystemClock(), "notify-1")

    async def ended(self, *states: str) -> dict[str, Any] | None:
        view = await self.job.view()
        return view if view["state"] in states else None


@pytest.fixture
async def stage(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(republishing, "PAGE", 4, raising=False)
    monkeypatch.setattr(republishing, "PAUSE", 0.001, raising=False)
    client = connect(stack.mongodb)
    db = database(client, f"republishing-{uuid4().hex}")
    made = Stage(db)
    try:
        dossiers = []
        for number in range(10):
            dossiers.append(Dossier(f"d{number}"))
            record(RULES, dossiers[-1], failed("x"), time=AT, recorded=AT, agency="H1", actor="rule:x")
        assert not await made.journals.write(dossiers, datetime.now(UTC))
        yield made
    finally:
        await made.job.stop()
        await client.drop_database(db.name)
        client.close()


async def test_a_count_that_takes_long_is_given_up_and_all_are_sent(
    stage: Stage, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await stage.job.begin(AT, None, dry_run=True))["total"] == {"dossiers": 10, "events": 10}
    monkeypatch.setattr(republishing, "COUNTED_FOR", 0.0, raising=False)
    counted = await stage.job.begin(AT, None, dry_run=True)
    assert (counted["total"], counted["at_least"]) == ({"dossiers": 4, "events": 4}, True)
    assert (await stage.job.begin(AT, None, dry_run=False))["total"]["dossiers"] is None
    view = await eventually(lambda: stage.ended("finished"))
    assert (view["dossiers"], view["events"], view["failed"]) == (10, 10, 0)


async def test_a_broker_that_is_away_is_waited_for(stage: Stage, eventually: Eventually) -> None:
    stage.broker.away = True
    await stage.job.begin(AT, None, dry_run=False)
    await eventually(lambda: stage.broker.tries > 12)
    assert (await stage.job.view())["dossiers"] == 0
    stage.broker.away = False
    view = await eventually(lambda: stage.ended("finished"))
    assert (view["events"], view["failed"]) == (10, 0)


async def test_one_taken_for_dead_ends_and_touches_nothing(stage: Stage, eventually: Eventually) -> None:
    stage.broker.away = True
    await stage.job.begin(AT, None, dry_run=False)
    await eventually(lambda: stage.broker.tries > 0)
    await stage.table.update_one(ID, {"$set": {"run": "the next of the same member", "dossiers": 0}})
    task = stage.job._task
    assert task is not None
    await eventually(task.done)
    assert (await stage.job.view())["state"] == "running"
    assert (await stage.job.view())["dossiers"] == 0
