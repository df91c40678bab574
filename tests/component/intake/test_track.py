"""Where a dossier stands, for whoever has the two codes of the receipt; and what a centre's counter sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.component.desks import Desk, codes, desk, officer
from tests.component.intake.papers import filing

from dossier_intake.app import build
from dossier_intake.hearing import limit_passed
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_intake.store import Dossiers, Office, _of
from dossier_intake.tracking import tracking
from dossier_intake.tries import OF_ADDRESS, OF_CODE, WAIT, Tries
from dossier_local.simulation.papers import scan
from dossier_local.stack import Stack
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.limits import Limits
from dossier_shared.vocabulary.persons import person_of

KEY, CENTRE, SERVED, BESIDE = "of these tests alone", "X-H19-PVHCC", "X-H19-25308", "X-H19-25318"
CITIZEN = officer("citizen", "citizen", agency=None)
AT_CENTRE = officer("Lê Thị Cúc", "counter", agency=CENTRE)


@pytest.fixture
async def intake(stack: Stack, inspectors: Inspectors) -> AsyncIterator[Desk]:
    settings = Settings(
        mongodb_url=stack.mongodb, kafka_bootstrap_servers=stack.kafka, database=f"intake-{uuid4().hex}", person_key=KEY
    )
    async with desk(build(settings, inspectors)) as made:
        yield made


async def test_two_codes_open_what_everybody_may_see(intake: Desk) -> None:
    filed = (await intake.post("/api/v1/dossiers", CITIZEN, filing())).json()
    secret = tracking(filed["id"], KEY.encode())

    async def looked(**asked: str) -> tuple[int, str]:
        answer = await intake.http.get("/track", params=asked)
        return answer.status_code, answer.text

    assert (await looked())[0] == 200
    status, page = await looked(code=filed["code"].lower(), secret=secret.lower())
    assert status == 200
    assert filed["agency_name"] in page
    assert "Chờ nhận hồ sơ" in page
    for personal in ("Nguyễn Văn An", "0912345678", "075090123456"):
        assert personal not in page
    wrong = [
        await looked(code=filed["code"], secret="AAAAA-AAAAA"),
        await looked(code=filed["code"][:-1] + "9", secret=secret),
        await looked(code="$ne", secret=secret),
        await looked(code=filed["code"]),
    ]
    assert {status for status, _ in wrong} == {404}
    assert len({page for _, page in wrong[:3]}) == 1, "a wrong code and a wrong secret look the same"
    for number in range(OF_ADDRESS - len(wrong)):
        assert (await looked(code=f"none-{number}", secret=secret))[0] == 404
    refused = await intake.http.get("/track", params={"code": filed["code"], "secret": secret})
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-tries")
    assert 0 < int(refused.headers["retry-after"]) <= WAIT.total_seconds()
    shown = await intake.http.get("/track", params={"code": "x", "secret": "y"}, headers={"accept": "text/html"})
    assert (shown.status_code, "Hãy thử lại sau 15 phút" in shown.text) == (429, True)
    assert shown.headers["retry-after"]


async def test_tries_are_counted_for_every_process_and_over_restarts(stack: Stack, inspectors: Inspectors) -> None:
    settings = Settings(
        mongodb_url=stack.mongodb, kafka_bootstrap_servers=stack.kafka, database=f"intake-{uuid4().hex}", person_key=KEY,
        proxies="127.0.0.1",
    )  # fmt: skip

    async def looked(at: Desk, code: str, secret: str, address: str) -> int:
        asked = {"code": code, "secret": secret}
        return (await at.http.get("/track", params=asked, headers={"x-forwarded-for": address})).status_code

    async with desk(build(settings, inspectors)) as one, desk(build(settings, inspectors)) as two:
        filed = (await one.post("/api/v1/dossiers", CITIZEN, filing())).json()
        code, secret = filed["code"], tracking(filed["id"], KEY.encode())
        for number in range(OF_CODE):
            assert await looked((one, two)[number % 2], code, "AAAAA-AAAAA", f"198.51.100.{number}") == 404
        assert [await looked(at, code, secret, "203.0.113.1") for at in (one, two)] == [429, 429]
        for number in range(OF_ADDRESS):  # all the codes from one address
            await looked((one, two)[number % 2], f"none-{number}", "AAAAA-AAAAA", "203.0.113.9")
        assert await looked(one, "another", secret, "203.0.113.9") == 429
        assert await looked(one, "another", secret, "203.0.113.8") == 404
        table = one.runtime.db["tracking.tries"]
        kept = [document async for document in table.find()]
        assert not any(word in str(kept) for word in (code, secret, "AAAAA", "203.0.113"))
        async with desk(build(settings, inspectors)) as again:  # what the others had in memory it never had
            assert await looked(again, code, secret, "203.0.113.1") == 429
            now, tries = again.runtime.clock.now(), Tries(again.runtime.db, KEY.encode())
            plain = code.replace("-", "")
            assert await tries.wait("203.0.113.1", plain, now + WAIT) == timedelta()
            await asyncio.gather(*(tries.failed("x", "y", now + WAIT) for _ in range(OF_CODE)))
            last = await tries.wait("z", "y", now + WAIT)
            assert WAIT - last < timedelta(seconds=1), "each of those at once is counted"
            await tries.failed("203.0.113.1", plain, now + WAIT)
            assert await tries.wait("203.0.113.1", plain, now + WAIT) == timedelta(), "it begins anew"


async def test_a_centres_counter_works_for_whom_it_serves_and_what_is_not_completed_lapses(intake: Desk) -> None:
    upload = {**AT_CENTRE, "content-type": "application/pdf"}
    paper = (await intake.http.post("/api/v1/documents?name=a.pdf", headers=upload, content=scan("G1", 1))).json()["id"]
    wanted = filing()
    demanded = intake.app.state.catalogues.current.procedure(wanted["procedure"]).demanded("direct")
    papers = [{"code": one.code, "id": paper} for one in demanded]
    walk_in = filing(agency=SERVED, channel="direct", documents=papers)
    taken = await intake.post("/api/v1/dossiers", AT_CENTRE, walk_in)
    assert taken.status_code == 201, taken.text
    theirs = (await intake.post("/api/v1/dossiers", CITIZEN, filing(agency=SERVED))).json()
    refused = await intake.post("/api/v1/dossiers", AT_CENTRE, {**walk_in, "agency": BESIDE})
    assert (refused.status_code, refused.json()["code"]) == (403, "other-agency")
    both = [taken.json()["code"], theirs["code"]]
    queued = (await intake.http.get("/api/v1/queue", headers=AT_CENTRE)).json()["items"]
    assert [one["code"] for one in queued] == both[:1]
    assert codes(await intake.page("/work", AT_CENTRE), both) == both[:1]
    here = officer("x", "counter", agency=SERVED)
    assert sorted(codes(await intake.page("/work", here), both)) == sorted(both)
    seen = [
        (await intake.http.get(f"/api/v1/dossiers/{id_}", headers=AT_CENTRE)).status_code
        for id_ in (taken.json()["id"], theirs["id"])
    ]
    assert seen == [200, 404]
    accepted = await intake.post(f"/api/v1/dossiers/{taken.json()['id']}/accept", AT_CENTRE)
    assert (accepted.status_code, accepted.json()["received_at"]) == (200, CENTRE)
    asked = {"text": "Thiếu chữ ký.", "limit_days": 1}
    waits = await intake.post(f"/api/v1/dossiers/{theirs['id']}/request-completion", here, asked)
    assert waits.json()["asked"]["until"] > waits.json()["submitted_at"]
    limits = Limits(intake.runtime.ledger, Dossiers(intake.runtime.dossiers).passed, limit_passed)
    assert await limits.once() == 0
    table = intake.runtime.dossiers.table
    await table.update_one({"_id": theirs["id"]}, {"$set": {"state.act_by": "2026-01-01T00:00:00.000000Z"}})
    assert await limits.once() == 1
    refused = await intake.http.get(f"/api/v1/dossiers/{theirs['id']}", headers=CITIZEN)
    assert refused.json()["status"] == "refused"
    assert await limits.once() == 0
    section = _of(Office(CENTRE, centre=True), "submitted", "submitted_at")
    plan = await intake.runtime.dossiers.table.find(section.query).sort(list(section.keys)).explain()
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])


async def test_the_person_sees_what_others_filed_about_them(intake: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = officer("helper", "agent", agency=None)
    filed = (await intake.post("/api/v1/dossiers", other, filing())).json()
    mine = (await intake.post("/api/v1/dossiers", CITIZEN, filing(applicant={"name": "Nguyễn Văn An"}))).json()
    person = person_of(KEY.encode(), "citizen", "075090123456")
    at_home = Principal("citizen", frozenset({"citizen"}), None, "An", person)

    async def verified(token: str) -> Principal:
        return at_home

    assert codes(await intake.page("/", CITIZEN), [filed["code"], mine["code"]]) == [mine["code"]]
    monkeypatch.setattr(intake.app.state.verifier, "principal", verified)
    assert codes(await intake.page("/", CITIZEN), [filed["code"], mine["code"]]) == [mine["code"], filed["code"]]
    listed = (await intake.http.get("/api/v1/dossiers?limit=1", headers=CITIZEN)).json()
    assert [one["code"] for one in listed["items"]] == [mine["code"]]
    onward = await intake.http.get(f"/api/v1/dossiers?limit=1&cursor={listed['next']}", headers=CITIZEN)
    assert [one["code"] for one in onward.json()["items"]] == [filed["code"]]
    assert (await intake.http.get(f"/api/v1/dossiers/{filed['id']}", headers=CITIZEN)).status_code == 200
