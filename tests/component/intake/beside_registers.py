"""Intake beside the simulated registers of the State, and people who are in these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from tests.component.desks import Desk, desk, officer
from tests.component.intake.papers import agency_of, filing

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.registers.app import Behaviour
from dossier_local.registers.app import Settings as RegisterSettings
from dossier_local.registers.app import create_app as registers
from dossier_local.stack import Stack
from dossier_shared.vocabulary.persons import person_of

KEY = "of these tests alone"
BIRTH, NOTICE = "1.001193", "G15-KQ004389"  # birth registration; its birth notice may come from the repository
AN, HANH = "001099012345", "075190004321"


def person(number: str) -> str:
    return person_of(KEY.encode(), "citizen", number)


CITIZEN = officer("u-an", "citizen", agency=None, person=person(AN), number=AN)
OTHER = officer("u-hanh", "citizen", agency=None, person=person(HANH), number=HANH)
COUNTER = officer("counter", "counter", agency=agency_of(BIRTH))
CONSENT = {"kind": "in_person"}


class State:
    """Intake beside the simulated registers."""

    def __init__(self, desk: Desk, app: Any) -> None:
        self.desk, self.registers = desk, app.state.registers

    def behave(self, **behaviour: int) -> None:
        self.registers.behaviour = Behaviour(**behaviour)

    async def file(
        self, who: dict[str, str], number: str = AN, key: str | None = None, **changes: Any
    ) -> httpx.Response:
        body = filing(BIRTH, reused=[NOTICE], **changes)
        body["applicant"] = {**body["applicant"], "citizen_id": number}
        return await self.desk.post("/api/v1/dossiers", who, body, key)

    async def evidence(self, answer: httpx.Response) -> dict[str, dict[str, Any]]:
        """By source."""
        assert answer.status_code == 201, answer.text
        [dossier] = (await self.desk.runtime.dossiers.load_whole([answer.json()["id"]])).values()
        found = dossier.tail("intake", 0)[0].open().get("evidence", [])
        return {one["source"]: one for one in found}

    async def questions(self, who: dict[str, str]) -> list[dict[str, Any]]:
        answer = await self.desk.http.get("/api/v1/me/questions", headers=who)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def facts(self, who: dict[str, str], procedure: str = BIRTH) -> httpx.Response:
        return await self.desk.http.get(f"/api/v1/me/facts?procedure={procedure}", headers=who)


@asynccontextmanager
async def beside(stack: Stack, inspectors: Inspectors, **settings: Any) -> AsyncIterator[State]:
    app = registers(RegisterSettings(development=True, registers_token="word"))
    made = Settings(
        mongodb_url=stack.mongodb, kafka_bootstrap_servers=stack.kafka, database=f"intake-{uuid4().hex}",
        development=True, person_key=KEY, **settings,
    )  # fmt: skip
    async with desk(build(made, inspectors, httpx.ASGITransport(app))) as intake:
        yield State(intake, app)


URLS = {
    "population_url": "http://registers.test", "population_token": "word",
    "results_url": "http://registers.test", "results_token": "word",
}  # fmt: skip
