"""Parked events that this release cannot read, as after going back by one: they wait on, and hide no other."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.component.desks import Desk, officer

from dossier_local.memory import Author
from dossier_shared.contracts.events import Refused, RefusedSealed
from dossier_shared.journal.consumer import ParkedEvent, waiting_id

ADMIN = officer("admin", "admin", agency=None)


async def test_what_can_be_read_is_listed(review: Desk) -> None:
    events = [Author("intake", id_).says(Refused(), RefusedSealed(reason="Thiếu giấy tờ")) for id_ in ("a", "b")]
    await review.runtime.waiting.put([ParkedEvent(waiting_id(e), e, "illegal", datetime.now(UTC)) for e in events])
    of_later = {"$set": {"headers.$[one]": ["ce_type", b"vn.dossier.of-a-later-release.v1"]}}
    table = review.runtime.waiting.table
    await table.update_one({"_id": "a:intake:1"}, of_later, array_filters=[{"one": "ce_type"}])
    answer = await review.http.get("/internal/waiting", headers=ADMIN)
    assert answer.status_code == 200, answer.text
    assert [item["id"] for item in answer.json()["items"]] == ["b:intake:1"]
    assert answer.json()["count"] == 2
