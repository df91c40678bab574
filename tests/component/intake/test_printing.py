"""What the counter hands out, read back from its PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pypdfium2
import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of, filing

from dossier_local.memory import Author
from dossier_shared.contracts.events import SupplementRequested, SupplementRequestedSealed
from dossier_shared.documents.forms.rendering import render_forms
from dossier_shared.vocabulary.moments import VIETNAM

PROCEDURE = "1.004873"
AGENCY = agency_of(PROCEDURE)
OWNER, NEIGHBOUR = officer("u-1", "citizen", agency=None), officer("u-2", "citizen", agency=None)
COUNTER, STRANGER = officer("Lê Thị Hoa", "counter", agency=AGENCY), officer("c-2", "counter", agency="H19.9.9")


def text_of(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    with pypdfium2.PdfDocument(answer.content) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return re.sub(r"\s+", " ", " ".join(pages))


def letters(text: str) -> str:
    """Without what a narrow column breaks words by."""
    return re.sub(r"[\W_]", "", text)


async def filed(intake: Desk) -> str:
    answer = await intake.post("/api/v1/dossiers", OWNER, filing(PROCEDURE))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_receipt_says_what_came_when_it_is_promised_and_why(intake: Desk) -> None:
    id_ = await filed(intake)
    path = f"/api/v1/dossiers/{id_}/forms/01"
    early = await intake.http.get(path, headers=COUNTER)
    assert (early.status_code, early.json()["code"]) == (409, "form-not-due")
    accepted = (await intake.post(f"/api/v1/dossiers/{id_}/accept", COUNTER)).json()
    read = text_of(await intake.http.get(path, headers=COUNTER))
    appointment = datetime.fromisoformat(accepted["appointment"]).astimezone(UTC)
    for words in (
        accepted["code"],
        "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
        "Lê Thị Hoa",
        "Độc lập - Tự do - Hạnh phúc",
    ):
        assert words in read, words
    assert f"/{appointment.month:02}/{appointment.year}" in read
    assert text_of(await intake.http.get(path, headers=OWNER)), "whose dossier it is prints it at home"
    for who in (NEIGHBOUR, STRANGER):
        assert (await intake.http.get(path, headers=who)).status_code == 404


async def test_the_receipts_code_leads_anybody_to_where_it_stands(
    intake: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []

    def drawn(forms: Sequence[Any], at: datetime) -> bytes:
        seen.append(forms[0].tracking_url)
        return render_forms(forms, at)

    monkeypatch.setattr("dossier_intake.printing.api.render_forms", drawn)
    id_ = await filed(intake)
    await intake.post(f"/api/v1/dossiers/{id_}/accept", COUNTER)
    await intake.http.get(f"/api/v1/dossiers/{id_}/forms/01", headers=COUNTER)
    address = urlsplit(str(seen[0]))
    assert (address.netloc, address.path) == ("motcua.test", "/intake/track")
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (await intake.http.get("/track", params=asked)).status_code == 200
    assert (await intake.http.get("/track", params={**asked, "secret": "AAAA-AAAA-AAAA"})).status_code == 404


async def test_many_receipts_come_in_one_run_in_the_order_asked(intake: Desk) -> None:
    ids = [await filed(intake) for _ in range(3)]
    codes = [(await intake.post(f"/api/v1/dossiers/{id_}/accept", COUNTER)).json()["code"] for id_ in ids]
    run = await intake.http.get("/api/v1/forms/01", params={"ids": ",".join(reversed(ids))}, headers=COUNTER)
    read = text_of(run)
    places = [read.index(code) for code in reversed(codes)]
    assert places == sorted(places)
    for odd, status in (("", 422), (f"{ids[0]},$ne", 404), (f"{ids[0]},unknown", 404)):
        refused = await intake.http.get("/api/v1/forms/01", params={"ids": odd}, headers=COUNTER)
        assert refused.status_code == status, odd


async def test_a_refusal_and_what_is_missing_are_handed_out(intake: Desk) -> None:
    missing, refused = await filed(intake), await filed(intake)
    await intake.post(f"/api/v1/dossiers/{missing}/request-completion", COUNTER, {"text": "Thiếu giấy chứng sinh"})
    await intake.post(f"/api/v1/dossiers/{refused}/refuse", COUNTER, {"reason": "Không thuộc địa bàn của xã"})
    read = text_of(await intake.http.get(f"/api/v1/dossiers/{missing}/forms/02", headers=COUNTER))
    assert "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ" in read
    assert "Thiếu giấy chứng sinh" in read
    read = text_of(await intake.http.get(f"/api/v1/dossiers/{refused}/forms/03", headers=OWNER))
    assert "Không thuộc địa bàn của xã" in read
    assert (await intake.http.get(f"/api/v1/dossiers/{missing}/forms/03", headers=COUNTER)).status_code == 409
    assert (await intake.http.get(f"/api/v1/dossiers/{missing}/forms/09", headers=COUNTER)).status_code == 404


async def test_the_control_slip_says_who_had_it_from_when_to_when(intake: Desk) -> None:
    id_ = await filed(intake)
    path = f"/api/v1/dossiers/{id_}/forms/06"
    assert "Kiểm tra, tiếp nhận hồ sơ" in text_of(await intake.http.get(path, headers=COUNTER))
    await intake.post(f"/api/v1/dossiers/{id_}/accept", COUNTER)
    review = Author("review", id_, agency=AGENCY)
    await intake.hears(review.says(SupplementRequested(), SupplementRequestedSealed(text="Bản vẽ")))
    await intake.post(f"/api/v1/dossiers/{id_}/supplement", COUNTER, {"text": "Đã nộp"})
    read = text_of(await intake.http.get(path, headers=COUNTER))
    for words in ("PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ", "Bổ sung giấy tờ", "Thẩm định, quyết định"):
        assert words in read, words


async def test_the_register_has_every_dossier_of_its_days_and_no_other(intake: Desk) -> None:
    id_ = await filed(intake)
    shown = (await intake.http.get(f"/api/v1/dossiers/{id_}", headers=OWNER)).json()
    day = datetime.fromisoformat(shown["submitted_at"]).astimezone(VIETNAM).date().isoformat()
    read = text_of(await intake.http.get("/api/v1/register", params={"first": day, "last": day}, headers=COUNTER))
    assert letters(shown["code"]) in letters(read)
    before = await intake.http.get(
        "/api/v1/register", params={"first": "2020-01-01", "last": "2020-12-31"}, headers=COUNTER
    )
    assert letters(shown["code"]) not in letters(text_of(before))
    others = await intake.http.get("/api/v1/register", params={"first": day, "last": day}, headers=STRANGER)
    assert letters(shown["code"]) not in letters(text_of(others))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-02-30", "2026-03-01"),
        ("2026-03-02", "2026-03-01"),
        ("2020-01-01", "2026-01-01"),
        ("9999-01-01", "9999-01-02"),
    ],
)
async def test_a_span_that_is_none_is_refused(intake: Desk, first: str, last: str) -> None:
    answer = await intake.http.get("/api/v1/register", params={"first": first, "last": last}, headers=COUNTER)
    assert answer.status_code == 422
