"""Services under load on one stack, ways to hurt them, and a judge who reads every source for himself."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from itertools import starmap
from pathlib import Path
from typing import Any

import httpx
import psutil
from pymongo import MongoClient

from dossier_local.reconciliation import DUPLICATES_DROPPED, GUARDS_LOST, REPUBLISHED, Finding, Report, Where, reconcile
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.quiet import Watch, until_quiet
from dossier_local.stack import Stack
from dossier_local.waiting import eventually
from dossier_shared.contracts.deployments import called

from .counting import Lives
from .load import Load, PatientClient
from .plan import ANYWHERE, Kill

SERVICES = ("intake", "review", "signing", "notify")
KILLED = -9
SESSION_SECONDS = 3
# Patience shortened to fit into a test; what is tested is what comes after it.
QUICK = {
    "KAFKA_SESSION_TIMEOUT_MS": str(SESSION_SECONDS * 1000),
    "SWEEP_AFTER_SECONDS": "3",
    "SIGNING_CLAIM_SECONDS": "12",
    "NOTIFY_CLAIM_SECONDS": "8",
}
GOOD = range(200, 300)
DIES_WITHIN = 300.0
FLOWS_WITHIN = 180.0
QUIET_WITHIN = 300.0


class Harness:
    def __init__(self, stack: Stack, client: type[PatientClient] = PatientClient) -> None:
        self.stack = stack
        self.acks = AckFile(stack.folder / "clients.jsonl")
        self.client = client(stack, self.acks)
        self.load = Load(self.client)
        self.lives = Lives(stack)
        self.kills: Counter[tuple[str, str]] = Counter()
        self.deployments: Sequence[tuple[str, str]] = ()  # service and name, of those beside the ones without a name
        self._reported: set[Finding] = set()

    # -- hurting ---------------------------------------------------------------------------------------------------------

    async def kill_at(self, service: str, point: str, nth: int = 1) -> None:
        """Ends its life, and lets the next one die by itself, under load, at the crash point. It is down afterwards."""
        await self._end(service)
        await self.stack.start(service, env={"CRASH_AT": f"{point}:{nth}"}, ready=False)
        assert await self.stack.wait(service, DIES_WITHIN) == KILLED
        self.kills[service, point] += 1

    async def kill_now(self, service: str, after: int = 0) -> None:
        """SIGKILL from outside, as soon as this life has published more than `after` events. It is down afterwards."""
        if not self.stack.alive(service):
            await self.start(service)
        if service in SERVICES:
            published = "dossier_events_published_total"
            await eventually(lambda: self.lives.life(service, published) > after, within=DIES_WITHIN)
        assert await self.stack.kill(service) == KILLED
        self.kills[service, ANYWHERE] += 1

    async def carry_out(self, kill: Kill) -> None:
        if kill.point == ANYWHERE:
            await self.kill_now(kill.service, kill.nth)
        else:
            await self.kill_at(kill.service, kill.point, kill.nth)

    async def start(self, *names: str) -> None:
        """Without crash points, and ready."""
        await self.stack.start(*names, env={})

    async def suspend_at(self, name: str, point: str, nth: int = 1) -> None:
        """Lets it suspend itself, under load, at the crash point: it holds what it holds, and does nothing more."""
        await self._end(name)
        await self.stack.start(name, env={"CRASH_AT": f"{point}:{nth}:stop"}, ready=False)
        await eventually(lambda: self.suspended(name), within=DIES_WITHIN)

    def suspended(self, name: str) -> bool:
        return bool(psutil.Process(self.stack.pid(name)).status() == psutil.STATUS_STOPPED)

    async def _end(self, name: str) -> None:
        if self.stack.alive(name):
            await self.lives.read()
            await self.stack.kill(name)

    async def provider(self, **behaviour: Any) -> dict[str, Any]:
        """Tells the provider how to misbehave; without arguments asks what is left of it."""
        async with httpx.AsyncClient(base_url=self.stack.url("provider"), trust_env=False, timeout=30) as http:
            if behaviour:
                (await http.post("/v1/behaviour", json=behaviour)).raise_for_status()
            return dict((await http.get("/v1/behaviour")).json())

    async def served_by(self, service: str, *replicas: str) -> None:
        """Starts them where they do not run, and sends the service's commands to them."""
        await self.start(*(name for name in replicas if not self.stack.alive(name)))
        self.client.reach(service, *replicas)

    async def answered(self, number: int, statuses: Collection[int] = GOOD) -> None:
        """Waits for so many more answers with one of these statuses."""
        seen, before = self.client.seen, len(self.client.seen)
        await eventually(lambda: sum(one.status in statuses for one in seen[before:]) >= number, within=FLOWS_WITHIN)

    async def swept(self, service: str, more_than: float) -> None:
        await eventually(lambda: self.lives.of(service, REPUBLISHED) > more_than, within=FLOWS_WITHIN)

    async def unpublished(self, service: str) -> int:
        """How many of its dossiers have events not known to be on the topic."""
        with MongoClient[dict[str, Any]](self.stack.mongodb) as client:
            table = client[f"dossier_{service}"]["dossiers"]
            return await asyncio.to_thread(table.count_documents, {"pending": {"$exists": True}})

    async def says(self, service: str, one_of: Sequence[str], since: int) -> None:
        """Waits until its log says one of these, after the first `since` bytes."""
        log = self.stack.log(service)

        def said() -> bool:
            told = log.read_bytes()[since:]
            return any(what.encode() in told for what in one_of)

        await eventually(said, within=FLOWS_WITHIN, every=0.2)

    async def delivered(self, dossiers: Collection[str]) -> None:
        """Waits until every one of them has come to its end: whoever owns its partitions is at work."""
        with MongoClient[dict[str, Any]](self.stack.mongodb) as client:
            table = client["dossier_notify"]["dossiers"]
            query = {"_id": {"$in": list(dossiers)}, "state.status": "delivered"}

            async def all_there() -> bool:
                return await asyncio.to_thread(table.count_documents, query) == len(dossiers)

            await eventually(all_there, within=QUIET_WITHIN, every=0.3)

    # -- judging ---------------------------------------------------------------------------------------------------------

    async def settle_and_judge(self) -> Report:
        """Waits until nothing stirs, then compares all sources: nothing lost, doubled, out of order or out of chain."""
        await self.start(
            *(
                name
                for name in ("provider", *SERVICES, *starmap(called, self.deployments))
                if not self.stack.alive(name)
            )
        )
        watch = Watch(self.stack.mongodb, deployments=self.deployments)
        try:
            stirring = await until_quiet(watch, stuck_after=QUIET_WITHIN)
        finally:
            watch.close()
        await self.lives.read()
        ledger = self.stack.folder / "provider" / "ledger.jsonl"
        report = await reconcile(Where(self.stack.broker, self.stack.mongodb), self.acks.path, ledger)
        new = [finding for finding in report.findings if finding not in self._reported]
        self._reported.update(new)
        trouble, self.load.trouble = self.load.trouble, []
        trouble += self.client.troubles()
        self.client.seen.clear()
        self.client.disagreed.clear()
        assert not new, f"{len(new)} findings: " + "; ".join(map(str, new[:10]))
        assert not trouble, f"{len(trouble)} troubles: " + "; ".join(trouble[:10])
        assert not stirring, stirring
        assert not report.undecodable
        assert not report.dead_letters
        return report

    def summary(self) -> str:
        bites = {name: self.lives.by_service(name) for name in (DUPLICATES_DROPPED, REPUBLISHED, GUARDS_LOST)}
        lines = [f"{name}: {sum(by.values()):.0f} {by}" for name, by in bites.items()]
        stories = f"stories {self.load.ended}/{self.load.begun}, notices {self.load.notices}, "
        return f"{stories}kills {sum(self.kills.values())}, retries {self.client.retries}\n" + "\n".join(lines)


@asynccontextmanager
async def harnessed(folder: Path) -> AsyncIterator[Harness]:
    began = time.monotonic()
    async with Stack(folder, free_ports=True, env=QUICK) as stack:
        await stack.start_all("identity", "provider", *SERVICES)
        harness = Harness(stack)
        await harness.load.prepare()
        harness.lives.start()
        print(f"\nstarted after {time.monotonic() - began:.0f} s")
        try:
            yield harness
        finally:
            print(f"\n{harness.summary()}\nended after {time.monotonic() - began:.0f} s")
            await harness.lives.stop()
            await harness.client.close()
            await harness.acks.close()
