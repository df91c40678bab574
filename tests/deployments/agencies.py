"""Two agencies with a review and a signing of their own beside the common ones on one broker; clients who know whose is what."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from pymongo import MongoClient
from tests.faults.harness import QUICK, SERVICES, Harness
from tests.faults.load import PatientClient

from dossier_local import deployment_list, event_keys
from dossier_local.deployment_list import Wish
from dossier_local.reconciliation import Report, Where, reconcile
from dossier_local.services import ALL, database_of, of_deployment
from dossier_local.simulation.client import Account, Answer, Json
from dossier_local.stack import Stack
from dossier_local.waiting import eventually
from dossier_shared.clock import instant
from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, called, owner

EARLY, LATE = "an-binh", "long-khanh"  # has deployments of its own from the beginning; is given them in the middle
HEAD_START: Final = 8.0  # seconds; nobody here is cut off from the broker for so long
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DEPLOYED = tuple((service, name) for name in (EARLY, LATE) for service in DEPLOYABLE)


class AgencyClient(PatientClient):
    """Sends what is for review or signing to the deployment that owns the dossier, as the officers of its agency would; as of
    now, whatever business time a story has."""

    def __init__(self, stack: Stack, acks: Any) -> None:
        super().__init__(stack, acks)
        self.entries: Sequence[DeploymentEntry] = ()
        self.filed: dict[str, tuple[str, str]] = {}  # agency and instant
        for service, name in DEPLOYED:
            self.reach(called(service, name), called(service, name))

    async def file(self, filing: Json, who: Account, *, key: str, at: str | None) -> Json:
        view = await super().file(filing, who, key=key, at=None)
        self.filed[str(view["id"])] = (str(filing["agency"]), str(view["submitted_at"]))
        return view

    async def _post(self, service: str, path: str, body: bytes, who: Account, key: str, at: str | None) -> Answer:
        if service in DEPLOYABLE and (found := _UUID.search(path + body.decode())):
            service = called(service, owner(self.entries, service, *self.filed[found[0]]))
        return await super()._post(service, path, body, who, key, None)


class Agencies(Harness):
    """`codes`: of who has its own from the beginning, of who moves in the middle, and of two that stay with everybody."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack, AgencyClient)
        self.codes: Sequence[str] = ()
        self.entries: Sequence[DeploymentEntry] = ()

    async def prepare(self) -> None:
        await self.load.prepare()
        self.codes = sorted(self.load._lodging["agencies"])[:4]
        self.load._lodging = {**self.load._lodging, "agencies": list(self.codes)}
        stories = self.load._stories
        self.load._stories = (story for story in stories if story.agency in self.codes)

    async def give_its_own(self, name: str, agency: str) -> str:
        """A review and a signing; answers from when on."""
        at = instant(datetime.now(UTC) + timedelta(seconds=HEAD_START + 12))
        for service in DEPLOYABLE:
            await deployment_list.add(self.stack.broker, Wish(service, name, [agency], at), head_start=HEAD_START)
        own = [called(service, name) for service in DEPLOYABLE]
        await event_keys.develop(self.stack.broker, self.stack.folder, own)
        self.entries = list((await deployment_list.listed(self.stack.broker)).values())
        cast(AgencyClient, self.client).entries = self.entries
        self.deployments = [(service, name) for service, name in DEPLOYED if name in {e.name for e in self.entries}]
        await self.start(*own)
        return at

    def held(self) -> Mapping[tuple[str, str], Mapping[str, Json]]:
        """By service and deployment, its dossiers' states."""
        with MongoClient[dict[str, Any]](self.stack.mongodb) as client:
            return {
                (service, name): {
                    str(found["_id"]): found["state"]
                    for found in client[database_of(service, name)]["dossiers"].find({}, {"state": 1})
                }
                for service in DEPLOYABLE
                for name in ("", *(n for of, n in self.deployments if of == service))
            }

    async def shown(self) -> Report:
        """The same with the monitor: its timelines have heard everybody, its board has counted everything."""
        ledger = self.stack.folder / "provider" / "ledger.jsonl"

        async def agrees() -> Report:
            report = await reconcile(Where.of(self.stack), self.acks.path, ledger)
            assert not report.findings, report.findings[:5]
            return report

        found: Report = await eventually(agrees, within=300, every=3)
        return found

    def filings(self) -> Mapping[str, tuple[str, str]]:
        """Of every dossier intake has: agency and instant."""
        with MongoClient[dict[str, Any]](self.stack.mongodb) as client:
            found = client["dossier_intake"]["dossiers"].find({}, {"journal": {"$slice": 1}})
            return {str(one["_id"]): (one["journal"][0]["agency"], one["journal"][0]["time"]) for one in found}


@asynccontextmanager
async def agencies(folder: Path, *more: str) -> AsyncIterator[Agencies]:
    services = (*ALL, *(of_deployment(service, name) for service, name in DEPLOYED))
    async with Stack(folder, free_ports=True, env=QUICK, services=services, signed=True) as stack:
        await stack.start_all("identity", "provider", *SERVICES, *more)
        house = Agencies(stack)
        await house.prepare()
        house.lives.start()
        try:
            yield house
        finally:
            print(f"\n{house.summary()}")
            await house.lives.stop()
            await house.client.close()
            await house.acks.close()
