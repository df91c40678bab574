"""What is done with an alarm whose message is refused, and with its dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dossier_local.openapi import app_of
from dossier_notify.alarms import telling
from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.topics import ALARM, BY_SOURCE
from dossier_shared.errors import Unavailable, Unstorable
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.ledger import Ledger
from dossier_shared.runtime.service import Runtime

from .test_alarms import NOW, POLICY, raised


@pytest.mark.parametrize("passing", [0, 1])
async def test_a_message_that_may_yet_be_recorded_is_waited_for(passing: int) -> None:
    """Whichever of two recipients' is refused for good: as a dead letter the other would never be told."""
    why = Unavailable("write-refused")

    async def write(work: dict[str, Any]) -> dict[str, Any]:
        return {
            id_: SimpleNamespace(refused=[why if n == passing else Unstorable()]) for n, id_ in enumerate(sorted(work))
        }

    ledger = SimpleNamespace(clock=SimpleNamespace(now=lambda: NOW), write=write)
    assert await telling(cast(Ledger, ledger), POLICY)([raised()]) == [why]


async def test_a_dead_letter_goes_back_to_who_consumes_its_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime: Runtime = app_of("notify").state.runtime

    def answers(name: str) -> Any:
        async def replay(records: Sequence[RawRecord]) -> list[str]:
            return [f"{name} {record.offset}" for record in records]

        return replay

    monkeypatch.setattr(runtime.consumer, "replay", answers("dossiers"))
    monkeypatch.setattr(runtime._followed[ALARM.name], "replay", answers("alarms"))
    signed = BY_SOURCE["signing"].name
    topics = [signed, ALARM.name, ALARM.name, signed]
    records = [StoredRecord(topic, 0, offset, b"k", b"v") for offset, topic in enumerate(topics)]
    assert await runtime.replay(records) == ["dossiers 0", "alarms 1", "alarms 2", "dossiers 3"]
