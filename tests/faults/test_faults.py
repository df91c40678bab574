"""Real processes on a real broker and database, hurt in every way we know while clients are being served.

The judge (dossier_local.reconciliation) reads the clients' own file, the raw topics, every database and the provider's
ledger after each scenario: 0 lost, 0 doubled, each dossier's order and chain kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from dossier_local.reconciliation import DUPLICATES_DROPPED, GUARDS_LOST, REPUBLISHED
from dossier_local.waiting import eventually

from .conftest import KILLS
from .harness import Harness
from .load import FILE_MANY, FILE_ONE
from .plan import Kill, plan

ROUNDS = plan(KILLS)
TURNS = 3 if KILLS <= 25 else 8  # of the rebalance storm
OUTAGE = 30.0  # seconds
REPLICATED = ("intake", "review", "signing", "notify")
pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("kills", ROUNDS, ids=[f"round-{n}" for n in range(1, len(ROUNDS) + 1)])
async def test_killed_at_every_point_under_load(harness: Harness, kills: Sequence[Kill]) -> None:
    """Each service dies and is born again without a break between, all of them at the same time."""

    async def one_by_one(service: str) -> None:
        for kill in kills:
            if kill.service == service:
                await harness.carry_out(kill)
        await harness.start(service)

    before = sum(harness.kills.values())
    async with harness.load.flowing(questions=True):
        await asyncio.gather(*(one_by_one(service) for service in sorted({kill.service for kill in kills})))
    assert sum(harness.kills.values()) - before == len(kills)
    await harness.settle_and_judge()


async def test_what_was_written_and_not_published_is_swept(harness: Harness) -> None:
    """Killed between write and publication: nobody but the sweeper knows of those events."""
    for service in ("intake", "review"):
        swept, unpublished, nth = harness.lives.of(service, REPUBLISHED), 0, 1
        async with harness.load.flowing():
            while (
                unpublished < 5
            ):  # until it died over a batch that records events, which later commands do not publish
                nth += 1
                await harness.kill_at(service, "write.after", nth)
                unpublished = await harness.unpublished(service)
            await harness.start(service)
            await harness.swept(service, swept)
    await harness.settle_and_judge()


async def test_broker_away_for_half_a_minute_fails_no_filing(harness: Harness) -> None:
    async with harness.load.flowing():
        await harness.answered(50)
        await harness.stack.kill("kafka")
        gone = time.monotonic()
        await eventually(lambda: time.monotonic() > gone + OUTAGE, within=OUTAGE + 30, every=0.5)
        filings = [one for one in harness.client.seen if one.at > gone and one.path in (FILE_ONE, FILE_MANY)]
        await harness.stack.start("kafka")
    assert len(filings) > OUTAGE / 2
    assert [one for one in filings if one.status not in (200, 201)] == []
    await harness.settle_and_judge()


async def test_database_killed_answers_503_and_loses_nothing(harness: Harness) -> None:
    """A client sees 503 with Retry-After, and nothing worse; no process dies of it."""
    pids = {name: harness.stack.pid(name) for name in REPLICATED}
    async with harness.load.flowing():
        for _ in range(2):
            await harness.answered(50)
            await harness.stack.kill("mongod")
            await harness.answered(5, [503])
            await harness.stack.start("mongod")
    assert [one for one in harness.client.seen if one.status == 0] == []
    assert pids == {name: harness.stack.pid(name) for name in REPLICATED}
    await harness.settle_and_judge()


async def test_suspended_past_its_session_and_woken(harness: Harness) -> None:
    """Zombies with work in hand: decided and not written; written and not committed; meant and not sent."""
    points = {"review": "write.before", "signing": "consume.written", "notify": "effect.intent"}
    stack, load = harness.stack, harness.load
    await asyncio.gather(*(harness.served_by(service, f"{service}#2") for service in points))
    async with load.flowing():
        await asyncio.gather(*(harness.suspend_at(service, point, 4) for service, point in points.items()))
        await harness.delivered(await load.notices_of_lodging(60))  # all partitions are the second replicas' now
        said = {service: stack.log(service).stat().st_size for service in points}
        for service in points:
            assert harness.suspended(service)
            stack.resume(service)
        await harness.says("signing", ["commit refused"], said["signing"])  # it wakes before its commit
        # it wakes before its write: whether it then tries to commit, or hears first that it is no member any more, is chance
        await harness.says("review", ["commit refused", "re-joining group"], said["review"])
        await eventually(lambda: harness.lives.life("review", GUARDS_LOST) > 0, within=60)
        await eventually(lambda: stack.is_ready("notify"), within=60)
        await asyncio.gather(*(harness.served_by(service, service) for service in points))
        await asyncio.gather(*(stack.stop(f"{service}#2") for service in points))
    await harness.settle_and_judge()


async def test_replicas_come_and_go(harness: Harness) -> None:
    """A rebalance storm, while every command goes to both replicas at once: they race for every dossier."""
    guards = harness.lives.by_service(GUARDS_LOST)
    async with harness.load.flowing():
        for turn in range(TURNS):
            await asyncio.gather(*(harness.served_by(s, s, f"{s}#2") for s in REPLICATED))
            await harness.answered(150)
            for service in REPLICATED:
                harness.client.reach(service, service)
                second = f"{service}#2"
                await (harness.stack.stop(second) if turn % 2 else harness.stack.kill(second))
    await harness.settle_and_judge()
    raced = harness.lives.by_service(GUARDS_LOST)
    assert {s for s in ("intake", "review", "signing") if raced[s] > guards.get(s, 0)} == {
        "intake",
        "review",
        "signing",
    }


async def test_provider_that_lies(harness: Harness) -> None:
    """What it took and never answered for is asked about, not sent again: one entry per reference in its ledger."""
    async with harness.load.flowing():
        for lie in ("drop_answers", "unavailable", "hang_answers"):
            await harness.provider(**{lie: 3})

            async def spent(lie: str = lie) -> bool:
                return not (await harness.provider())[lie]

            await eventually(spent, within=180, every=0.3)
    await harness.settle_and_judge()


async def test_the_faults_bit(harness: Harness) -> None:
    """A run in which nothing had to be dropped, swept or decided again would have proved nothing."""
    for counter in (DUPLICATES_DROPPED, REPUBLISHED, GUARDS_LOST):
        assert harness.lives.total(counter) > 0, counter
