"""A leader lends a role for a while: by the API and on the page; the deputy acts, everybody sees for whom, and it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.unit.review.support import Case
from tests.unit.runtime.test_officers import entry

from dossier_shared.adapters.entry_store import EntryStore
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.entries import DelegationEntry
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import DELEGATIONS
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.runtime.entry_publisher import EntryPublisher

LEADER, DEPUTY, COUNTER = officer("leader", "leader"), officer("deputy", "specialist"), officer("counter", "counter")
START, NOW, END = "2025-07-01T02:00:00Z", "2025-07-01T02:30:00.000000Z", "2025-07-01T05:00:00.000000Z"
WISH = {"deputy": "deputy", "end": END, "reason": "Đi họp buổi sáng."}
SAME = {"sec-fetch-site": "same-origin"}


def kept(desk: Desk) -> EntryStore[DelegationEntry]:
    return EntryStore(desk.runtime.db["delegations"], DelegationEntry)


class Told:
    """The topic, and this service following it. `away`: nothing is taken."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.away, self.records = desk, False, list[Record]()

    async def send(self, topic: str, records: list[Record]) -> list[bool]:
        if not self.away:
            found = [
                StoredRecord(topic, 0, len(self.records) + n, one.key, one.value, []) for n, one in enumerate(records)
            ]
            self.records += records
            self.desk.runtime.directory.delegations.take(found)
        return [not self.away for _ in records]

    async def once(self) -> int:
        sender: Any = self
        return await EntryPublisher(sender, DELEGATIONS.name, kept(self.desk), self.desk.runtime.clock).once()


@pytest.fixture
async def desk(review: Desk) -> Desk:
    review.runtime.clock = review.runtime.ledger.engine.clock = FixedClock(NOW)
    listed = [
        entry(sub, role, agency="H19.1")
        for sub, role in (("leader", "leader"), ("deputy", "specialist"), ("counter", "counter"))
    ]
    review.runtime.directory.officers.take(listed)
    await review.put(*(Case(name, due="2025-07-09T10:00:00.000000Z").appraised().dossier for name in ("one", "two")))
    return review


