"""Two agencies run a review and a signing of their own on one broker, one of them from the middle on; killed on all sides."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest
from tests.faults.load import Load

from dossier_local.waiting import eventually
from dossier_shared.contracts.deployments import DEPLOYABLE, called, owner

from .agencies import EARLY, LATE, Agencies, agencies

DOSSIERS = int(os.environ.get("AGENCIES_DOSSIERS", "2000"))
pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


async def filed(load: Load, number: int) -> None:
    await eventually(lambda: load.notices + load.begun >= number, within=900, every=0.5)


async def test_nothing_is_lost_or_doubled_and_nobody_holds_anothers(tmp_path: Path) -> None:
    async with agencies(tmp_path, "monitor", "monitor-worker") as house:
        load = house.load
        early, late, *_ = house.codes
        await house.give_its_own(EARLY, early)
        load.batch = max(10, DOSSIERS // 100)
        async with load.flowing():
            for service in ("review", called("review", EARLY), "signing", called("signing", EARLY)):
                await filed(load, load.notices + load.begun + DOSSIERS // 10)
                await house.kill_now(service)
                await house.start(service)
            await house.give_its_own(LATE, late)  # in the middle of it
            kills = [(called("review", LATE), "write.after"), ("review", "consume.written"), ("intake", "write.after"),
                     (called("signing", LATE), "publish.acked"), (called("review", EARLY), "publish.acked")]  # fmt: skip
            await asyncio.gather(*(_killed(house, service, point) for service, point in kills))
            await filed(load, DOSSIERS)
        report = await house.settle_and_judge()
        assert (report.lost, report.doubled) == (0, 0)
        _each_has_its_own(house)
        await house.shown()
        assert "beginning anew" in house.stack.log("monitor-worker").read_text(), "it took up the new topics by itself"


async def _killed(house: Agencies, service: str, point: str) -> None:
    await house.kill_at(service, point, 2)
    await house.start(service)


def _each_has_its_own(house: Agencies) -> None:
    """By the same function, asked of what intake recorded; and each of them had something to do, on both sides of the move."""
    filings, held, entries = house.filings(), house.held(), house.entries
    assert len(filings) >= DOSSIERS
    counted: Counter[tuple[str, str, str]] = Counter()
    for service in DEPLOYABLE:
        wanted = {id_: owner(entries, service, *filing) for id_, filing in filings.items()}
        for (of, name), dossiers in held.items():
            if of == service:
                assert {id_ for id_ in dossiers if wanted[id_] != name} == set(), f"{called(of, name)} holds others'"
                counted.update((of, name, filings[id_][0]) for id_ in dossiers)
        if service == "review":
            assert {id_ for id_ in filings if id_ not in held[service, wanted[id_]]} == set()
    early, late, other, *_ = house.codes
    for service in DEPLOYABLE:
        shares = {
            (name, code): counted[service, name, code] for name in ("", EARLY, LATE) for code in (early, late, other)
        }
        print(service, shares)
        assert all(shares[place] for place in ((EARLY, early), (LATE, late), ("", late), ("", other)))
        assert not any(shares[place] for place in ((EARLY, late), (EARLY, other), (LATE, early), (LATE, other)))
