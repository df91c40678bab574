"""What one officer assigns at one moment goes out as one batch, whoever drops out before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from dossier_local.simulation.client import Account, Client, Refused
from dossier_local.simulation.rounds import Round

LEADER = Account("leader", ("leader",), "A1")


class Batches:
    """Stands in for the client; refuses what is called `bad`."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []

    async def many(
        self, action: str, items: Sequence[tuple[str, str, Any]], who: Account, *, at: str
    ) -> dict[str, Refused]:
        self.sent.append(sorted(dossier for _, dossier, _ in items))
        return {key: Refused(action, {"code": "no"}) for key, dossier, _ in items if dossier == "bad"}


async def test_one_batch_once_everyone_has_come_or_dropped_out() -> None:
    batches = Batches()
    together = Round(cast(Client, batches), LEADER, "2026-06-01T01:00:00.000000Z")
    for _ in range(4):
        together.expect()
    async with asyncio.TaskGroup() as tasks:
        good = [tasks.create_task(together.join(f"k-{id_}", id_, {})) for id_ in ("one", "two")]
        bad = tasks.create_task(_refused(together))
        await asyncio.sleep(0)
        assert batches.sent == []
        together.leave()
    assert [task.result() for task in good] == [None, None]
    assert bad.result() == "no"
    assert batches.sent == [["bad", "one", "two"]]


async def _refused(together: Round) -> str:
    with pytest.raises(Refused) as refused:
        await together.join("k-bad", "bad", {})
    return refused.value.code
