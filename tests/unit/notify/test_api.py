"""Who may see what was told, and that no telephone number is among it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from dossier_local.memory import MemoryCollection
from dossier_notify.api import router, runner_of
from dossier_notify.handlers import rules
from dossier_notify.rules.messages import Texts
from dossier_notify.settings import Settings
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.entries import AgencyEntry
from dossier_shared.http.app import create_app
from dossier_shared.http.tokens import Principal, TokenVerifier
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.steps import Work
from dossier_shared.problems import Unauthorised
from dossier_shared.runtime.directory import Directory

from .told import ID, Told

PEOPLE = {
    "owner": Principal("citizen-1", frozenset({"citizen"})),
    "other-citizen": Principal("citizen-2", frozenset({"citizen"})),
    "counter": Principal("o-1", frozenset({"counter"}), "H19.1"),
    "leader": Principal("o-2", frozenset({"leader"}), "H19.1"),
    "other-counter": Principal("o-3", frozenset({"counter"}), "H19.2"),
    "superior": Principal("o-4", frozenset({"superior"}), "H19"),
    "other-superior": Principal("o-5", frozenset({"superior"}), "H20"),
    "person": Principal("citizen-3", frozenset({"citizen"}), person="p-anh"),
    "another-person": Principal("citizen-4", frozenset({"citizen"}), person="p-binh"),
    "centre": Principal("o-7", frozenset({"counter"}), "H19.9"),
    "serving-centre": Principal("o-8", frozenset({"counter"}), "H19.8"),
    "centre-leader": Principal("o-9", frozenset({"leader"}), "H19.9"),
    "replay": Principal("o-6", frozenset({"replay"}), "H19.1"),
}


NOW = FixedClock(datetime(2025, 7, 3, 2, 0, tzinfo=UTC))


class Tokens:
    """A token is a person's name here."""

    async def principal(self, token: str) -> Principal:
        if token not in PEOPLE:
            raise Unauthorised()
        return PEOPLE[token]

    async def keep(self) -> None: ...

    async def aclose(self) -> None: ...


class Nowhere:
    def submit(self, dossiers: object) -> None: ...


@pytest.fixture
def dossiers() -> MemoryCollection:
    return MemoryCollection()


def ledger_of(dossiers: MemoryCollection) -> Ledger:
    return Ledger(rules(Texts()), dossiers, Nowhere(), NOW)


async def hear(dossiers: MemoryCollection, *events: Any) -> None:
    ledger = ledger_of(dossiers)
    await ledger.write({ID: Work([Fold(events, ledger.rules)])})


@pytest.fixture
async def client(dossiers: MemoryCollection) -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> dict[str, bool | str]:
        return {}

    app: FastAPI = create_app(Settings(), title="Notify", readiness=ready, auth=cast(TokenVerifier, Tokens()))
    directory, ledger = Directory(), ledger_of(dossiers)
    directory.agencies["H19.8"] = AgencyEntry(
        code="H19.8",
        name_vi="Trung tâm",
        name_en="Centre",
        level="commune",
        kind="centre",
        serves=["H19.1"],
        catalogue="1",
    )
    app.include_router(router(dossiers, directory, runner_of(ledger, NOW, directory)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notify") as client:
        yield client
    await ledger.close()


async def get(client: httpx.AsyncClient, who: str) -> httpx.Response:
    return await client.get(f"/api/v1/dossiers/{ID}", headers={"authorization": f"Bearer {who}"})


async def test_a_delivery_shows_its_message_without_the_number(
    client: httpx.AsyncClient, dossiers: MemoryCollection
) -> None:
    told = Told()
    await hear(dossiers, told.submitted(), told.accepted(), told.signed())
    answer = await get(client, "owner")
    body = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (body["status"], body["portal_status"], body["code"]) == ("signed", 9, "H19.1-20250701-0000001")
    assert body["result"] == {"at": told.signing.at, "number": "12/GKS", "kind": "decision", "outcome": "approved"}
    [message] = body["messages"]
    assert (message["to"], message["status"], message["encoding"], message["parts"]) == (
        "***678",
        "requested",
        "gsm7",
        1,
    )
    assert message["text"].startswith("Ho so H19.1-20250701-0000001")
    assert body["delivery"] is None
    assert "912345" not in answer.text


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("owner", 200, None),
        ("counter", 200, None),
        ("leader", 200, None),
        ("superior", 200, None),
        ("person", 200, None),
        ("centre", 200, None),
        ("serving-centre", 200, None),
        ("another-person", 404, "dossier-not-found"),
        ("centre-leader", 404, "dossier-not-found"),
        ("other-citizen", 404, "dossier-not-found"),
        ("other-counter", 404, "dossier-not-found"),
        ("other-superior", 404, "dossier-not-found"),
        ("replay", 404, "dossier-not-found"),
        ("forged", 401, "token-missing"),
    ],
)
async def test_who_may_see_it(
    client: httpx.AsyncClient, dossiers: MemoryCollection, who: str, status: int, code: str | None
) -> None:
    told = Told(phone=None)
    await hear(dossiers, told.submitted(person="p-anh", received_at="H19.9"), told.signed())
    answer = await get(client, who)
    assert (answer.status_code, answer.json().get("code") if status != 200 else None) == (status, code)