async def test_a_deputy_acts_for_the_leader_until_it_ends_and_the_case_says_so(desk: Desk) -> None:
    told, approve = Told(desk), "/api/v1/dossiers/one/approve"
    assert (await desk.post(approve, DEPUTY)).status_code == 403
    given = (await desk.post("/api/v1/delegations", LEADER, WISH, "k")).json()
    assert (given["giver"], given["deputy"], given["roles"], given["in_force"]) == (
        "leader",
        "deputy",
        ["leader"],
        True,
    )
    again = await desk.post("/api/v1/delegations", LEADER, WISH, "k")
    assert again.json()["id"] == given["id"]
    other = await desk.post("/api/v1/delegations", LEADER, {**WISH, "reason": "Khác."}, "k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert [await told.once(), await told.once()] == [1, 0]

    assert (await desk.post(approve, DEPUTY)).status_code == 200
    assert (await desk.stored("one"))["journal"][-1]["actor"] == "leader:deputy"
    page = await desk.page("/cases/one", LEADER)
    assert "thay mặt Trần Thị leader theo uỷ quyền" in page
    onwards = await desk.post("/api/v1/delegations", DEPUTY, {**WISH, "deputy": "counter"})
    assert (onwards.status_code, onwards.json()["code"]) == (403, "role-not-own")

    desk.runtime.clock = FixedClock(desk.runtime.clock.now() + timedelta(minutes=1))
    ended = await desk.post(f"/api/v1/delegations/{given['id']}/end", LEADER)
    assert ended.json()["in_force"] is False
    assert (await desk.post(f"/api/v1/delegations/{given['id']}/end", LEADER)).json() == ended.json()
    assert await told.once() == 1
    assert (await desk.post("/api/v1/dossiers/two/approve", DEPUTY)).status_code == 403
    assert "thay mặt Trần Thị leader" in await desk.page("/cases/one", LEADER), "what was done under it stays so"


async def test_what_the_broker_does_not_take_is_told_later(desk: Desk) -> None:
    told = Told(desk)
    told.away = True
    await desk.post("/api/v1/delegations", LEADER, WISH)
    assert [await told.once(), len(told.records)] == [0, 0]
    told.away = False
    assert [await told.once(), len(told.records)] == [1, 1]
    await kept(desk).tell_again(END)
    assert await told.once() == 0, "what has ended is not told again"
    await kept(desk).tell_again(NOW)
    assert await told.once() == 1, "a topic that was lost has it again"


@pytest.mark.parametrize(
    ("who", "changes", "status", "code"),
    [
        (DEPUTY, {}, 403, "forbidden"),
        (LEADER, {"deputy": "leader"}, 422, "deputy-oneself"),
        (LEADER, {"deputy": "nobody"}, 422, "officer-unknown"),
        (LEADER, {"roles": ["counter"]}, 403, "role-not-own"),
        (LEADER, {"roles": ["admin"]}, 422, "invalid"),
        (LEADER, {"roles": []}, 422, "invalid"),
        (LEADER, {"reason": "\u200b"}, 422, "invalid"),
        (LEADER, {"end": NOW}, 422, "delegation-span"),
        (LEADER, {"end": START}, 422, "delegation-span"),
        (LEADER, {"end": "2025-10-01T05:00:00Z"}, 422, "delegation-span"),
        (LEADER, {"end": "9999-12-31T05:00:00Z"}, 422, "delegation-span"),
        (LEADER, {"end": "2025-02-30T05:00:00Z"}, 422, "invalid"),
        (LEADER, {"giver": "deputy"}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_lent(desk: Desk, who: dict[str, str], changes: Any, status: int, code: str) -> None:
    answer = await desk.post("/api/v1/delegations", who, {**WISH, **changes})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await Told(desk).once() == 0


async def test_who_sees_and_who_ends_it(desk: Desk) -> None:
    given = (await desk.post("/api/v1/delegations", LEADER, WISH)).json()
    await Told(desk).once()
    path = f"/api/v1/delegations/{given['id']}/end"
    assert (await desk.post(path, COUNTER)).status_code == 404
    assert (await desk.post(path, officer("x", "leader", agency="H19.2"))).status_code == 404
    for who in (LEADER, DEPUTY, COUNTER):
        assert [one["id"] for one in (await desk.http.get("/api/v1/delegations", headers=who)).json()["items"]] == [
            given["id"]
        ]
    elsewhere = await desk.http.get("/api/v1/delegations", headers=officer("x", "leader", agency="H19.2"))
    assert elsewhere.json()["items"] == []
    assert (await desk.post(path, DEPUTY)).json()["in_force"] is False, "who has it may give it back"


async def test_on_the_page_without_a_script(desk: Desk) -> None:
    page = await desk.page("/delegations", LEADER)
    assert '<option value="deputy">Trần Thị deputy</option>' in page
    form = {"key": "p", "deputy": "deputy", "roles": "leader", "end": "12h00 01/07/2025", "reason": ""}
    refused = await desk.http.post("/delegations", data=form, headers={**LEADER, **SAME})
    assert refused.status_code == 422
    assert 'value="12h00 01/07/2025"' in refused.text, "what was typed is kept"
    done = await desk.http.post("/delegations", data={**form, "reason": "Đi họp."}, headers={**LEADER, **SAME})
    assert (done.status_code, done.headers["location"]) == (303, "/delegations?lang=vi&done=given")
    await Told(desk).once()
    shown = await desk.page("/delegations", DEPUTY)
    assert "Đang hiệu lực" in shown
    assert 'name="deputy"' not in shown
    [given] = (await desk.http.get("/api/v1/delegations", headers=LEADER)).json()["items"]
    assert given["end"] == "2025-07-01T05:00:00.000000Z"
    end = {"key": "q", "end-now": given["id"]}
    assert (await desk.http.post("/delegations", data=end, headers={**DEPUTY, **SAME})).status_code == 303


async def test_one_that_has_not_begun_gives_nothing(desk: Desk) -> None:
    await desk.post("/api/v1/delegations", LEADER, {**WISH, "start": "2025-07-01T03:00:00Z"})
    await Told(desk).once()
    assert (await desk.post("/api/v1/dossiers/one/approve", DEPUTY)).status_code == 403
    desk.runtime.clock = FixedClock(desk.runtime.clock.now() + timedelta(minutes=30))
    assert (await desk.post("/api/v1/dossiers/one/approve", DEPUTY)).status_code == 200


async def test_a_deputy_may_not_do_what_the_leader_may_not(desk: Desk) -> None:
    """What the leader filed is not decided in the leader's name; of what others filed the deputy decides all the same."""
    own = Case("own", due="2025-07-09T10:00:00.000000Z", owner="leader").appraised()
    await desk.put(own.dossier)
    await desk.post("/api/v1/delegations", LEADER, WISH, "k")
    assert await Told(desk).once() == 1
    for name, status in (("own", 403), ("one", 200)):
        answer = await desk.post(f"/api/v1/dossiers/{name}/approve", DEPUTY)
        assert answer.status_code == status, answer.text
        assert status == 200 or answer.json()["code"] == "own-dossier"
    batch = {"items": [{"key": "b", "dossier": "own"}]}
    answer = await desk.post("/api/v1/dossiers:approve", DEPUTY, batch)
    assert answer.json()["items"][0]["problem"]["code"] == "own-dossier"
