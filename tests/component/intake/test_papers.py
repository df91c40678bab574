"""Papers as they are read: whole and in part, by whom, noted, and never other bytes than those that were filed."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from random import Random
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of, filing
from tests.unit.intake.signed import AN, signed, wrapped

from dossier_local.memory import Author
from dossier_local.simulation.papers import scan
from dossier_shared.contracts.events import (
    ConsultationRequested,
    ConsultationRequestedSealed,
    SupplementRequested,
    SupplementRequestedSealed,
)

PROCEDURE, PAPER = "1.001193", "G15-KQ004389"  # a birth: one paper
AGENCY, OTHER = agency_of(PROCEDURE), "H19.9.9"
OWNER, NEIGHBOUR = officer("u-1", "citizen", agency=None), officer("u-2", "citizen", agency=None)
COUNTER, SPECIALIST = officer("c-1", "counter", agency=AGENCY), officer("s-1", "specialist", agency=AGENCY)
LEADER, ASKED = officer("l-1", "leader", agency=AGENCY), officer("s-2", "specialist", agency=OTHER)
PIECE = 255 * 1024


def photograph() -> bytes:
    """Several pieces long: noise does not get smaller."""
    out = BytesIO()
    Image.frombytes("RGB", (1000, 600), Random(7).randbytes(1000 * 600 * 3)).save(out, "JPEG", quality=95)
    return out.getvalue()


PHOTOGRAPH, SIGNED = photograph(), signed()
WRAPPED, ALONE = wrapped(), wrapped(detached=True)


async def uploaded(intake: Desk, content: bytes, name: str) -> str:
    answer = await intake.http.post("/api/v1/documents", params={"name": name}, headers=OWNER, content=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def filed(intake: Desk, content: bytes = PHOTOGRAPH, name: str = "Giấy chứng sinh.jpg") -> str:
    """The address of its papers."""
    papers = [{"code": PAPER, "id": await uploaded(intake, content, name)}]
    answer = await intake.post("/api/v1/dossiers", OWNER, filing(PROCEDURE, documents=papers))
    assert answer.status_code == 201, answer.text
    return f"/api/v1/dossiers/{answer.json()['id']}/documents"


async def get(intake: Desk, path: str, who: dict[str, str] = OWNER, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await intake.http.get(path, headers={**who, **given})


async def openings(intake: Desk, papers: str, who: dict[str, str]) -> list[dict[str, Any]]:
    answer = await get(intake, papers.removesuffix("documents") + "openings", who)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_the_list_has_the_filing_s_papers_and_every_supplement_s(intake: Desk) -> None:
    papers = await filed(intake, SIGNED, "Tờ khai.pdf")
    dossier = papers.split("/")[-2]
    await intake.post(papers.removesuffix("documents") + "accept", COUNTER)
    await intake.hears(Author("review", dossier).says(SupplementRequested(), SupplementRequestedSealed(text="Thiếu.")))
    more = [{"code": "supplement", "id": await uploaded(intake, scan("G2", 1), "b.pdf")}]
    given = await intake.post(papers.removesuffix("documents") + "supplement", OWNER, {"documents": more})
    assert given.status_code == 200, given.text
    first, second = (await get(intake, papers, SPECIALIST)).json()["items"]
    assert first == {
        "n": 1, "code": PAPER, "name": first["name"], "file_name": "Tờ khai.pdf", "type": "application/pdf",
        "size": len(SIGNED), "sha256": sha256(SIGNED).hexdigest(), "at": first["at"], "came_with": "filing", "pages": 1,
        "signatures": [{"name": AN, "at": first["signatures"][0]["at"], "trust": "unverified"}],
    }  # fmt: skip
    assert "chứng sinh" in first["name"]
    assert (second["n"], second["came_with"], second["name"], second["signatures"]) == (
        2, "supplement", "Giấy tờ bổ sung", []
    )  # fmt: skip
    assert (await get(intake, f"{papers}/2")).content == scan("G2", 1)


async def test_a_signature_outside_a_pdf_is_kept_as_it_came_and_its_paper_is_read(intake: Desk) -> None:
    papers = [
        {"code": PAPER, "id": await uploaded(intake, content, name)}
        for content, name in ((WRAPPED, "Tờ khai.pdf.p7m"), (ALONE, "khai.p7s"), (scan("G1", 1), "khai.pdf"))
    ]
    refused = await intake.post("/api/v1/dossiers", OWNER, filing(PROCEDURE, documents=papers[:2]))
    assert (refused.status_code, refused.json()["code"]) == (422, "signature-without-paper")
    answer = await intake.post("/api/v1/dossiers", OWNER, filing(PROCEDURE, documents=papers))
    assert answer.status_code == 201, answer.text
    base = f"/api/v1/dossiers/{answer.json()['id']}/documents"
    whole, alone, paper = (await get(intake, base)).json()["items"]
    assert [[by["name"] for by in one["signatures"]] for one in (whole, alone, paper)] == [[AN]] * 3
    assert (whole["sha256"], whole["pages"], alone["signs"]) == (sha256(WRAPPED).hexdigest(), 1, 3)
    seen = await get(intake, f"{base}/1", SPECIALIST)
    assert (seen.content, seen.headers["content-type"]) == (scan("G1", 1), "application/pdf")
    assert "inline" in seen.headers["content-disposition"]
    kept = [await get(intake, f"{base}/1?download", SPECIALIST), await get(intake, f"{base}/2", SPECIALIST)]
    assert [one.content for one in kept] == [WRAPPED, ALONE]
    assert all(one.headers["content-disposition"].startswith("attachment") for one in kept)
    pictures = [(await get(intake, f"{base}/{n}/pages/1", SPECIALIST)).status_code for n in (1, 2, 3)]
    assert pictures == [200, 404, 200]
    page = await intake.page(f"/dossiers/{answer.json()['id']}/documents", SPECIALIST)
    assert page.count(f"Đã ký số: {AN}") == 3
    assert "Chữ ký số rời của giấy tờ số 3" in page
    inner = {"code": PAPER, "id": sha256(scan("G1", 1)).hexdigest()}
    stranger = await intake.post("/api/v1/dossiers", NEIGHBOUR, filing(PROCEDURE, documents=[inner]))
    assert stranger.json()["code"] == "document-unknown"


async def test_bytes_come_whole_or_in_part_and_run_nothing(intake: Desk) -> None:
    papers = await filed(intake)
    (known,) = (await get(intake, papers)).json()["items"]
    mark, size = f'"{known["sha256"]}"', known["size"]
    stored = (await get(intake, f"{papers}/1", SPECIALIST)).content
    assert (sha256(stored).hexdigest(), len(stored)) == (known["sha256"], size)
    assert size > 2 * PIECE
    for first, last in ((0, 0), (PIECE - 1, PIECE), (PIECE, 2 * PIECE - 1), (5, size - 1), (size - 1, size + 9)):
        part = await get(intake, f"{papers}/1", SPECIALIST, range=f"bytes={first}-{last}", if_range=mark)
        assert (part.status_code, part.content) == (206, stored[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{min(last, size - 1)}/{size}"
        assert part.headers["content-length"] == str(len(part.content))
    for asked, only_if in (("bytes=0-9", '"other"'), ("bytes=9-1", mark), ("bytes=0-1,4-5", mark)):
        whole = await get(intake, f"{papers}/1", SPECIALIST, range=asked, if_range=only_if)
        assert (whole.status_code, len(whole.content)) == (200, size)
    behind = await get(intake, f"{papers}/1", range=f"bytes={size}-")
    assert (behind.status_code, behind.json()["code"]) == (416, "range-not-satisfiable")
    assert behind.headers["content-range"] == f"bytes */{size}"
    head = await intake.http.head(f"{papers}/1", headers=OWNER)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
    assert head.headers["etag"] == mark
    assert head.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert head.headers["cache-control"] == "private, no-store"
    assert head.headers["cross-origin-resource-policy"] == "same-site"
    assert head.headers.get_list("x-content-type-options") == ["nosniff"]
    assert head.headers["content-disposition"].startswith("inline; ")
    assert head.headers["content-disposition"].endswith("filename*=UTF-8''Gi%E1%BA%A5y%20ch%E1%BB%A9ng%20sinh.jpg")
    kept = await get(intake, f"{papers}/1?download")
    assert kept.headers["content-disposition"].startswith("attachment; ")


async def test_what_one_may_not_read_does_not_exist(intake: Desk) -> None:
    papers = await filed(intake)
    dossier = papers.split("/")[-2]
    strangers = (NEIGHBOUR, ASKED, officer("l-2", "leader", agency=OTHER), officer("c-2", "counter", agency=OTHER))
    for address in (papers, f"{papers}/1", f"{papers}/1/pages/1"):
        for stranger in strangers:
            answer = await get(intake, address, stranger)
            assert (answer.status_code, answer.json()["code"]) == (404, "dossier-not-found")
        assert (await get(intake, address, officer("x", "superior", agency="H19"))).status_code == 403
    for number in ("0", "-1", "2", "1000000000", "..%2F1", "%24gt", "1%00", "1e0"):
        answer = await get(intake, f"{papers}/{number}")
        assert (answer.status_code, answer.json()["code"]) in (
            (404, "paper-not-found"),
            (400, "nul-character"),
            (404, "not-found"),
        )
    for page in ("0", "-1", "2", "99999999999", "x"):
        answer = await get(intake, f"{papers}/1/pages/{page}")
        assert (answer.status_code, answer.json()["code"]) == (404, "page-unknown")
    assert (await get(intake, f"{papers}/1/pages/1?width=99999")).status_code == 422
    for unknown in ("nowhere", "%7B%22%24gt%22%3A%22%22%7D", "[$ne]"):
        answer = await get(intake, f"/api/v1/dossiers/{unknown}/documents")
        assert (answer.status_code, answer.json()["code"]) == (404, "dossier-not-found")
    await intake.post(papers.removesuffix("documents") + "accept", COUNTER)
    question = ConsultationRequestedSealed(question="Có đúng không?")
    await intake.hears(Author("review", dossier).says(ConsultationRequested(agency=OTHER), question))
    assert (await get(intake, f"{papers}/1", ASKED)).status_code == 200


async def test_who_opened_what_is_noted_once_for_a_viewing(intake: Desk) -> None:
    papers = await filed(intake, SIGNED, "Tờ khai.pdf")
    for _ in range(3):
        await get(intake, f"{papers}/1", SPECIALIST, range="bytes=0-9")
    await intake.http.head(f"{papers}/1", headers=LEADER)  # has read nothing
    await get(intake, f"{papers}/1?download", COUNTER)
    await get(intake, f"{papers}/1/pages/1?width=100", SPECIALIST)
    await get(intake, f"{papers}/1")
    noted = await openings(intake, papers, LEADER)
    assert [(one["how"], one["role"], one.get("sub")) for one in noted] == [
        ("open", "applicant", None),
        ("preview", "specialist", "s-1"), ("download", "counter", "c-1"), ("open", "specialist", "s-1"),
    ]  # fmt: skip
    told = await openings(intake, papers, OWNER)
    assert [one.get("sub") for one in told] == [None] * 4
    assert (told[1]["agency"], "nhân dân" in told[1]["agency_name"]) == (AGENCY, True)
    for other in (SPECIALIST, NEIGHBOUR):
        assert (await get(intake, papers.removesuffix("documents") + "openings", other)).status_code in (403, 404)
    path = papers.removesuffix("documents") + "openings?limit=3"
    page = (await get(intake, path, LEADER)).json()
    rest = (await get(intake, f"{path}&cursor={page['next']}", LEADER)).json()
    assert (page["items"] + rest["items"], rest["next"]) == (noted, None)


async def test_a_picture_of_a_page_is_made_of_pdf_and_photograph(intake: Desk) -> None:
    for content, name in ((SIGNED, "a.pdf"), (PHOTOGRAPH, "a.jpg")):
        papers = await filed(intake, content, name)
        for width in (120, 120, 300):
            answer = await get(intake, f"{papers}/1/pages/1?width={width}", SPECIALIST)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
            assert Image.open(BytesIO(answer.content)).width == width


async def test_the_page_shows_pictures_and_links_and_the_applicant_reads_who_looked(intake: Desk) -> None:
    papers = await filed(intake, SIGNED, "Tờ <khai> & i.pdf")
    path = papers.removeprefix("/api/v1")
    for lang, signed_by, noted in (
        ("vi", f"Đã ký số: {AN}", "Mỗi lần xem"),
        ("en", f"Signed digitally: {AN}", "Each time"),
    ):
        shown = await intake.page(f"{path}?lang={lang}", SPECIALIST)
        for part in (
            f'href="{papers}/1"',
            f'href="{papers}/1?download"',
            f'src="{papers}/1/pages/1?width=320"',
            signed_by,
            noted,
        ):
            assert part in shown
        assert "Tờ khai &amp; i.pdf" in shown
    assert "Ai đã xem" not in shown
    await get(intake, f"{papers}/1", SPECIALIST)
    for page in (await intake.page(path, OWNER), await intake.page("/", OWNER)):
        assert "Mở giấy tờ số 1: Chuyên viên" in page
        assert "s-1" not in page
    assert "Chuyên viên · s-1" in await intake.page(path, LEADER)
    assert f'href="{path}?lang=vi"' in await intake.page("/", OWNER)
    for who, status in ((NEIGHBOUR, 404), (ASKED, 404), (officer("x", "superior", agency="H19"), 403), ({}, 401)):
        refused = await intake.http.get(path, headers=who)
        assert (refused.status_code, AN in refused.text) == (status, False)


async def test_a_paper_swapped_after_filing_is_never_sent(intake: Desk) -> None:
    """Before anybody has read it, and after; the first piece, and the last."""
    papers = await filed(intake)
    path, chunks = f"{papers}/1", intake.runtime.db["files.chunks"]

    async def swapped(n: int) -> dict[str, Any]:
        found = await chunks.find_one({"n": n})
        assert found is not None
        await chunks.update_one({"_id": found["_id"]}, {"$set": {"data": b"x" + found["data"][1:]}})
        return dict(found)

    async def spoilt(address: str = path) -> bool:
        answer = await get(intake, address, SPECIALIST)
        return (answer.status_code, answer.json()["code"]) == (500, "paper-spoilt")

    before = await swapped(2)
    assert await spoilt()
    assert await spoilt(f"{path}/pages/1?width=100")
    await chunks.replace_one({"_id": before["_id"]}, before)
    good = await get(intake, path, SPECIALIST)
    assert good.status_code == 200
    await swapped(1)
    first = await get(intake, path, SPECIALIST, range=f"bytes=0-{PIECE - 1}")
    assert (first.status_code, first.content) == (206, good.content[:PIECE])  # what is still right
    with pytest.raises(RuntimeError, match="already started"):  # broken off: the server closes the connection
        await get(intake, path, SPECIALIST)
    assert await spoilt()  # and from then on from the start
    await chunks.delete_many({})
    await intake.runtime.db["files.files"].delete_many({})
    assert await spoilt()
    assert "dossier_intake_papers_spoilt_total" in (await intake.http.get("/metrics")).text
