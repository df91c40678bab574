"""A case that an officer of others has opened in an emergency: all of it is read, nothing can be done, and it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.unit.review.support import Case
from tests.unit.runtime.test_emergencies import NOW, REASON, taken
from tests.unit.runtime.test_officers import record

from dossier_shared.clock import FixedClock, instant

STRANGE, ADMIN = officer("nam", "leader", agency="X-H19-1"), officer("root", "admin", agency=None)
SUPERIOR = officer("giang", "superior", agency="H19")


@pytest.fixture
async def desk(review: Desk) -> Desk:
    review.runtime.clock = review.runtime.ledger.engine.clock = FixedClock(instant(NOW))
    await review.put(Case("one").assigned().dossier, Case("two").appraised().dossier)
    opened = [
        taken("1", dossier="one", code="H19.1-one"),
        taken("2", dossier="one", code="H19.1-one", subject="root", officer_agency=None),
    ]
    review.runtime.directory.emergencies.take([record(one.id, one.model_dump_json().encode()) for one in opened])
    return review


@pytest.mark.parametrize("who", [STRANGE, ADMIN])
async def test_the_case_is_read_whole_and_no_other(desk: Desk, who: dict[str, str]) -> None:
    seen = await desk.http.get("/api/v1/dossiers/one", headers=who)
    assert (seen.status_code, seen.json()["applicant"]) == (200, "Nguyễn Văn An")
    page = await desk.page("/cases/one", who)
    for words in ("H19.1-one", "Nguyễn Văn An", "Đang xem khẩn cấp", "Giao việc"):
        assert words in page, words
    assert 'name="action"' not in page
    for path in ("/api/v1/dossiers/two", "/cases/two"):
        assert (await desk.http.get(path, headers=who)).status_code == 404
    listed = await desk.http.get("/api/v1/queue", params={"stage": "mine"}, headers=STRANGE)
    assert listed.json()["items"] == []
    clock: Any = desk.runtime.clock
    clock.advance(timedelta(hours=1).total_seconds())
    for path in ("/api/v1/dossiers/one", "/cases/one"):
        assert (await desk.http.get(path, headers=who)).status_code == 404


async def test_nothing_can_be_done_to_it(desk: Desk) -> None:
    for verb, body in (("note", {"text": "Đã xem."}), ("stop", {"reason": REASON}), ("assign", {})):
        answer = await desk.post(f"/api/v1/dossiers/one/{verb}", STRANGE, body)
        assert answer.status_code == 404, verb
    sent = {"action": "note", "key": "k", "version": "1", "text": "Đã xem."}
    assert (await desk.http.post("/cases/one", data=sent, headers=STRANGE)).status_code == 404


async def test_a_superior_without_it_sees_progress_and_no_more(desk: Desk) -> None:
    assert "applicant" not in (await desk.http.get("/api/v1/dossiers/one", headers=SUPERIOR)).json()
