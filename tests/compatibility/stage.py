"""One stack on which each service runs as yesterday's or as today's, and is seen to work as either."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from pymongo import MongoClient

from dossier_local.addresses import token
from dossier_local.loopback import http
from dossier_local.services import DEVELOPMENT_ONLY, PRODUCT, Service
from dossier_local.stack import Stack
from dossier_local.waiting import eventually
from dossier_shared.contracts.topics import SERVICES

from . import baseline

START = Path(__file__).with_name("start.py")
WORKS_WITHIN = 120.0
AGAIN = 30  # dossiers, the latest
PUBLISHED, HEARD, FOLDED = (
    "dossier_events_published_total", "dossier_events_heard_total", "dossier_monitor_events_folded_total",
)  # fmt: skip
# What a process counts that does its work: it hears its neighbours, and they have something to hear from it.
WORK = {
    "intake": (PUBLISHED, HEARD), "review": (PUBLISHED, HEARD), "signing": (PUBLISHED, HEARD), "notify": (PUBLISHED, HEARD),
    "monitor": (HEARD,), "monitor-worker": (FOLDED,),
}  # fmt: skip
# Of one dossier that is at its end, or of what no dossier changes: the same question has the same answer.
ASKED: dict[str, tuple[str, ...]] = {
    "intake": ("/api/v1/dossiers/{dossier}", "/api/v1/procedures", "/api/v1/agencies"),
    "review": (),
    "signing": ("/api/v1/dossiers/{dossier}",),
    "notify": ("/api/v1/dossiers/{dossier}",),
    "monitor": ("/api/v1/timelines/{dossier}",),
}
QUICK = {"KAFKA_SESSION_TIMEOUT_MS": "3000", "SWEEP_AFTER_SECONDS": "3"}


@dataclass(frozen=True, slots=True)
class Launched(Service):
    """Started by `start.py`, which sees to it that the code is from where it should be."""

    @property
    def argv(self) -> tuple[str, ...]:
        return (sys.executable, "-P", str(START), self.module)


@dataclass(frozen=True, slots=True)
class Version:
    name: str
    root: Path

    def env(self, service: str) -> dict[str, str]:
        """Its own package and what is shared, before anything that is installed."""
        return {"PYTHONPATH": os.pathsep.join(baseline.paths(self.root, service)), "RUNS_FROM": str(self.root)}


def processes(service: str) -> tuple[str, ...]:
    return ("monitor", "monitor-worker") if service == "monitor" else (service,)


class Stage:
    def __init__(self, stack: Stack, yesterday: Version, today: Version) -> None:
        self.stack, self.yesterday, self.today = stack, yesterday, today
        self.did: list[tuple[str, str, float, float]] = []  # seconds until ready, and until it worked

    async def run(self, service: str, version: Version, *, killed: bool = False, works: int = 8) -> None:
        """Ends it and starts it as this version; returns when that has published again what the one before it wrote, and
        has done some work of its own. `killed`: it had no time to finish.
        """
        began = time.monotonic()
        env = version.env(service)
        if killed:
            await asyncio.gather(*(self.stack.kill(name) for name in processes(service)))
        await asyncio.gather(*(self.stack.restart(name, env=env) for name in processes(service)))
        ready = time.monotonic()
        if works:
            await self._says_again(service)
            await asyncio.gather(*(self._works(name, works) for name in processes(service)))
        for name in processes(service):
            said = f"runs from {version.root}\n"
            assert [line for line in self._log(name) if " runs from " in line][-1].endswith(said), (name, version)
        self.did.append((service, version.name, ready - began, time.monotonic() - ready))

    async def _says_again(self, service: str) -> None:
        """Its journals are read back and sent: readers drop what they have, and refuse what is not the same."""
        if service == "monitor":  # which owns no dossiers
            return
        latest = await asyncio.to_thread(self._latest, service)
        headers = await self._may_do_all()
        async with http(self.stack.url(service), timeout=30) as client:
            answer = await client.post("/internal/republish", json={"dossiers": latest}, headers=headers)
        assert answer.is_success, (service, answer.text)
        assert answer.json()["events"] > 0, service

    def _latest(self, service: str) -> list[str]:
        with MongoClient[dict[str, Any]](self.stack.mongodb) as mongodb:
            table = mongodb[f"dossier_{service}"]["dossiers"]
            found = table.find({"seq": {"$gt": 0}}, {"_id": 1}).sort("_id", -1).limit(AGAIN)
            return [str(document["_id"]) for document in found]

    async def _may_do_all(self, agency: str | None = None) -> dict[str, str]:
        roles = ("admin", "superior", "leader", "counter")
        bearer = await token(self.stack.url("identity"), "auditor-1", *roles, agency=agency, name="Kiểm tra")
        return {"Authorization": f"Bearer {bearer}"}

    def _log(self, name: str) -> list[str]:
        return self.stack.log(name).read_text("utf-8", "replace").splitlines(keepends=True)

    async def _works(self, name: str, times: int) -> None:
        async def enough() -> bool:
            counted = await _counted(self.stack.url(name))
            return all(counted.get(counter, 0) >= times for counter in WORK[name])

        await eventually(enough, within=WORKS_WITHIN, every=0.2)

    async def answer(self, service: str, dossier: str, agency: str) -> dict[str, Any]:
        """What it says now of a dossier that is at its end, and of what does not change: path -> JSON."""
        found, headers = {}, await self._may_do_all(agency)
        async with http(self.stack.url(service), timeout=30) as client:
            for path in ASKED[service]:
                answer = await client.get(path.format(dossier=dossier), headers=headers)
                assert answer.is_success, (service, path, answer.text)
                found[path] = answer.json()
            answer = await client.post("/internal/facts", json={"dossiers": [dossier]}, headers=headers)
            assert answer.is_success, (service, answer.text)
            found["/internal/facts"] = answer.json()
        return found


async def _counted(url: str) -> dict[str, float]:
    try:
        async with http(timeout=5) as client:
            page = (await client.get(f"{url}/metrics")).text
    except httpx.TransportError:
        return {}
    counted: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            counted[sample.name] = counted.get(sample.name, 0.0) + sample.value
    return counted


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """Everything of yesterday's, begun on empty databases and topics; who plays the outside world is today's."""
    yesterday, today = Version("yesterday", baseline.checkout()), Version("today", baseline.ROOT)
    table = (*DEVELOPMENT_ONLY, *(Launched(s.name, s.module, s.port, s.env) for s in PRODUCT))
    async with Stack(folder, free_ports=True, env=QUICK, services=table) as stack:
        stage = Stage(stack, yesterday, today)
        await stack.start("identity", "provider")
        await asyncio.gather(*(stage.run(service, yesterday, works=0) for service in SERVICES))
        yield stage
