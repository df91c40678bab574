"""Recovery from outside in: what it leaves where it cannot begin, and which of two events with one number it holds with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dossier_local.memory import MemoryCollection
from dossier_shared.adapters.mongo import Database, DossierCollection
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import Event, RawRecord, encode
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.dossier import Dossier, record
from dossier_shared.repair import topics
from dossier_shared.repair.guard import Guard, Owned
from dossier_shared.repair.recovery import Recovery
from dossier_shared.runtime.service import Runtime
from dossier_shared.settings.broker import Broker as Address

from .signed import Holder, on_topic, ring_of
from .test_guard import AT, LATER, Table
from .toy import RULES, TOPIC, failed


def life(reasons: Sequence[str], at: str, after: Dossier | None = None) -> Dossier:
    dossier = Dossier("d")
    if after is not None:
        dossier.seq, dossier.journal = 1, after.journal[:1]
    for reason in reasons:
        record(RULES, dossier, failed(reason), time=at, recorded=at, agency="H1", actor="rule:notify")
    return dossier


class Stage:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.table, self.journals, self.records = Table(), MemoryCollection(), list[RawRecord]()
        self.guard = Guard(cast(Database, {"recovery": self.table}), Address("broker:1"), FixedClock())
        self.owned = Owned(RULES, cast(DossierCollection, self.journals))
        settings = SimpleNamespace(
            service="notify", called="notify", broker=Address("broker:1"), kafka_session_timeout_ms=1000
        )
        consumer = SimpleNamespace(hearing=SimpleNamespace(topics=("dossier.submitted", "intake.resend-request")))
        runtime = SimpleNamespace(settings=settings, guard=self.guard, prepare_database=self.nothing, consumer=consumer)
        self.recovery = Recovery(cast(Runtime, runtime))
        monkeypatch.setattr(topics, "read", self.read)

    async def nothing(self) -> None:
        pass

    async def read(self, *_: Any, **__: Any) -> AsyncGenerator[list[RawRecord], None]:
        for one in self.records:
            yield [one]

    def sent(self, events: Sequence[Event]) -> None:
        for event in events:
            made = encode(event)
            self.records.append(StoredRecord(TOPIC, 0, len(self.records), made.key, made.value, made.headers))

    async def look(self, journal: Dossier) -> dict[str, str]:
        journal.fresh = list(journal.journal)
        assert not await self.journals.write([journal], datetime(2025, 7, 1, tzinfo=UTC))
        assert not await self.recovery._partition(self.owned, 0)
        outcome = self.recovery.outcome
        return {**outcome.forked, **outcome.stuck}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


@pytest.mark.parametrize("why", [topics.StillRunning("stop it"), OSError("no broker")])
async def test_what_could_not_begin_leaves_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    seen: list[str | None] = []

    async def rewind(*_: Any, **__: Any) -> None:
        seen.append(await stage.guard.due())
        raise why

    monkeypatch.setattr(topics, "rewind", rewind)
    with pytest.raises(type(why)):
        await stage.recovery.run()
    assert (seen, await stage.guard.due()) == (["a recovery was begun and has not ended"], None)

    await stage.guard.demand("found behind at a start")
    with pytest.raises(type(why)):
        await stage.recovery.run()
    assert await stage.guard.due() == "found behind at a start"


async def test_a_fork_is_found_below_the_journals_end(stage: Stage) -> None:
    was = life(["one", "two"], AT)
    wrong = life(["x", "y", "z"], LATER, after=was)
    stage.sent(was.recorded)
    assert await stage.look(wrong) == {"d": "event 2 of the journal is another than the one on the topic"}


async def test_a_whole_journal_beside_a_void_branch_is_whole(stage: Stage) -> None:
    was = life(["one", "two"], AT)
    wrong = life(["x", "y", "z"], LATER, after=was)
    stage.sent([*was.recorded, *wrong.recorded])
    assert await stage.look(was) == {}


async def test_what_the_service_never_signed_is_not_put_back(stage: Stage) -> None:
    own = Holder("notify")
    stage.guard.keys = ring_of(own)
    was = life(["one"], AT)
    stage.sent(life(["forged"], AT, after=None).recorded)  # its own number 1, and another
    stage.sent(life(["one", "forged"], AT).recorded[1:])
    for record_ in own.signs(*was.recorded):
        stage.records.append(on_topic(record_, TOPIC, offset=len(stage.records)))
    assert await stage.look(was) == {}
    assert stage.recovery.outcome.events == 0
