"""A helper files with the code that went to the person's phone; one that does not hold is refused. On the real database."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.papers import PROCEDURE, agency_of, filing

from dossier_intake.consents.store import ConsentCodes
from dossier_local.simulation.papers import scan
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.consent_codes import CodeMessage, unseal
from dossier_shared.contracts.topics import CONSENT_CODES
from dossier_shared.runtime.entry_publisher import EntryPublisher
from dossier_shared.vocabulary.persons import person_of

KEY = b"of these tests alone"
NUMBER, OTHERS = "075090123456", "075090123455"
PERSON = person_of(KEY, "citizen", NUMBER)
HELPER = officer("Bưu điện Long Khánh", "agent", agency=None)
OTHER_HELPER = officer("Đoàn phường", "agent", agency=None)
OWNER = officer("Nguyễn Văn An", "citizen", agency=None, person=PERSON)
APPLICANT = {"name": "Nguyễn Văn An", "citizen_id": NUMBER, "phone": "0912 345 678"}


async def asked(intake: Desk, who: dict[str, str] = HELPER, key: str | None = None, **applicant: Any) -> httpx.Response:
    wish = {"procedure": PROCEDURE, "agency": agency_of(), "applicant": {**APPLICANT, **applicant}}
    return await intake.post("/api/v1/consent-codes", who, wish, key=key)


async def read_by_person(intake: Desk, id_: str) -> CodeMessage:
    """As it comes to their phone."""
    found = await intake.runtime.db["consent_codes"].find_one({"_id": id_})
    assert found is not None
    message = unseal(KEY, id_, found["entry"]["sealed"])
    assert message is not None
    return message


async def coded(intake: Desk) -> dict[str, str]:
    """A consent as the filing bears it."""
    answer = await asked(intake)
    assert answer.status_code == 201, answer.text
    id_ = answer.json()["id"]
    return {"kind": "sms_code", "reference": id_, "code": (await read_by_person(intake, id_)).code}


async def filed(
    intake: Desk, consent: dict[str, Any], who: dict[str, str] = HELPER, key: str | None = None, **applicant: Any
) -> httpx.Response:
    wish = filing(applicant={**APPLICANT, **applicant}, consent=consent)
    return await intake.post("/api/v1/dossiers", who, wish, key=key)


def refused(answer: httpx.Response) -> str:
    """Its code; said in both languages."""
    body = answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert body["message"]["vi"] != body["message"]["en"]
    return str(body["code"])


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_filed_with_the_code_it_bears_the_consent_and_tells_the_person(intake: Desk) -> None:
    answer = await asked(intake)
    view = answer.json()
    assert (view["sent_to"], view["tries"]) == ("***678", 5)
    assert answer.headers["cache-control"] == "private, no-store"
    message = await read_by_person(intake, view["id"])
    assert (message.to, message.helper) == ("+84912345678", "Bưu điện Long Khánh")
    spaced = f"{message.code[:3]} {message.code[3:]}"
    done = await filed(intake, {"kind": "sms_code", "reference": view["id"], "code": spaced})
    assert done.status_code == 201, done.text
    stored = await intake.stored(done.json()["id"])
    [entry] = stored["journal"]
    consent = entry["data"]["consent"]
    assert (consent["kind"], consent["reference"]) == ("sms_code", view["id"])
    assert entry["data"]["filed_by"] == {"sub": "Bưu điện Long Khánh", "kind": "helper"}
    assert entry["data"]["messages"][-1] == "helped"
    assert json.loads(entry["sealed"])["filed_by"] == "Bưu điện Long Khánh"
    assert set(consent) == {"kind", "at", "reference"}, "the code itself is written nowhere"
    kept = await intake.runtime.db["consent_codes"].find_one({})
    assert "912345678" not in str(kept)
    assert set(kept or {}) == {"_id", "told", "fingerprint", "entry", "asked", "gone"}


async def test_the_same_filing_again_is_the_same_dossier_and_another_needs_another_code(intake: Desk) -> None:
    consent = await coded(intake)
    first, again = [await filed(intake, consent, key="k-1") for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    assert refused(await filed(intake, consent, key="k-2")) == "consent-code-used"
    assert await intake.runtime.dossiers.table.count_documents({}) == 1


async def test_of_two_filings_at_once_one_has_the_code(intake: Desk) -> None:
    consent = await coded(intake)
    both = await asyncio.gather(*(filed(intake, consent, key=f"k-{n}") for n in range(2)))
    assert sorted(answer.status_code for answer in both) == [201, 422]
    assert await intake.runtime.dossiers.table.count_documents({}) == 1


async def test_wrong_five_times_it_holds_no_more(intake: Desk) -> None:
    consent = await coded(intake)
    wrong = {**consent, "code": another(consent["code"])}
    said = [await filed(intake, wrong) for _ in range(5)]
    assert [refused(one) for one in said] == ["consent-code-wrong"] * 4 + ["consent-code-spent"]
    assert "4 tries are left" in said[0].json()["message"]["en"]
    assert refused(await filed(intake, consent)) == "consent-code-spent", "the right one comes too late"
    assert await intake.runtime.dossiers.table.count_documents({}) == 0


async def test_guessed_many_at_once_no_more_than_five_are_judged(intake: Desk) -> None:
    consent = await coded(intake)
    guesses = [f"{(int(consent['code']) + n) % 1_000_000:06d}" for n in range(1, 20)]
    answers = await asyncio.gather(*(filed(intake, {**consent, "code": guess}) for guess in guesses))
    assert [refused(one) for one in answers].count("consent-code-wrong") <= 4
    found = await intake.runtime.db["consent_codes"].find_one({"_id": consent["reference"]})
    assert found is not None
    assert found["asked"]["tries"] == 5


async def test_it_is_good_for_ten_minutes(intake: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    consent = await coded(intake)
    desk = intake.app.state.desk._consents
    monkeypatch.setattr(desk, "_clock", FixedClock(datetime.now(UTC) + timedelta(minutes=10, seconds=1)))
    assert refused(await filed(intake, consent)) == "consent-code-expired"
    monkeypatch.setattr(desk, "_clock", FixedClock(datetime.now(UTC) + timedelta(minutes=9)))
    assert (await filed(intake, consent)).status_code == 201


async def test_it_is_no_other_helpers_no_other_persons_and_no_other_phones(intake: Desk) -> None:
    consent = await coded(intake)
    assert refused(await filed(intake, consent, OTHER_HELPER)) == "consent-code-unknown"
    assert refused(await filed(intake, consent, citizen_id=OTHERS)) == "consent-code-of-another"
    assert refused(await filed(intake, consent, phone="0912345679")) == "consent-code-of-another"
    assert refused(await filed(intake, {**consent, "reference": "c-0"})) == "consent-code-unknown"
    without = {"kind": "sms_code", "reference": consent["reference"]}
    assert refused(await filed(intake, without)) == "consent-code-missing"
    assert (await filed(intake, consent)).status_code == 201, "none of those was a try"


async def test_what_cannot_be_asked_for_is_not_sent(intake: Desk) -> None:
    assert refused(await asked(intake, phone="02513822222")) == "phone-not-mobile"
    assert refused(await asked(intake, phone=None)) == "phone-not-mobile"
    assert refused(await asked(intake, citizen_id=None)) == "consent-number-missing"
    assert refused(await asked(intake, OWNER)) == "consent-not-needed"
    assert refused(await asked(intake, officer("counter", "counter"))) == "forbidden"
    assert await intake.runtime.db["consent_codes"].count_documents({}) == 0
    first, again = [await asked(intake, key="same") for _ in range(2)]
    assert first.json() == again.json()
    assert refused(await asked(intake, key="same", phone="0912345670")) == "idempotency-key-reused"
    assert await intake.runtime.db["consent_codes"].count_documents({}) == 1


async def test_nobodys_phone_rings_without_end(intake: Desk) -> None:
    for n in range(5):
        assert (await asked(intake, (HELPER, OTHER_HELPER)[n % 2])).status_code == 201
    answer = await asked(intake)
    assert (answer.status_code, refused(answer)) == (429, "too-many-requests")
    assert int(answer.headers["retry-after"]) > 3000
    assert (await asked(intake, citizen_id=OTHERS)).status_code == 201, "of another person it is counted anew"


async def test_a_paper_of_consent_is_kept_with_the_dossier(intake: Desk) -> None:
    given = {"content-type": "application/pdf"}
    uploaded = await intake.http.post(
        "/api/v1/documents?name=dong-y.pdf", content=scan("consent", 1), headers={**HELPER, **given}
    )
    consent = {"kind": "paper", "reference": "GUQ-17", "document": uploaded.json()["id"]}
    assert refused(await filed(intake, consent, OTHER_HELPER)) == "document-unknown", "it is who uploaded it"
    done = await filed(intake, consent)
    assert done.status_code == 201, done.text
    listed = (await intake.http.get(f"/api/v1/dossiers/{done.json()['id']}/documents", headers=OWNER)).json()
    [paper] = [one for one in listed["items"] if one["code"] == "consent"]
    assert paper["name"] == "Giấy đồng ý cho nộp thay"


async def test_the_code_goes_out_encrypted_and_once(intake: Desk) -> None:
    await coded(intake)
    sent: list[tuple[str, Any]] = []

    class Topic:
        async def send(self, topic: str, records: list[Any]) -> list[bool]:
            sent.extend((topic, one) for one in records)
            return [True] * len(records)

    store, to = ConsentCodes(intake.runtime.db), cast(KafkaSender, Topic())
    publisher = EntryPublisher(to, CONSENT_CODES.name, store, intake.runtime.clock)
    assert (await publisher.once(), await publisher.once()) == (1, 0)
    [(topic, record)] = sent
    entry = json.loads(record.value)
    message = unseal(KEY, entry["id"], entry["sealed"])
    assert message is not None
    assert topic == CONSENT_CODES.name
    assert message.code not in record.value.decode().replace(entry["sealed"], "").replace(entry["id"], "")
    assert set(entry) == {"id", "start", "end", "agency", "sealed"}
