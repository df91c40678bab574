"""What a person sends from their page without a script: once, theirs only, from our own page only, never lost in a refusal."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of, filing
from tests.component.intake.test_file_online import hidden

from dossier_local.memory import Author
from dossier_local.simulation.papers import scan
from dossier_shared.contracts.events import SupplementRequested, SupplementRequestedSealed
from dossier_shared.http.auth import COOKIE

ME = officer("Nguyễn Văn An", "citizen", agency=None)
STRANGER = officer("stranger", "citizen", agency=None)
COUNTER = officer("counter", "counter", agency=agency_of())
DRAWING = ("file.supplement", ("Bản vẽ.pdf", scan("drawing", 1), "application/pdf"))
BROKEN = ("file.supplement", ("hong.pdf", b"%PDF-1.7 gone", "application/pdf"))
NOTHING = ("file.supplement", ("", b""))


async def asked(intake: Desk) -> dict[str, Any]:
    dossier = dict((await intake.post("/api/v1/dossiers", ME, filing())).json())
    await intake.post(f"/api/v1/dossiers/{dossier['id']}/accept", COUNTER)
    said = Author("review", dossier["id"]).says(SupplementRequested(), SupplementRequestedSealed(text="Bản vẽ."))
    await intake.hears(said)
    return dossier


def action(page: str, of: str) -> str:
    found = re.search(rf'action="(/{of}/[^"]+)"', page)
    assert found is not None
    return unescape(found[1])


async def sent(intake: Desk, page: str, *files: Any, who: dict[str, str] = ME, **typed: str) -> httpx.Response:
    form = page[page.index(action(page, "bring")) :]
    given = {"key": hidden(form, "key")[0], "kept": hidden(form, "kept"), "do": "send", **typed}
    return await intake.http.post(action(page, "bring"), data=given, files=list(files) or [NOTHING], headers=who)


async def came(intake: Desk, dossier: dict[str, Any]) -> list[dict[str, Any]]:
    journal = (await intake.stored(dossier["id"]))["journal"]
    return [one["data"] for one in journal if one["type"] in ("supplement-received", "completed")]


async def test_it_is_sent_once_confirmed_and_listed(intake: Desk) -> None:
    dossier = await asked(intake)
    page = await intake.page("/", ME)
    answers = [await sent(intake, page, DRAWING, text="Xin gửi.") for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303], "pressed twice"
    where = answers[0].headers["location"]
    assert where == f"/?lang=vi&done=brought#d-{dossier['code']}"
    assert len(await came(intake, dossier)) == 1
    page = await intake.page(where.partition("#")[0], ME)
    for words in ("Đã gửi. Những gì đã gửi có ở hồ sơ dưới đây.", "Đã nhận lúc", "Bản vẽ.pdf", "Xin gửi."):
        assert words in page
    assert "/bring/" not in page


async def test_what_was_missing_before_it_was_accepted_is_sent_by_the_same_form(intake: Desk) -> None:
    dossier = (await intake.post("/api/v1/dossiers", ME, filing())).json()
    await intake.post(f"/api/v1/dossiers/{dossier['id']}/request-completion", COUNTER, {"text": "Thiếu."})
    answer = await sent(intake, await intake.page("/?lang=en", ME), DRAWING)
    assert answer.status_code == 303, answer.text
    assert len(await came(intake, dossier)) == 1


async def test_a_file_that_cannot_be_read_leaves_the_rest_where_it_was(intake: Desk) -> None:
    dossier = await asked(intake)
    answer = await sent(intake, await intake.page("/", ME), DRAWING, BROKEN, text="Xin gửi bản vẽ.")
    assert answer.status_code == 422
    assert "hong.pdf: " in answer.text
    assert "Xin gửi bản vẽ.</textarea>" in answer.text
    assert await came(intake, dossier) == [], "nothing is sent that the person has not seen"
    (kept,) = hidden(answer.text, "kept")
    put_away = await sent(intake, answer.text, do=f"forget:{':'.join(kept.split('|')[:2])}", text="Xin gửi bản vẽ.")
    assert (put_away.status_code, hidden(put_away.text, "kept")) == (200, [])
    done = await sent(intake, answer.text, text="Xin gửi bản vẽ.")
    assert done.status_code == 303, done.text
    assert len(await came(intake, dossier)) == 1


async def test_nothing_at_all_is_no_answer_and_another_s_file_is_no_paper_of_one_s_own(intake: Desk) -> None:
    dossier = await asked(intake)
    page = await intake.page("/", ME)
    empty = await sent(intake, page, text="  ")
    assert (empty.status_code, "Chưa có gì để bổ sung" in empty.text) == (422, True)
    headers = {**STRANGER, "content-type": "application/pdf"}
    theirs = await intake.http.post("/api/v1/documents?name=a.pdf", content=scan("b", 2), headers=headers)
    stolen = f"supplement|{theirs.json()['id']}|10|application/pdf|||a.pdf"
    refused = await sent(intake, page.replace('name="kept"', ""), kept=stolen)
    assert refused.status_code in (404, 422), refused.text
    assert await came(intake, dossier) == []


async def test_it_is_theirs_only_and_from_our_own_page_only(intake: Desk) -> None:
    dossier = await asked(intake)
    page = await intake.page("/", ME)
    assert (await sent(intake, page, DRAWING, who=STRANGER)).status_code == 404
    assert (await sent(intake, page, DRAWING, who=COUNTER)).status_code == 403
    assert (await sent(intake, page, DRAWING, who={})).status_code == 401
    session = {"cookie": f"{COOKIE}={ME['authorization'].removeprefix('Bearer ')}"}
    for foreign in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.test"}):
        for path in (action(page, "bring"), action(page, "take-back")):
            refused = await intake.http.post(path, data={"key": "k", "text": "a"}, headers={**session, **foreign})
            assert (refused.status_code, "cross-site" in refused.text) == (403, True)
    assert await came(intake, dossier) == []


async def test_when_it_was_answered_meanwhile_that_is_said_and_nothing_is_lost(intake: Desk) -> None:
    dossier = await asked(intake)
    page = await intake.page("/", ME)
    elsewhere = await intake.post(f"/api/v1/dossiers/{dossier['id']}/supplement", ME, {"text": "Ở máy khác."})
    assert elsewhere.status_code == 200, elsewhere.text
    late = await sent(intake, page, DRAWING, text="Ở máy này.")
    assert late.status_code == 409
    assert "Ở máy này.</textarea>" in late.text
    assert hidden(late.text, "kept")
    assert len(await came(intake, dossier)) == 1


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_dossier_is_taken_back(intake: Desk, accepted: bool) -> None:
    dossier = (await intake.post("/api/v1/dossiers", ME, filing())).json()
    if accepted:
        await intake.post(f"/api/v1/dossiers/{dossier['id']}/accept", COUNTER)
    page = await intake.page("/", ME)
    where = action(page, "take-back")
    key = hidden(page[page.index("/take-back/") :], "key")[0]

    async def wished(who: dict[str, str], text: str) -> httpx.Response:
        return await intake.http.post(where, data={"key": key, "text": text}, headers=who)

    assert (await wished(STRANGER, "Nộp nhầm.")).status_code == 404
    assert (await wished(ME, "")).status_code == 422
    for _ in range(2):
        assert (await wished(ME, "Nộp nhầm.")).headers["location"].endswith(f"done=wanted-back#d-{dossier['code']}")
    page = await intake.page("/?done=wanted-back", ME)
    assert "Đã gửi đề nghị rút hồ sơ." in page
    assert "/take-back/" not in page
    assert (await intake.stored(dossier["id"]))["state"]["status"] == ("accepted" if accepted else "withdrawn")
