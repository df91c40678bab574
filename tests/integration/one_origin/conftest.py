"""A province whose every service lives under a path of one origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx
import pytest
from tests.browser.province import CITIZEN, COMMUNE, COUNTER, LEADER, SPECIALIST, Province, Role, province
from tests.component.intake.papers import filing
from tests.origin import SERVICES, Origin, origin

from dossier_local.loopback import http
from dossier_local.stack import Stack
from dossier_local.waiting import eventually


class Town(NamedTuple):
    origin: Origin
    province: Province

    @asynccontextmanager
    async def sign_in(self, role: Role, page: str, *, everywhere: bool = False) -> AsyncIterator[httpx.AsyncClient]:
        """By a login link to the page's service, as a browser would; from then on the client follows nothing by itself."""
        async with http(self.origin.url, timeout=60) as client:
            link = await self.province.link(role, self.origin.url + page)
            assert link.startswith(f"{self.origin.url}/identity/login/")
            answer = await client.get(link, headers={"accept": "text/html"}, follow_redirects=True)
            assert answer.is_success
            if everywhere:
                for service in SERVICES:
                    await client.get(f"/{service}/sign-in?next=/monitor/signed-out", follow_redirects=True)
            yield client

    async def do(self, role: Role, path: str, again: int = 0, **body: object) -> str:
        """As a page of ours does it, by cookie, as soon as the service has heard enough. The dossier's id."""
        async with self.sign_in(role, f"/{path.split('/')[1]}/home") as client:
            headers = {"origin": self.origin.url, "idempotency-key": f"{path}:{again}"}

            async def done() -> str:
                answer = await client.post(path, json=body, headers=headers)
                assert answer.status_code < 300, f"{path}: {answer.text}"
                return str(answer.json()["id"])

            return str(await eventually(done, within=60))


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    places: dict[str, str] = {}
    async with origin(places.__getitem__) as front:
        stack = Stack(tmp_path_factory.mktemp("town"), free_ports=True, env=front.env)
        async with province(stack) as made:
            places.update({name: stack.url(name) for name in stack.services})
            town = Town(front, made)
            await _of_a_citizen(town)
            yield town


async def _of_a_citizen(town: Town) -> None:
    """One dossier that waits for a supplement, and one signed: what can be sent and read from the citizen's page."""
    asked, signed = [await town.do(CITIZEN, "/intake/api/v1/dossiers", n, **filing(agency=COMMUNE)) for n in range(2)]
    for one in (asked, signed):
        await town.do(COUNTER, f"/intake/api/v1/dossiers/{one}/accept")
    await town.do(SPECIALIST, f"/review/api/v1/dossiers/{asked}/request-supplement", text="Thiếu giấy khai sinh.")
    await town.do(SPECIALIST, f"/review/api/v1/dossiers/{signed}/appraise", proposal="approve")
    await town.do(LEADER, f"/review/api/v1/dossiers/{signed}/approve")
    await town.do(LEADER, f"/signing/api/v1/dossiers/{signed}/sign")
    async with town.sign_in(CITIZEN, "/intake/") as client:

        async def shown() -> bool:
            page = (await client.get("/intake/")).text
            assert f'action="/intake/bring/{asked}/supplement?' in page
            assert f'href="{town.origin.url}/signing/api/v1/dossiers/{signed}/result"' in page
            return True

        await eventually(shown, within=60)
