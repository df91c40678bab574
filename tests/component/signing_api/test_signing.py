"""From a leader's word to a document that poppler accepts, and every way in between that it can go wrong."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.unit.runtime.test_emergencies import NOW, taken
from tests.unit.runtime.test_officers import record
from tests.unit.signing_rules.support import Result

from dossier_shared.clock import FixedClock, instant
from dossier_shared.contracts.entries import AgencyEntry, ProcedureEntry
from dossier_shared.contracts.events import Approved, Rejected, SigningFailed, SigningRequested, SigningRequestedSealed
from dossier_shared.journal.dossier import New
from dossier_shared.journal.effects import Effects, Intent
from dossier_signing import handlers

LEADER = officer("Trần Thị Bình", "leader")
CITIZEN = officer("citizen", "citizen", agency=None)


def effects(signing: Desk) -> Effects:
    (effects,) = signing.runtime.effects
    return effects


async def decide(signing: Desk, *ids: str, **decision: Any) -> None:
    kind = decision.pop("kind", "certificate")
    await signing.put(*(Result(kind, id_).decided(**decision).dossier for id_ in ids))


async def sign(signing: Desk, *ids: str) -> None:
    items = [{"key": f"sign-{id_}", "dossier": id_} for id_ in ids]
    answer = await signing.post("/api/v1/dossiers:sign", LEADER, {"items": items})
    assert [item["status"] for item in answer.json()["items"]] == [202] * len(ids)


async def references(signing: Desk) -> list[str]:
    files = signing.runtime.db["files.files"].find({})
    return sorted([found["metadata"]["reference"] async for found in files])


def later(signing: Desk, seconds: float) -> None:
    assert isinstance(signing.runtime.ledger.clock, FixedClock)
    signing.runtime.ledger.clock.advance(seconds)


async def test_signed_and_handed_out(signing: Desk, pdfsig: Callable[[bytes], str]) -> None:
    await decide(signing, "one", model=Approved)
    early = await signing.http.get("/api/v1/dossiers/one/result", headers=CITIZEN)
    assert (early.status_code, early.json()["code"]) == (409, "result-not-ready")
    asked = await signing.post("/api/v1/dossiers/one/sign", LEADER)
    assert (asked.status_code, asked.json()["signing"], asked.json()["stage"]) == (202, True, None)
    assert await effects(signing).act_once() == 1
    result = await signing.http.get("/api/v1/dossiers/one/result", headers=CITIZEN)
    assert result.headers["content-type"] == "application/pdf"
    verdict = await asyncio.to_thread(pdfsig, result.content)
    assert "Signature is Valid" in verdict
    assert "Certificate is Trusted" in verdict
    assert "Trần Thị Bình" in verdict
    shown = (await signing.http.get("/api/v1/dossiers/one", headers=LEADER)).json()
    assert (shown["status"], shown["signing"], shown["result"]["kind"]) == ("signed", False, "certificate")
    again = await signing.post("/api/v1/dossiers/one/sign", LEADER)
    assert (again.status_code, again.json()["code"]) == (409, "illegal-transition")


async def test_a_rejection_becomes_a_letter(signing: Desk, pdfsig: Callable[[bytes], str]) -> None:
    await decide(signing, "one", model=Rejected, reason="Thiếu giấy chứng sinh.", kind="database_update")
    await sign(signing, "one")
    assert await effects(signing).act_once() == 1
    answer = await signing.http.get("/api/v1/dossiers/one/result", headers=CITIZEN)
    assert "Signature is Valid" in await asyncio.to_thread(pdfsig, answer.content)
    assert (await signing.stored("one"))["state"]["result"]["kind"] == "rejection"


async def test_a_registry_entry_has_no_document(signing: Desk) -> None:
    await decide(signing, "one", kind="database_update")
    answer = await signing.http.get("/api/v1/dossiers/one/result", headers=CITIZEN)
    assert (answer.status_code, answer.json()["code"]) == (404, "no-document")
    queue = (await signing.http.get("/api/v1/queue", headers=LEADER)).json()
    assert queue == {"items": [], "next": None}


async def test_what_cannot_be_signed_comes_back_with_the_reason(signing: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "check_document", lambda *given: None)  # the fonts know better than the door
    await decide(signing, "good")
    await decide(signing, "bad", holder="😀")
    await sign(signing, "good", "bad")
    assert await effects(signing).act_once() == 2
    queue = (await signing.http.get("/api/v1/queue", headers=LEADER)).json()["items"]
    assert [(one["id"], one["failure"], one["stage"]) for one in queue] == [("bad", "unprintable-text", "signature")]
    assert [entry["type"] for entry in (await signing.stored("bad"))["journal"]] == [
        "signing-requested",
        "signing-failed",
    ]
    assert "chưa ký được: có chữ không in được" in await signing.page("/work", LEADER)
    again = await signing.post("/api/v1/dossiers/bad/sign", LEADER)
    assert (again.status_code, again.json()["failure"]) == (202, None)


async def test_c5_a_letter_no_font_has_is_named_and_the_leader_may_sign_all_the_same(
    signing: Desk, pdfsig: Callable[[bytes], str]
) -> None:
    await decide(signing, "good")
    await decide(signing, "odd", model=Rejected, reason="Thiếu giấy 😀 chứng sinh")
    items = [{"key": f"sign-{id_}", "dossier": id_} for id_ in ("odd", "good")]
    refused, asked = (await signing.post("/api/v1/dossiers:sign", LEADER, {"items": items})).json()["items"]
    assert (refused["status"], asked["status"]) == (422, 202)
    problem = refused["problem"]
    assert (problem["code"], problem["errors"][0]["path"]) == ("unprintable-text", "/reason")
    assert "“😀” (U+1F600)" in problem["detail"]
    assert "giấy" not in str(problem)
    page = await signing.page("/work", LEADER)
    assert "không in được “😀” (U+1F600)" in page
    assert "Ký, thay ký tự" in page
    assert await effects(signing).act_once() == 1

    again = await signing.post("/api/v1/dossiers/odd/sign", LEADER, {"substitute": True})
    assert (again.status_code, again.json()["signing"]) == (202, True)
    assert await effects(signing).act_once() == 1
    result = await signing.http.get("/api/v1/dossiers/odd/result", headers=CITIZEN)
    assert "Signature is Valid" in await asyncio.to_thread(pdfsig, result.content)
    assert (await signing.stored("odd"))["journal"][0]["data"]["substitute"] is True


async def test_c2_titles_place_and_names_come_from_the_catalogue_in_force(
    signing: Desk, tool: Callable[[str], str]
) -> None:
    await decide(signing, "one")
    held = signing.runtime.directory.agencies
    common = {"name_en": "x", "level": "commune", "kind": "police", "catalogue": "v"}
    held["H19"] = AgencyEntry.model_validate({"code": "H19", "name_vi": "Công an thành phố Đồng Nai"} | common)
    signature = {"title": "Trưởng Công an", "place": "Tân Tiến"}
    held["H19.1"] = AgencyEntry.model_validate(
        {"code": "H19.1", "name_vi": "Công an xã Tân Tiến", "parent": "H19", "signature": signature} | common
    )
    await sign(signing, "one")
    held.clear()  # what was asked for is what is signed, whatever the catalogue says by then
    assert await effects(signing).act_once() == 1
    pdf = (await signing.http.get("/api/v1/dossiers/one/result", headers=CITIZEN)).content
    command = [tool("pdftotext"), "-layout", "-", "-"]
    text = (
        await asyncio.to_thread(subprocess.run, command, input=pdf, capture_output=True, check=True)
    ).stdout.decode()
    for part in ("CÔNG AN THÀNH PHỐ ĐỒNG NAI", "CÔNG AN XÃ TÂN TIẾN", "TRƯỞNG CÔNG AN", "Tân Tiến, ngày"):
        assert part in text
    assert "TM." not in text
    assert "Bù Đăng" not in text


async def test_c5_a_dossier_that_failed_before_is_signed_with_the_leader_s_word_in_a_batch(signing: Desk) -> None:
    """A sibling: what came back from the fonts, by the batch."""
    result = Result("certificate", "old").decided(holder="𠀁")
    result.records(
        [New(SigningRequested(reference="old:result", number="1"), SigningRequestedSealed(leader_name="Trần"))]
    )
    result.records([New(SigningFailed(reference="old:result", reason="unprintable-text"))], "rule:signing")
    await signing.put(result.dossier)
    items = [{"key": "sign-old", "dossier": "old", "substitute": True}]
    (item,) = (await signing.post("/api/v1/dossiers:sign", LEADER, {"items": items})).json()["items"]
    assert item["status"] == 202
    assert await effects(signing).act_once() == 1
    assert (await signing.stored("old"))["state"]["status"] == "signed"


async def test_a_worker_that_dies_in_mid_batch_loses_and_doubles_nothing(signing: Desk) -> None:
    await decide(signing, "warm", "one", "two", "three")
    await sign(signing, "warm")
    await effects(signing).act_once()
    (worker,) = multiprocessing.active_children()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)  # the batch is certainly unfinished when it dies
    await sign(signing, "one", "two", "three")
    acting = asyncio.create_task(effects(signing).act_once())
    await asyncio.sleep(0)
    os.kill(worker.pid, signal.SIGKILL)
    assert await acting == 3
    assert await references(signing) == ["one:result", "three:result", "two:result", "warm:result"]
    for id_ in ("one", "two", "three"):
        stored = await signing.stored(id_)
        assert [entry["type"] for entry in stored["journal"]] == ["signing-requested", "signed"]
        assert "claim" not in stored


async def test_a_stored_signature_is_found_by_its_reference_not_made_again(
    signing: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await decide(signing, "one")
    await sign(signing, "one")

    act = effects(signing).act

    async def act_and_die(intents: Sequence[Intent]) -> Mapping[str, Any]:
        await act(intents)
        raise ConnectionError("gone between the effect and its record")

    monkeypatch.setattr(effects(signing), "act", act_and_die)
    assert await effects(signing).act_once() == 0
    assert await references(signing) == ["one:result"]

    async def never(intents: Sequence[Intent]) -> Mapping[str, Any]:
        raise AssertionError("it was made already")

    monkeypatch.setattr(effects(signing), "act", never)
    later(signing, 61)
    assert await effects(signing).sweep() == 1
    stored = await signing.stored("one")
    assert stored["state"]["status"] == "signed"
    assert await references(signing) == ["one:result"]
    assert stored["state"]["result"]["file"] == (await signing.runtime.db["files.files"].find_one({}))["filename"]  # type: ignore[index]


async def test_an_item_that_is_refused_does_not_touch_the_others(signing: Desk) -> None:
    await decide(signing, "one", "two")
    await sign(signing, "two")
    items = [{"key": f"k-{id_}", "dossier": id_} for id_ in ("one", "two", "nowhere")]
    answer = (await signing.post("/api/v1/dossiers:sign", LEADER, {"items": items})).json()["items"]
    assert [(item["key"], item["status"]) for item in answer] == [("k-one", 202), ("k-two", 409), ("k-nowhere", 404)]
    repeated = (await signing.post("/api/v1/dossiers:sign", LEADER, {"items": items[:1]})).json()["items"]
    assert repeated[0]["dossier"] == answer[0]["dossier"]
    assert len((await signing.stored("one"))["journal"]) == 1


async def test_who_decided_signs_only_what_the_procedure_lets_them_also_of_many(signing: Desk) -> None:
    apart = ProcedureEntry(
        code="1.001193", name_vi="Đăng ký khai sinh", name_en="Birth registration", catalogue="1", separate_signing=True
    )
    signing.runtime.directory.procedures["1.001193"] = apart
    await decide(signing, "mine", "mine-too", by="Trần Thị Bình")
    await decide(signing, "others", by="another")
    items = [{"key": f"k-{id_}", "dossier": id_} for id_ in ("mine", "others", "mine-too")]
    answer = await signing.post("/api/v1/dossiers:sign", LEADER, {"items": items})
    found = [(item["status"], item.get("problem", {}).get("code")) for item in answer.json()["items"]]
    assert found == [(403, "decided-by-signer"), (202, None), (403, "decided-by-signer")]
    page = await signing.page("/work", LEADER)
    assert page.count("Bạn đã duyệt hồ sơ này; lãnh đạo khác ký") == 2
    assert "Bạn đã duyệt" in await signing.page("/cases/mine", LEADER)
    assert "sign-seen" not in await signing.page("/cases/mine", LEADER)
    other = officer("Lê Văn Cường", "leader")
    assert "sign-seen" in await signing.page("/cases/mine", other)
    assert (await signing.post("/api/v1/dossiers/mine/sign", other)).status_code == 202
    signing.runtime.directory.procedures["1.001193"] = apart.model_copy(update={"separate_signing": False})
    assert (await signing.post("/api/v1/dossiers/mine-too/sign", LEADER)).status_code == 202


async def test_a_result_opened_in_an_emergency_is_read_and_not_signed(signing: Desk) -> None:
    await decide(signing, "one", "two")
    signing.runtime.clock = FixedClock(instant(NOW))
    one = taken("1", dossier="one", code="H19.1-one")
    signing.runtime.directory.emergencies.take([record("1", one.model_dump_json().encode())])
    strange = officer("nam", "leader", agency="X-H19-1")
    page = await signing.page("/cases/one", strange)
    assert "Đang xem khẩn cấp" in page
    assert 'name="action"' not in page
    paths = ("/api/v1/dossiers/one", "/api/v1/dossiers/one/preview", "/cases/two", "/api/v1/dossiers/two")
    found = [(await signing.http.get(path, headers=strange)).status_code for path in paths]
    assert found == [200, 404, 404, 404]
    assert (await signing.post("/api/v1/dossiers/one/sign", strange)).status_code == 404
