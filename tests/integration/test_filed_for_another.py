"""A helper files with the code that the provider has sent to the person's phone; the person is told, ends the consent, and the
helper sees nothing of it any more."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack

from .bad_input.offices import PROCEDURE, Eventually, Offices

pytestmark = pytest.mark.long

NUMBER = "075090123456"
APPLICANT = {"name": "Nguyễn Văn An", "citizen_id": NUMBER, "phone": "0912345678"}


async def test_filed_with_the_code_on_the_persons_phone(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Eventually
) -> None:
    stack = await new_stack()
    await stack.start("identity", "provider")
    await stack.start("intake", "notify")
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
        offices = Offices(stack, http, mongo)
        items = (await http.get(f"{stack.url('intake')}/api/v1/procedures")).json()["items"]
        offices.procedures = {procedure["code"]: procedure for procedure in items}
        offices.agency = offices.procedures[PROCEDURE]["agencies"][0]
        helper = await offices.login("buu-dien", "agent")
        known = {"sub": "person", "roles": ["citizen"], "citizen_id": NUMBER, "ttl": 3600}
        token = (await http.post(f"{stack.url('identity')}/token", json=known)).json()["access_token"]
        person = {"authorization": f"Bearer {token}"}

        async def sent() -> dict[str, str]:
            lines = (await http.get(f"{stack.url('provider')}/v1/ledger")).text.splitlines()
            return {entry["reference"]: entry["text"] for entry in map(json.loads, lines)}

        wish = {"procedure": PROCEDURE, "agency": offices.agency, "applicant": APPLICANT}
        asked = await offices.post("intake", "/consent-codes", helper, wish)
        assert asked.status_code == 201, asked.text
        id_ = asked.json()["id"]

        async def on_the_phone() -> str | None:
            return (await sent()).get(f"consent:{id_}")

        text = await eventually(on_the_phone, within=60)
        code = re.match(r"[0-9]{6}", text)
        assert code is not None
        assert " la ma de " in text
        consent = {"kind": "sms_code", "reference": id_, "code": code[0]}
        filed = await offices.post("intake", "/dossiers", helper, offices.filing(applicant=APPLICANT, consent=consent))
        assert filed.status_code == 201, filed.text
        dossier = filed.json()["id"]

        async def told() -> str | None:
            return (await sent()).get(f"{dossier}:helped")

        assert filed.json()["code"] in await eventually(told, within=60)
        logged = b"".join(stack.log(name).read_bytes() for name in ("intake", "notify"))
        assert logged
        whole = re.compile(rb"(?<![0-9a-f.])" + code[0].encode() + rb"(?![0-9a-f])")
        assert not whole.search(logged), "the code stands in no log"

        seen = [await offices.get("intake", f"/dossiers/{dossier}", who) for who in (helper, person)]
        assert [one.status_code for one in seen] == [200, 200]
        ended = await offices.post("intake", f"/dossiers/{dossier}/withdraw-consent", person)
        assert ended.status_code == 200, ended.text
        gone = [await offices.get("intake", f"/dossiers/{dossier}", who) for who in (helper, person)]
        assert [one.status_code for one in gone] == [404, 200]

        async def in_notify() -> bool:
            return (await offices.get("notify", f"/dossiers/{dossier}", helper)).status_code == 404

        await eventually(in_notify, within=60)
