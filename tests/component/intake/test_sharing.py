"""A paper of one's own, shared with the office of one dossier: for that alone, until it is taken back."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of, filing
from tests.component.intake.test_file_online import PERSON, hidden

from dossier_local.simulation.papers import scan

CODE = "1.001193"
PAPER = "G15-KQ003208"
ME = officer("Nguyễn Văn An", "citizen", agency=None, person=PERSON)
STRANGER = officer("stranger", "citizen", agency=None)
OFFICE = officer("s", "specialist", agency=agency_of(CODE))
ELSEWHERE = officer("x", "specialist", agency="H19.9")


async def filed(intake: Desk, **changes: Any) -> dict[str, Any]:
    answer = await intake.post("/api/v1/dossiers", ME, filing(CODE, reused=["G15-KQ004389"], **changes))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def with_paper(intake: Desk) -> dict[str, Any]:
    sent = {**ME, "content-type": "application/pdf"}
    upload = await intake.http.post("/api/v1/documents?name=giay.pdf", content=scan("a", 1), headers=sent)
    return await filed(intake, documents=[{"code": PAPER, "id": upload.json()["id"]}])


async def share(intake: Desk, source: str, dossier: str, who: dict[str, str] = ME, n: str = "1") -> httpx.Response:
    given = {"key": "share-1-of-these-tests", "source": source, "n": n, "dossier": dossier}
    return await intake.http.post("/papers/share", data=given, headers=who)


def lent(page: str) -> list[str]:
    return re.findall(r'href="(/api/v1/dossiers/[^"]+/shared/[^"]+)"', page)


async def test_it_is_read_for_that_dossier_alone_and_no_more_once_taken_back(intake: Desk) -> None:
    old, new = await with_paper(intake), await filed(intake)
    page = await intake.page("/papers", ME)
    assert f'<option value="{new["id"]}">' in page
    assert (await share(intake, old["id"], new["id"])).headers["location"] == "/papers?lang=vi&done=shared"
    assert (await share(intake, old["id"], new["id"])).status_code == 303, "twice is once"
    (address,) = lent(await intake.page(f"/dossiers/{new['id']}/documents", OFFICE))
    read = await intake.http.get(address, headers=OFFICE)
    assert (read.status_code, read.content[:4]) == (200, b"%PDF")
    for other in (ELSEWHERE, STRANGER, officer("k", "leader", agency="H19.9")):
        assert (await intake.http.get(address, headers=other)).status_code == 404
    assert lent(await intake.page(f"/dossiers/{old['id']}/documents", OFFICE)) == [], "of no other dossier"
    assert (await intake.http.get(address.replace(new["id"], old["id"]), headers=OFFICE)).status_code == 404
    assert "Xem giấy tờ bạn chia sẻ" in await intake.page("/", ME), "the person sees who looked"
    page = await intake.page("/papers", ME)
    end = re.findall(r'action="(/papers/shares/[^"]+)"', page)[0]
    key = {"key": hidden(page, "key")[-1]}
    assert (await intake.http.post(end, data=key, headers=STRANGER)).status_code == 404
    assert (await intake.http.get(address, headers=OFFICE)).status_code == 200, "nobody else takes it back"
    assert (await intake.http.post(end, data=key, headers=ME)).status_code == 303
    assert (await intake.http.get(address, headers=OFFICE)).status_code == 404
    assert lent(await intake.page(f"/dossiers/{new['id']}/documents", OFFICE)) == []
    assert "/papers/shares/" not in await intake.page("/papers", ME)
    await share(intake, old["id"], new["id"])
    assert (await intake.http.get(address, headers=OFFICE)).status_code == 200, "and it may be given again"


async def test_only_one_s_own_paper_and_one_s_own_open_dossier(intake: Desk) -> None:
    old, new = await with_paper(intake), await filed(intake)
    assert (await share(intake, old["id"], new["id"], STRANGER)).status_code == 404
    assert (await share(intake, old["id"], new["id"], n="2")).status_code == 404
    assert (await share(intake, old["id"], "nowhere")).status_code == 404
    assert (await share(intake, old["id"], new["id"], OFFICE)).status_code == 403
    assert (await share(intake, old["id"], new["id"])).status_code == 303
    (address,) = lent(await intake.page(f"/dossiers/{new['id']}/documents", OFFICE))
    gone = await intake.post(f"/api/v1/dossiers/{new['id']}/withdraw", ME, {"reason": "Nộp nhầm."})
    assert gone.status_code == 200, gone.text
    assert (await intake.http.get(address, headers=OFFICE)).status_code == 404, "what was lent for it goes with it"
    assert (await share(intake, old["id"], new["id"])).status_code == 409
    assert await intake.runtime.db["shares"].count_documents({}) == 1
