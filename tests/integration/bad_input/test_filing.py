"""What citizens, agents and counters send wrongly: refused in words, and nothing of it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from .offices import COUNTER_ONLY, PDF, WITH_PAPER, Offices, key, refused

NAME_NFD = "Nguye\u0302\u0303n Va\u0306n An"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "not-json"),
        (b"", 400, "not-json"),
        (b"procedure=1", 400, "not-json"),
        (b'{"a": NaN}', 400, "not-json"),
        (b'{"a": "\xff"}', 400, "not-utf8"),
        (b'{"a": "\\u0000"}', 400, "nul-character"),
        (b"[" * 10_000 + b"]" * 10_000, 400, "nesting-too-deep"),
        (b'{"form":' * 70 + b"1" + b"}" * 70, 400, "nesting-too-deep"),
        (b'{"a": 123456789012345678901234567890}', 400, "number-too-large"),
        (b'{"a": "' + b"x" * 10_485_760 + b'"}', 413, "body-too-large"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b"{}", 422, "invalid"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
@pytest.mark.parametrize("path", ["/dossiers", "/dossiers:batch"])
async def test_what_is_not_a_filing(offices: Offices, path: str, content: bytes, status: int, code: str) -> None:
    async with offices.nothing_written():
        refused(await offices.post("intake", path, offices.who["agent"], content=content), status, code)


APPLICANT = {"name": "Nguyễn Văn An", "phone": "0912345678", "citizen_id": "075090123456"}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"procedure": "9.999999"}, "procedure-unknown", None),
        ({"procedure": COUNTER_ONLY}, "procedure-not-online", None),
        ({"agency": "H00"}, "agency-unknown", None),
        ({"channel": "telex"}, "invalid", "channel"),
        ({"unknown": 1}, "invalid", "unknown"),
        ({"applicant": {**APPLICANT, "citizen_id": "999090123456"}}, "citizen-id-invalid", "/applicant/citizen_id"),
        ({"applicant": {**APPLICANT, "citizen_id": "123"}}, "citizen-id-invalid", "/applicant/citizen_id"),
        ({"applicant": {**APPLICANT, "citizen_id": "285123456"}}, "citizen-id-outdated", "/applicant/citizen_id"),
        ({"applicant": {**APPLICANT, "phone": "12"}}, "phone-invalid", "/applicant/phone"),
        ({"applicant": {**APPLICANT, "name": "4n"}}, "name-invalid", "/applicant/name"),
        ({"form": {}}, "form-invalid", None),
        ({"procedure": WITH_PAPER}, "missing-documents", "/documents"),
        ({"documents": [{"code": "no-such-paper", "id": "0" * 64}]}, "document-not-of-procedure", "/documents/0"),
        ({"documents": [{"code": "G15-KQ003448", "id": "../etc"}]}, "invalid", "documents.0.id"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_filing_that_is_wrong(offices: Offices, changes: dict[str, Any], code: str, path: str | None) -> None:
    async with offices.nothing_written():
        answer = await offices.post("intake", "/dossiers", offices.who["citizen"], offices.filing(**changes))
        body = refused(answer, 422, code)
    if path is not None:
        assert path in [error["path"] for error in body["errors"]]
    assert "075090123456" not in answer.text
    assert "0912345678" not in answer.text


async def test_a_document_never_uploaded(offices: Offices) -> None:
    paper = {"code": "G15-KQ004389", "id": "0" * 64}
    async with offices.nothing_written():
        answer = await offices.post(
            "intake", "/dossiers", offices.who["citizen"], offices.filing(WITH_PAPER, documents=[paper])
        )
        body = refused(answer, 422, "document-unknown")
    assert [error["path"] for error in body["errors"]] == ["/documents/0/id"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "application/pdf", 422, "document-empty"),
        (b"MZ\x90\x00" + bytes(200), "application/pdf", 415, "document-type-refused"),
        (b"%PDF-1.7\n", "application/pdf", 422, "document-broken"),
        (b"<html><script>1</script></html>", "text/html", 415, "document-type-refused"),
        (PDF + bytes(10 * 1024 * 1024), "application/pdf", 413, "body-too-large"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else None,
)
async def test_a_file_that_is_not_taken(offices: Offices, content: bytes, kind: str, status: int, code: str) -> None:
    async with offices.nothing_written():
        answer = await offices.post(
            "intake", "/documents?name=a.pdf", {**offices.who["citizen"], "content-type": kind}, content=content
        )
        refused(answer, status, code)


async def test_decomposed_text_is_stored_composed(offices: Offices) -> None:
    filing = offices.filing(applicant={**APPLICANT, "name": NAME_NFD, "address": "Xa\u0303 Bu\u0300 Đa\u0306ng"})
    filing["form"] = {**filing["form"], "intended_spouse": "Tra\u0302\u0300n Thi\u0323 B"}
    answer = await offices.post("intake", "/dossiers", offices.who["citizen"], filing)
    assert answer.status_code == 201, answer.text
    stored = await offices.stored("intake", answer.json()["id"])
    assert stored is not None
    assert stored["state"]["applicant"]["name"] == "Nguyễn Văn An"
    assert stored["state"]["applicant"]["address"] == "Xã Bù Đăng"
    assert "Trần Thị B" in bytes(stored["journal"][0]["sealed"]).decode()


async def test_one_bad_item_among_good_ones(offices: Offices) -> None:
    good, bad = offices.filing(), offices.filing(procedure="9.999999")
    keys = [key() for _ in range(4)]
    items: list[dict[str, Any]] = [
        {"key": keys[0], "filing": good},
        {"key": keys[1], "filing": bad},
        {"key": keys[2], "filing": {"procedure": 1}},
        {"key": keys[3], "filing": good},
    ]
    before = await offices.books()
    answer = await offices.post("intake", "/dossiers:batch", offices.who["agent"], {"items": items})
    outcomes = answer.json()["items"]
    assert [item["status"] for item in outcomes] == [201, 422, 422, 201]
    assert [item["problem"]["code"] for item in outcomes[1:3]] == ["procedure-unknown", "invalid"]
    assert all(item["problem"]["message"]["vi"] for item in outcomes[1:3])
    after = await offices.books()
    assert after["intake"].keys() - before["intake"].keys() == {
        outcomes[0]["dossier"]["id"],
        outcomes[3]["dossier"]["id"],
    }


async def test_batches_that_are_too_large(offices: Offices) -> None:
    agent = offices.who["agent"]
    item = {"key": "k", "filing": {}}
    async with offices.nothing_written():
        refused(await offices.post("intake", "/dossiers:batch", agent, {"items": [item] * 501}), 422, "invalid")
        refused(await offices.post("intake", "/dossiers:batch", agent, {"items": []}), 422, "invalid")
        huge = b'{"items": ["' + b"x" * (8 * 1024 * 1024) + b'"]}'
        refused(await offices.post("intake", "/dossiers:batch", agent, content=huge), 413, "body-too-large")
        for service, path, who in (
            ("intake", "/dossiers:accept", "counter"),
            ("review", "/dossiers:approve", "leader"),
            ("signing", "/dossiers:sign", "leader"),
        ):
            many = {"items": [{"key": "k", "dossier": "d"}] * 501}
            refused(await offices.post(service, path, offices.who[who], many), 422, "invalid")
