"""A signing run's progress is the truth about each of its results: 202 is not done."""

from __future__ import annotations

from typing import Any

import pytest
from tests.component.desks import Desk, officer

from dossier_signing import handlers

from .test_signing import LEADER, decide, effects

ELSEWHERE = officer("Trần Thị Bình", "leader", agency="H19.2")


async def progress(signing: Desk, who: dict[str, str] = LEADER) -> dict[str, Any]:
    answer = await signing.http.get("/api/v1/signing-runs/r-1", headers=who)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def told(found: dict[str, Any]) -> list[int]:
    return [found[name] for name in ("asked", "signed", "failed", "remaining")]


async def test_a_run_is_asked_for_signed_and_failed_one_by_one(signing: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "check_document", lambda *given: None)
    await decide(signing, "one", "two", "not-in-it")
    await decide(signing, "bad", holder="😀")
    assert told(await progress(signing)) == [0, 0, 0, 0]
    items = [{"key": id_, "dossier": id_, "run": "r-1"} for id_ in ("one", "two", "bad")]
    answer = (await signing.post("/api/v1/dossiers:sign", LEADER, {"items": items})).json()["items"]
    assert [item["status"] for item in answer] == [202] * 3
    await signing.post("/api/v1/dossiers/not-in-it/sign", LEADER, {"run": "r-2"})
    assert told(await progress(signing)) == [3, 0, 0, 3]
    assert await effects(signing).act_once() == 4
    found = await progress(signing)
    assert told(found) == [3, 2, 1, 0]
    assert found["failures"] == [{"id": "bad", "code": "H19.1-bad", "failure": "unprintable-text"}]
    assert told(await progress(signing, ELSEWHERE)) == [0, 0, 0, 0], "of another agency nothing is told"
    await signing.post("/api/v1/dossiers/bad/send-back", LEADER, {"reason": "Sửa tên"})
    assert told(await progress(signing)) == [2, 2, 0, 0]


async def test_the_page_of_one_shows_the_very_document_and_signs_it(signing: Desk) -> None:
    await decide(signing, "one")
    await signing.http.get("/api/v1/dossiers/one/preview", headers=LEADER)
    page = await signing.page("/cases/one", LEADER)
    hidden = dict(part.split('" value="') for part in page.split('type="hidden" name="')[1:6])
    form = {name: value.partition('"')[0] for name, value in hidden.items()}
    assert form["action"] == "sign-seen"
    assert f"<dd>{form['preview']}</dd>" in page
    assert f"/api/v1/dossiers/one/preview?at={form['preview_at'].replace(':', '%3A')}" in page
    for words in ("Nguyễn Thị Ánh", "01/11/2026", "Ký văn bản này", "Trả lại"):
        assert words in page
    done = await signing.http.post("/cases/one", data=form, headers=LEADER)
    assert done.status_code == 303, done.text
    asked = (await signing.stored("one"))["journal"][0]["data"]
    assert (asked["preview"], asked["preview_at"]) == (form["preview"], form["preview_at"])
    assert "Hệ thống ký số đang ký" in await signing.page("/cases/one", LEADER)
    assert (await signing.http.get("/cases/one", headers=ELSEWHERE)).status_code == 404
