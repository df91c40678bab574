"""Filed by an agent for somebody else, decided and signed; then the person takes their consent back: no service shows it to the
agent any more, what they had open ends, and the person sees all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack

from .bad_input.offices import PROCEDURE, Eventually, Headers, Offices, key

pytestmark = pytest.mark.long

NUMBER = "075090123456"
CONSENT = {"kind": "paper", "reference": "GUQ-17", "until": "31/12/2199"}
READS = {
    "intake": ("/dossiers/{}", "/dossiers/{}/documents", "/dossiers/{}/openings", "/dossiers/{}/forms/06"),
    "signing": ("/dossiers/{}", "/dossiers/{}/result"),
    "notify": ("/dossiers/{}",),
    "monitor": ("/timelines/{}",),
}


async def test_who_filed_for_another_sees_nothing_of_it_once_the_consent_is_withdrawn(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Eventually
) -> None:
    stack = await new_stack()
    await stack.start("identity")
    await stack.start("intake", "review", "signing", "notify", "monitor", "monitor-worker")
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
        offices = Offices(stack, http, mongo)
        items = (await http.get(f"{stack.url('intake')}/api/v1/procedures")).json()["items"]
        offices.procedures = {procedure["code"]: procedure for procedure in items}
        offices.agency = offices.procedures[PROCEDURE]["agencies"][0]
        helper = await offices.login("helper", "agent")
        known = {"sub": "person", "roles": ["citizen"], "citizen_id": NUMBER, "ttl": 3600}
        token = (await http.post(f"{stack.url('identity')}/token", json=known)).json()["access_token"]
        person = {"authorization": f"Bearer {token}"}
        counter, deputy, leader = [
            await offices.login(sub, *roles, agency=offices.agency)
            for sub, *roles in (("c", "counter"), ("d", "specialist"), ("l", "leader"))
        ]
        applicant = {"name": "Nguyễn Văn An", "citizen_id": NUMBER}
        wish = offices.filing(applicant=applicant, consent=CONSENT)
        filed = await offices.post("intake", "/dossiers", helper, wish)
        assert filed.status_code == 201, filed.text
        dossier = filed.json()["id"]
        assert filed.json()["consent_until"] == "2199-12-31T17:00:00.000000Z"

        for service, action, who, body in (
            ("intake", "accept", counter, None),
            ("review", "appraise", deputy, {"proposal": "approve"}),
            ("review", "approve", leader, None),
            ("signing", "sign", leader, None),
        ):
            same = key()

            async def done(
                service: str = service, action: str = action, who: Headers = who, body: Any = body, same: str = same
            ) -> bool:
                path = f"/dossiers/{dossier}/{action}"
                return (await offices.post(service, path, who, body, idempotency_key=same)).is_success

            await eventually(done, within=60)

        async def seen(who: Headers) -> dict[str, int]:
            return {
                f"{service} {path}": (await offices.get(service, path.format(dossier), who)).status_code
                for service, paths in READS.items()
                for path in paths
            }

        async def everywhere(who: Headers, status: int) -> bool:
            return set((await seen(who)).values()) == {status}

        async def listed(who: Headers) -> list[str]:
            return [one["id"] for one in (await offices.get("intake", "/dossiers", who)).json()["items"]]

        async def delivered() -> bool:
            return bool(((await offices.stored("intake", dossier)) or {})["state"]["status"] == "delivered")

        await eventually(delivered, within=60)
        await eventually(lambda: everywhere(helper, 200), within=60)
        assert await everywhere(person, 200)
        assert await listed(helper) == await listed(person) == [dossier]

        changes = f"{stack.url('monitor')}/api/v1/timelines/{dossier}/changes"
        async with http.stream("GET", changes, headers=helper) as open_stream:
            assert open_stream.status_code == 200

            async def told_on() -> None:
                async for _ in open_stream.aiter_raw():
                    """Until it ends."""

            refused = await offices.post("intake", f"/dossiers/{dossier}/withdraw-consent", helper)
            assert refused.status_code == 404, "it is not the helper's to withdraw"
            first = await offices.post("intake", f"/dossiers/{dossier}/withdraw-consent", person)
            again = await offices.post("intake", f"/dossiers/{dossier}/withdraw-consent", person)
            assert (first.status_code, again.status_code) == (200, 200), first.text
            assert first.json() == again.json()
            await eventually(lambda: everywhere(helper, 404), within=60)
            await asyncio.wait_for(told_on(), 60)
        assert await listed(helper) == []
        repeated = await offices.post("intake", f"/dossiers/{dossier}/withdraw", helper, {"reason": "Không cần nữa."})
        assert repeated.status_code == 404
        assert await everywhere(person, 200)
        assert await listed(person) == [dossier]

        review = await offices.stored("review", dossier)
        assert review is not None
        assert review["journal"][-1]["type"] == "consent-ended"
        assert await delivered(), "the dossier is where it was"
        aside = [await mongo[f"dossier_{name}"]["waiting"].count_documents({}) for name in READS]
        assert aside == [0] * len(READS), "nothing is parked"

        admin = await offices.login("admin-1", "admin")
        begun = await offices.post("monitor", "/recounts", admin)
        assert begun.status_code == 202, begun.text

        async def counted() -> Any:
            view = (await http.get(stack.url("monitor") + begun.headers["location"], headers=admin)).json()
            return view if view["state"] != "running" else None

        view = await eventually(counted, within=120)
        assert (view["state"], view["difference_count"], view["dossiers"]) == ("finished", 0, 1)
