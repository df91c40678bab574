"""The whole stack beside the simulated registers: facts asked, a dossier filed, the answer kept sealed, the question told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_local.services import with_registers
from dossier_local.stack import Stack
from dossier_shared.vocabulary.persons import person_of

pytestmark = pytest.mark.long

AN = "001099012345"  # of the development issuer's `citizen`, whom the simulated registers know
PROCEDURE, NOTICE = "1.001193", "G15-KQ004389"


async def test_facts_are_asked_filed_kept_and_told(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Callable[..., Awaitable[Any]]
) -> None:
    stack = await new_stack(services=with_registers(), env={"PERSONAL_DATA": "encrypted"})
    await stack.start("identity", "registers")
    await stack.start("intake")
    async with httpx.AsyncClient(base_url=stack.url("intake"), timeout=60, trust_env=False) as intake:
        who = await signed_in(stack, intake, sub="citizen-1", roles=["citizen"], citizen_id=AN)
        facts = await eventually(lambda: found(intake, who), within=90)  # two seconds may be short on a busy machine
        assert facts["facts"]["name"] == "Nguyễn Văn An"

        procedure = Catalogue.load_packaged().procedure(PROCEDURE)
        assert procedure.form is not None
        agency = min(Catalogue.load_packaged().agencies_of(procedure))
        filing = {
            "procedure": PROCEDURE, "agency": agency, "reused": [NOTICE], "form": procedure.form["examples"][0],
            "applicant": {"name": facts["facts"]["name"], "citizen_id": AN},
        }  # fmt: skip
        admin = await signed_in(stack, intake, sub="admin-1", roles=["admin"])
        key = stack.env("intake")["PERSON_KEY"].encode()
        asked = {"person": person_of(key, "citizen", AN)}

        async def evidenced() -> dict[str, Any] | None:
            """Of a filing for which both registers answered in time."""
            headers = {**who, "idempotency-key": str(uuid4())}
            filed = await intake.post("/api/v1/dossiers", json=filing, headers=headers)
            assert filed.status_code == 201, filed.text
            whole = await intake.get("/internal/privacy/dossiers", params=asked, headers=admin)
            dossier = next(one for one in whole.json()["dossiers"] if one["id"] == filed.json()["id"])
            kept = {one["source"]: one for one in dossier["events"][0]["sealed"]["evidence"]}
            return kept if {one["outcome"] for one in kept.values()} == {"found"} else None

        evidence = await eventually(evidenced, within=90)
        assert evidence["population_db"]["facts"]["household_head"] == "Nguyễn Văn Thành"
        assert evidence["results_repository"]["results"][0]["number"] == "0471/GCS-2026"

        questions = (await intake.get("/api/v1/me/questions", headers=who)).json()["items"]
        assert {one["id"] for one in questions} >= {facts["question"], *(one["question"] for one in evidence.values())}
        page = (await intake.get("/papers", headers=who)).text
        assert page.count("Cơ sở dữ liệu quốc gia về dân cư") >= 2
    assert "Nguyễn Văn Thành" not in stack.log("intake").read_text("utf-8")
    assert AN not in stack.log("intake").read_text("utf-8")


async def found(intake: httpx.AsyncClient, who: dict[str, str]) -> dict[str, Any] | None:
    answer = await intake.get("/api/v1/me/facts", params={"procedure": PROCEDURE}, headers=who)
    assert answer.status_code == 200, answer.text
    facts: dict[str, Any] = answer.json()
    return facts if facts["outcome"] == "found" else None


async def signed_in(stack: Stack, http: httpx.AsyncClient, **who: Any) -> dict[str, str]:
    answer = await http.post(f"{stack.url('identity')}/token", json={**who, "ttl": 3600})
    return {"authorization": f"Bearer {answer.json()['access_token']}"}
