"""A large scan comes in pieces and goes on where it broke off, through any replica; what is not finished goes by itself."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import Any

import httpx
import pikepdf
import pytest
from starlette.requests import ClientDisconnect, Request
from tests.cases import files
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of, filing

from dossier_intake.uploads.store import UNFINISHED
from dossier_intake.uploads.tus import PIECE, _pieces

ONE, OTHER = officer("u-1", "citizen", agency=None), officer("u-2", "citizen", agency=None)
PROCEDURE, PAPER = "1.001193", "G15-KQ004389"
TUS = {"tus-resumable": "1.0.0"}
PATH = "/api/v1/uploads"


def with_a_scan(size: int) -> bytes:
    def change(made: pikepdf.Pdf) -> None:
        made.pages[0].obj.Extra = pikepdf.Stream(made, Random(3).randbytes(size))

    return files.pdf(change)


SCAN = with_a_scan(11 * 1024 * 1024)  # more than may come at once


async def begun(intake: Desk, length: int, who: dict[str, str] = ONE, name: str = "Bản vẽ.pdf") -> httpx.Response:
    told = {
        "upload-length": str(length),
        "upload-metadata": f"filename {b64encode(name.encode()).decode()},filetype YQ==",
    }
    return await intake.http.post(PATH, headers={**who, **TUS, **told})


async def sent(intake: Desk, to: str, offset: int, content: bytes, who: dict[str, str] = ONE) -> httpx.Response:
    how = {**TUS, "upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
    return await intake.http.patch(to, headers={**who, **how}, content=content)


async def far(intake: Desk, at: str, who: dict[str, str] = ONE) -> httpx.Response:
    return await intake.http.head(at, headers={**who, **TUS})


async def test_a_large_scan_comes_in_pieces_and_is_filed(intake: Desk) -> None:
    can = await intake.http.options(PATH)
    assert (can.status_code, can.headers["tus-version"], can.headers["tus-max-size"]) == (204, "1.0.0", str(30 << 20))
    made = await begun(intake, len(SCAN))
    at = made.headers["location"]
    assert (made.status_code, at.startswith(f"{PATH}/")) == (201, True)
    half = 6 * 1024 * 1024 + 7
    first = await sent(intake, at, 0, SCAN[:half])
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(half))
    again = await sent(intake, at, 0, SCAN[:half])
    assert (again.status_code, again.json()["code"]) == (409, "upload-offset")
    known = await far(intake, at)
    assert (known.headers["upload-offset"], known.headers["upload-length"]) == (str(half), str(len(SCAN)))
    assert known.headers["cache-control"] == "no-store"
    for stranger in (await far(intake, at, OTHER), await sent(intake, at, half, b"x", OTHER)):
        assert stranger.status_code == 404
    last = await sent(intake, at, half, SCAN[half:])
    document = sha256(SCAN).hexdigest()
    assert (last.status_code, last.headers["upload-document"]) == (204, document)
    lost = await far(intake, at)  # whose answer was lost asks again
    assert (lost.headers["upload-offset"], lost.headers["upload-document"]) == (str(len(SCAN)), document)
    assert await intake.runtime.db["uploads.pieces"].count_documents({}) == 0
    body = filing(PROCEDURE, documents=[{"code": PAPER, "id": document}])
    assert (await intake.post("/api/v1/dossiers", OTHER, body)).json()["code"] == "document-unknown"
    dossier = await intake.post("/api/v1/dossiers", ONE, body)
    assert dossier.status_code == 201, dossier.text
    papers = f"/api/v1/dossiers/{dossier.json()['id']}/documents"
    counter = officer("c", "counter", agency=agency_of(PROCEDURE))
    (paper,) = (await intake.http.get(papers, headers=counter)).json()["items"]
    assert (paper["file_name"], paper["size"]) == ("Bản vẽ.pdf", len(SCAN))
    assert (await intake.http.get(f"{papers}/1", headers=counter)).content == SCAN


async def test_what_is_refused_when_it_is_whole_is_gone(intake: Desk) -> None:
    broken = SCAN[: PIECE + 100]
    at = (await begun(intake, len(broken))).headers["location"]
    refused = await sent(intake, at, 0, broken)
    assert (refused.status_code, refused.json()["code"]) == (422, "document-broken")
    assert (await far(intake, at)).status_code == 404
    at = (await begun(intake, 10)).headers["location"]
    longer = await sent(intake, at, 0, b"x" * 11)
    assert (longer.status_code, longer.json()["code"]) == (422, "upload-too-long")
    assert (await intake.http.delete(at, headers={**ONE, **TUS})).status_code == 204
    assert (await far(intake, at)).status_code == 404
    assert await intake.runtime.db["uploads.pieces"].count_documents({}) == 0


async def test_what_is_no_tus_is_refused_in_words(intake: Desk) -> None:
    without = await intake.http.post(PATH, headers={**ONE, "upload-length": "9"})
    assert (without.status_code, without.json()["code"], without.headers["tus-version"]) == (
        412,
        "tus-version",
        "1.0.0",
    )
    for length, status, code in (
        (0, 422, "document-empty"),
        ((30 << 20) + 1, 413, "document-too-large"),
        (-1, 400, "upload-header"),
        (10**20, 400, "upload-header"),
    ):
        answer = await begun(intake, length)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    at = (await begun(intake, 10)).headers["location"]
    wrong = await intake.http.patch(at, headers={**ONE, **TUS, "upload-offset": "0"}, content=b"x")
    assert (wrong.status_code, wrong.json()["code"]) == (415, "upload-media-type")
    assert (await intake.http.post(PATH, headers={**officer("l", "leader"), **TUS})).status_code == 403
    for nowhere in ("nothing", "%7B%22%24gt%22%3A1%7D"):
        assert (await far(intake, f"{PATH}/{nowhere}")).status_code == 404
    for _ in range(UNFINISHED - 1):
        assert (await begun(intake, 10)).status_code == 201
    many = await begun(intake, 10)
    assert (many.status_code, many.json()["code"]) == (429, "uploads-unfinished")
    assert (await begun(intake, 10, OTHER)).status_code == 201
    ends = {"expires": datetime(2020, 1, 1, tzinfo=UTC)}
    await intake.runtime.db["uploads.unfinished"].update_many({}, {"$set": ends})
    assert (await far(intake, at)).status_code == 404
    assert (await begun(intake, 10)).status_code == 201


async def test_what_came_before_a_connection_broke_is_kept() -> None:
    """In pieces of bounded size, whatever sizes it came in."""
    told: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"x" * (PIECE + 5), "more_body": True},
        {"type": "http.request", "body": b"y" * 7, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return told.pop(0)

    pieces = _pieces(Request({"type": "http", "headers": [], "method": "PATCH"}, receive))
    assert [len(await anext(pieces)), await anext(pieces)] == [PIECE, b"xxxxx" + b"y" * 7]
    with pytest.raises(ClientDisconnect):
        await anext(pieces)
