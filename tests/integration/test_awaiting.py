"""A dossier that waits for the citizen, for a payment and for another agency, through the real services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack

from .bad_input.offices import PROCEDURE, Eventually, Headers, Offices, key

pytestmark = pytest.mark.long

# business time: Monday to Friday, 1 to 12 June 2026, has no holiday
FILED, ASKED, CAME = "2026-06-01T02:00:00Z", "2026-06-01T03:00:00Z", "2026-06-03T03:00:00Z"
OWED, PAID, CONSULTED, ANSWERED = (f"2026-06-{day:02}T03:00:00Z" for day in (4, 5, 8, 9))


async def test_it_waits_comes_back_and_the_appointment_moves_by_the_pauses(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Eventually
) -> None:
    stack = await new_stack()
    await stack.start("identity")
    await stack.start("intake", "review")
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
        offices = Offices(stack, http, mongo)
        items = (await http.get(f"{stack.url('intake')}/api/v1/procedures")).json()["items"]
        offices.procedures = {procedure["code"]: procedure for procedure in items}
        offices.agency, other = offices.procedures[PROCEDURE]["agencies"][:2]
        citizen = offices.who["citizen"] = await offices.login("citizen", "citizen", "replay")
        counter, specialist, leader = [
            await offices.login(role, role, "replay", agency=offices.agency)
            for role in ("counter", "specialist", "leader")
        ]
        colleague = await offices.login("asked", "specialist", "replay", agency=other)
        answer = await offices.post("intake", "/dossiers", citizen, offices.filing(), x_occurred_at=FILED)
        dossier = answer.json()["id"]

        async def act(service: str, action: str, who: Headers, at: str, body: Any = None) -> dict[str, Any]:
            """Again and again, until what it needs has been heard."""
            same, told = key(), {}

            async def done() -> bool:
                answer = await offices.post(
                    service, f"/dossiers/{dossier}/{action}", who, body, idempotency_key=same, x_occurred_at=at
                )
                told.update(answer.json())
                waits = told.get("code") in (
                    "dossier-not-found",
                    "dossier-not-ready",
                    "nothing-awaited",
                    "dossier-waits",
                )
                assert answer.is_success or waits, answer.text
                return answer.is_success

            await eventually(done, within=60)
            return told

        first = (await act("intake", "accept", counter, FILED))["appointment"]
        await act("review", "assign", specialist, ASKED)
        await act("review", "request-supplement", specialist, ASKED, {"text": "Thiếu chữ ký."})
        second = (await act("intake", "supplement", citizen, CAME, {"text": "Đã ký."}))["appointment"]
        await act("review", "request-payment", specialist, OWED, {"amount_vnd": 20_000, "reason": "Lệ phí."})
        third = (await act("intake", "payment-confirmed", counter, PAID))["appointment"]
        assert first < second < third
        await act("review", "consult", specialist, CONSULTED, {"agency": other, "question": "Có đúng không?"})
        await act("review", "answer-consultation", colleague, ANSWERED, {"answer": "Đúng."})
        await act("review", "appraise", specialist, ANSWERED, {"proposal": "approve"})
        await act("review", "approve", leader, ANSWERED)

        async def told_to_the_citizen() -> bool:
            view = (await offices.get("intake", f"/dossiers/{dossier}", citizen)).json()
            return bool(view["status"] == "approved" and view["appointment"] == third)

        await eventually(told_to_the_citizen, within=60)
        intake, review = [(await offices.stored(service, dossier)) or {} for service in ("intake", "review")]
        heard = {event["type"]: event["heard"].get("review") for event in intake["journal"]}
        assert (heard["supplement-received"], heard["payment-confirmed"]) == (2, 3)
        types = [event["type"] for event in review["journal"]]
        assert types == [
            "assigned", "supplement-requested", "payment-requested", "consultation-requested", "consultation-answered",
            "appraised", "approved",
        ]  # fmt: skip
        assert review["journal"][-1]["data"]["appointment"] == third
        assert [await mongo[f"dossier_{name}"]["waiting"].count_documents({}) for name in ("intake", "review")] == [
            0,
            0,
        ]
