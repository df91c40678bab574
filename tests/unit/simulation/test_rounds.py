"""What one officer does with many at one moment goes out as one batch, whoever drops out before."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from dossier_local.simulation.client import Account, Client, Refused, Unanswered
from dossier_local.simulation.plan import ASSIGN, Step
from dossier_local.simulation.rounds import MANY, Round

LEADER = Account("leader", ("leader",), "A1")
STEP = Step(datetime(2026, 6, 1, 1, tzinfo=UTC), ASSIGN, LEADER)


class Batches:
    """Stands in for the client; refuses what is called `bad`, and leaves a batch with `mute` in it unanswered."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []

    async def many(
        self,
        action: str,
        items: Sequence[tuple[str, str, Any]],
        who: Account,
        *,
        at: str,
        waits_on: Collection[str],
    ) -> dict[str, Refused]:
        assert (action, who, at) == (ASSIGN, LEADER, "2026-06-01T01:00:00.000000Z")
        self.sent.append(sorted(dossier for _, dossier, _ in items))
        self.waited_on = set(waits_on)
        if any(dossier == "mute" for _, dossier, _ in items):
            raise Unanswered("mute")
        return {key: Refused(action, {"code": "no"}) for key, dossier, _ in items if dossier == "bad"}


async def test_one_batch_once_everyone_has_come_or_dropped_out() -> None:
    batches = Batches()
    together = Round(cast(Client, batches), STEP)
    for _ in range(4):
        together.expect()
    async with asyncio.TaskGroup() as tasks:
        good = [
            tasks.create_task(together.join(f"k-{id_}", id_, replace(STEP, waits_on=(id_,)))) for id_ in ("one", "two")
        ]
        bad = tasks.create_task(_refused(together))
        await asyncio.sleep(0)
        assert batches.sent == []
        together.leave()
    assert [task.result() for task in good] == [None, None]
    assert bad.result() == "no"
    assert batches.sent == [["bad", "one", "two"]]
    assert batches.waited_on == {"one", "two"}


async def test_what_is_never_answered_takes_nobody_of_another_batch_with_it() -> None:
    batches = Batches()
    together = Round(cast(Client, batches), STEP)
    names = ["mute", *(f"d{n}" for n in range(MANY))]
    for _ in names:
        together.expect()
    ended = await asyncio.gather(*(together.join(name, name, STEP) for name in names), return_exceptions=True)
    assert [isinstance(one, Unanswered) for one in ended] == [True] * MANY + [False]


async def _refused(together: Round) -> str:
    with pytest.raises(Refused) as refused:
        await together.join("k-bad", "bad", STEP)
    return refused.value.code
