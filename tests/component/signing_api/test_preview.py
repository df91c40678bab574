"""What a leader is shown is what is signed, to the byte; and what is no longer that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
from tests.component.desks import Desk
from tests.unit.signing_rules.support import Result

from dossier_shared.contracts.entries import AgencyEntry
from dossier_shared.contracts.events import ReasonSealed as Reason
from dossier_shared.contracts.events import SentBack
from dossier_shared.journal.dossier import New

from .test_signing import CITIZEN, LEADER, decide, effects

PREVIEW = "/api/v1/dossiers/one/preview"


async def look(signing: Desk, path: str = PREVIEW, **params: Any) -> tuple[bytes, dict[str, Any]]:
    shown = await signing.http.get(path, headers=LEADER, params=params)
    assert shown.status_code == 200, shown.text
    assert shown.headers["content-type"] == "application/pdf"
    seen = {"preview": shown.headers["etag"].strip('"'), "preview_at": shown.headers["x-preview-at"], **params}
    assert sha256(shown.content).hexdigest() == seen["preview"]
    return shown.content, seen


async def sign(signing: Desk, seen: dict[str, Any], **key: str) -> httpx.Response:
    return await signing.post("/api/v1/dossiers/one/sign", LEADER, seen, **key)


async def test_the_signed_file_begins_with_what_was_shown(signing: Desk) -> None:
    await decide(signing, "one")
    page, seen = await look(signing)
    at = seen["preview_at"]
    assert (await signing.http.get(PREVIEW, headers=LEADER, params={"at": at})).content == page
    asked = await sign(signing, seen, key="k")
    assert asked.status_code == 202, asked.text
    assert await effects(signing).act_once() == 1
    assert (await sign(signing, seen, key="k")).status_code == 202, "the same word once more"
    signed = (await signing.http.get("/api/v1/dossiers/one/result", headers=CITIZEN)).content
    assert signed.startswith(page), "its hash is what is signed"
    assert len(signed) > len(page)
    asked_for = (await signing.stored("one"))["journal"][0]["data"]
    assert (asked_for["preview"], asked_for["preview_at"]) == (seen["preview"], at)
    late = await signing.http.get(PREVIEW, headers=LEADER)
    assert (late.status_code, late.json()["code"]) == (409, "illegal-transition")


async def test_what_changed_meanwhile_is_not_signed(signing: Desk) -> None:
    await decide(signing, "one")
    _, seen = await look(signing)
    held = signing.runtime.directory.agencies
    entry = {"name_en": "x", "level": "commune", "kind": "police", "catalogue": "v"}
    held["H19.1"] = AgencyEntry.model_validate({"code": "H19.1", "name_vi": "Công an xã Tân Tiến", **entry})
    answers = [await sign(signing, seen)]
    held.clear()
    old = (datetime.now(UTC) - timedelta(minutes=16)).isoformat()
    for wrong in ({"preview": "0" * 64}, {"preview_at": old}, {"substitute": True}):
        answers.append(await sign(signing, {**seen, **wrong}))
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "preview-outdated")] * 4
    assert (await signing.stored("one"))["state"]["stage"] == "signature"
    assert (await sign(signing, seen)).status_code == 202, "and it is the one that was shown again"


async def test_new_contents_are_shown_anew(signing: Desk) -> None:
    result = Result("certificate", "one").decided()
    _, before = await _after(signing, result)
    result.records([New(SentBack(), Reason(reason="Sai tên"))])
    result.decided(holder="Nguyễn Thị Anh")
    await signing.runtime.dossiers.table.delete_one({"_id": "one"})
    _, after = await _after(signing, result)
    assert before["preview"] != after["preview"]
    assert (await sign(signing, before)).json()["code"] == "preview-outdated"


async def _after(signing: Desk, result: Result) -> tuple[bytes, dict[str, Any]]:
    await signing.put(replace(result.dossier, fresh=list(result.dossier.journal), before=None, version=0))
    return await look(signing)


async def test_in_a_batch_it_is_the_worker_that_refuses(signing: Desk) -> None:
    await decide(signing, "one", "two")
    _, seen = await look(signing)
    items = [{"key": id_, "dossier": id_, **seen} for id_ in ("one", "two")]  # of the second another was seen
    answer = (await signing.post("/api/v1/dossiers:sign", LEADER, {"items": items})).json()["items"]
    assert [item["status"] for item in answer] == [202, 202]
    assert await effects(signing).act_once() == 2
    states = [(await signing.stored(id_))["state"] for id_ in ("one", "two")]
    assert [(state["status"], state.get("failure")) for state in states] == [
        ("signed", None), ("approved", "preview-outdated"),
    ]  # fmt: skip


async def test_what_cannot_be_printed_is_shown_with_code_points(signing: Desk) -> None:
    await decide(signing, "one", holder="😀")
    refused = await signing.http.get(PREVIEW, headers=LEADER)
    assert (refused.status_code, refused.json()["code"]) == (422, "unprintable-text")
    page, seen = await look(signing, substitute=True)
    assert (await sign(signing, seen)).status_code == 202
    assert await effects(signing).act_once() == 1
    assert (await signing.http.get("/api/v1/dossiers/one/result", headers=CITIZEN)).content.startswith(page)


async def test_only_its_leader_is_shown_it(signing: Desk) -> None:
    await decide(signing, "one")
    for who, status in (
        (CITIZEN, 403),
        ({**LEADER, "authorization": LEADER["authorization"].replace("H19.1", "H19.2")}, 404),
    ):
        assert (await signing.http.get(PREVIEW, headers=who)).status_code == status
    assert (await signing.http.get(PREVIEW, headers=LEADER, params={"at": "soon"})).json()["code"] == "at-invalid"