async def test_a_result_heard_before_the_filing_can_be_seen(
    client: httpx.AsyncClient, dossiers: MemoryCollection
) -> None:
    await hear(dossiers, Told().signed())
    body = (await get(client, "owner")).json()
    assert (body["status"], body["code"], body["messages"]) == ("signed", None, [])


async def test_a_dossier_not_heard_of(client: httpx.AsyncClient) -> None:
    answer = await get(client, "owner")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (404, "dossier-not-found", "1")


async def test_the_address_is_documented(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert "/api/v1/dossiers/{dossier_id}" in document["paths"]
    assert "DeliveryView" in document["components"]["schemas"]


SIGNATURE = "M10 20L30.5 40L50 60M1 1L2 2"
TAKEN = {
    "receiver": "Lê Thị Hoa", "identified_by": "authority", "id_number": "001099054321", "authority": "GUQ-17",
    "signed_on": "screen", "signature": SIGNATURE,
}  # fmt: skip


async def take(client: httpx.AsyncClient, who: str, key: str = "k") -> httpx.Response:
    headers = {"authorization": f"Bearer {who}", "idempotency-key": key}
    return await client.post(f"/api/v1/dossiers/{ID}/hand-over", json=TAKEN, headers=headers)


async def test_what_was_handed_over_to_whom_is_for_the_agency_and_the_person(
    client: httpx.AsyncClient, dossiers: MemoryCollection
) -> None:
    told = Told(phone=None)
    await hear(dossiers, told.submitted(person="p-anh", received_at="H19.9", delivery="counter"), told.signed())
    assert [(await take(client, who)).status_code for who in ("other-counter", "leader", "person")] == [404, 403, 403]
    done = await take(client, "centre")
    assert (done.status_code, done.json()["status"]) == (200, "delivered")
    assert (await take(client, "centre")).json() == done.json(), "the same call once more"
    again = await take(client, "centre", key="another")
    assert (again.status_code, again.json()["code"]) == (409, "already-delivered")
    for who in ("person", "counter", "serving-centre"):
        delivery = (await get(client, who)).json()["delivery"]
        assert (delivery["how"], delivery["informed"], delivery["identified_by"]) == ("counter", False, "authority")
        assert (delivery["receiver"], delivery["authority"], delivery["signature"]) == (
            "Lê Thị Hoa",
            "GUQ-17",
            SIGNATURE,
        )
        assert delivery["id_number"] == "***321"
    superior = (await get(client, "superior")).json()["delivery"]
    assert (superior["how"], superior["receiver"], superior["signature"], superior["id_number"]) == (
        "counter", None, None, None,
    )  # fmt: skip


async def test_what_was_written_to_the_person_is_masked_to_who_is_above(
    client: httpx.AsyncClient, dossiers: MemoryCollection
) -> None:
    told = Told()
    await hear(dossiers, told.submitted(), told.accepted(), told.signed())
    for who in ("owner", "counter", "leader", "serving-centre"):
        [message] = (await get(client, who)).json()["messages"]
        assert message["text"].startswith("Ho so"), who
    [message] = (await get(client, "superior")).json()["messages"]
    assert (message["text"], message["to"], message["status"]) == ("***", "***678", "requested")
