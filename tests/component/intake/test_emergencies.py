"""Emergency access, by the API and by the page: one dossier, for a while, to read only; told to the person and the agency."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.papers import filing
from tests.component.intake.test_papers import AGENCY, COUNTER, LEADER, OTHER, OWNER, PHOTOGRAPH, filed, openings

from dossier_intake.emergency.store import EmergencyStore
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.audit import AuditEntry
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import EMERGENCIES
from dossier_shared.runtime.emergencies import Emergencies, reason_of
from dossier_shared.runtime.entry_publisher import EntryPublisher

REASON = "Người bệnh cấp cứu, cần tìm người thân."
NOW = "2026-12-01T03:00:00.000000Z"
STRANGE, ADMIN = officer("l-9", "leader", agency=OTHER), officer("a-1", "admin", agency=None)
SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture
async def desk(intake: Desk) -> Desk:
    intake.runtime.clock = intake.runtime.ledger.engine.clock = FixedClock(NOW)
    return intake


def later(desk: Desk, **span: float) -> None:
    clock: Any = desk.runtime.clock
    clock.advance(timedelta(**span).total_seconds())


async def take(desk: Desk, dossier: str, who: dict[str, str] = STRANGE, **given: Any) -> Any:
    body = {"reason": given.pop("reason", REASON)}
    return await desk.post(f"/api/v1/dossiers/{dossier}/emergency", who, body, given.pop("key", None))


async def status(desk: Desk, path: str, who: dict[str, str] = STRANGE) -> int:
    return (await desk.http.get(path, headers=who)).status_code


async def test_an_officer_of_others_reads_that_dossier_alone_and_nothing_after_an_hour(desk: Desk) -> None:
    papers = await filed(desk)
    dossier, other = papers.split("/")[-2], (await filed(desk)).split("/")[-2]
    reads = [
        f"/api/v1/dossiers/{dossier}",
        f"/cases/{dossier}",
        papers,
        f"{papers}/1",
        f"/dossiers/{dossier}/documents",
    ]
    assert [await status(desk, path) for path in reads] == [404] * 5
    answer = await take(desk, dossier)
    assert answer.status_code == 200, answer.text
    given = answer.json()
    assert (given["dossier"], given["subject"], given["role"], given["officer_agency"]) == (
        dossier,
        "l-9",
        "leader",
        OTHER,
    )
    assert (given["start"], given["end"], given["reason"], given["in_force"]) == (
        NOW, "2026-12-01T04:00:00.000000Z", REASON, True
    )  # fmt: skip
    assert [await status(desk, path) for path in reads] == [200] * 5
    assert (await desk.http.get(f"{papers}/1", headers=STRANGE)).content == PHOTOGRAPH
    assert [await status(desk, path.replace(dossier, other)) for path in reads] == [404] * 5
    assert [await status(desk, path, officer("l-8", "leader", agency=OTHER)) for path in reads] == [404] * 5
    page = await desk.page(f"/cases/{dossier}", STRANGE)
    assert "Đang xem khẩn cấp" in page
    assert REASON in page
    assert 'name="action"' not in page, "it is for reading"
    assert '<a href="/emergency?lang=vi">← Về trang xem khẩn cấp' in page, "it is on no list of theirs"
    assert "Đang xem khẩn cấp" in await desk.page(f"/dossiers/{dossier}/documents", STRANGE)
    for verb, body in (("accept", {}), ("correct", {"reason": "Sửa.", "applicant": {"name": "X"}})):
        refused = await desk.post(f"/api/v1/dossiers/{dossier}/{verb}", STRANGE, body)
        assert refused.status_code in (403, 404), verb
    later(desk, minutes=59, seconds=59)
    assert [await status(desk, path) for path in reads] == [200] * 5
    later(desk, seconds=1)
    assert [await status(desk, path) for path in reads] == [404] * 5
    assert "Đang xem khẩn cấp" not in (await desk.http.get("/emergency", headers=STRANGE)).text


async def test_the_person_and_the_agency_are_told_who_and_why(desk: Desk) -> None:
    papers = await filed(desk)
    dossier = papers.split("/")[-2]
    assert (await take(desk, dossier)).status_code == 200
    await desk.http.get(f"{papers}/1", headers=STRANGE)
    mine = await desk.page("/", OWNER)
    assert "trong trường hợp khẩn cấp" in mine
    assert REASON in mine
    assert "l-9" not in mine, "an account is nobody's to know"
    [opening] = await openings(desk, papers, OWNER)
    assert (opening["role"], opening["agency"], opening["emergency"]) == ("leader", OTHER, True)
    here = (await desk.http.get("/api/v1/emergencies", headers=LEADER)).json()["items"]
    assert [(one["dossier"], one["subject"], one["reason"]) for one in here] == [(dossier, "l-9", REASON)]
    assert REASON in await desk.page("/emergency", LEADER)
    beside = officer("l-7", "leader", agency="H19.8")
    assert (await desk.http.get("/api/v1/emergencies", headers=beside)).json()["items"] == []
    assert "trong trường hợp khẩn cấp" not in await desk.page("/", officer("u-2", "citizen", agency=None))


async def test_it_is_audited_at_once_and_so_is_what_is_seen_by_it(desk: Desk) -> None:
    told: list[AuditEntry] = []
    desk.app.state.teller.put = told.append
    papers = await filed(desk)
    dossier = papers.split("/")[-2]
    given = (await take(desk, dossier)).json()
    await desk.http.get(f"{papers}/1", headers=STRANGE)
    await desk.http.get(f"{papers}/1", headers=LEADER)
    found = [(one.kind, one.subject, one.of, one.emergency) for one in told]
    assert found == [
        ("emergency", "l-9", dossier, given["id"]), ("download", "l-9", dossier, given["id"]),
        ("download", "l-1", dossier, None),
    ]  # fmt: skip
    assert REASON not in str(told)


@pytest.mark.parametrize(
    ("who", "reason", "told"),
    [
        (STRANGE, "khẩn cấp", (422, "reason-too-short")),
        (LEADER, REASON, (403, "emergency-not-needed")),
        (COUNTER, REASON, (403, "forbidden")),
        (officer("u-1", "citizen", agency=None), REASON, (403, "forbidden")),
        (officer("u-1", "leader", agency=OTHER), REASON, (403, "own-dossier")),
        (officer("s-9", "specialist", "superior", agency="H19"), REASON, (403, "forbidden")),
    ],
)
async def test_who_may_not_or_need_not_is_refused(
    desk: Desk, who: dict[str, str], reason: str, told: tuple[int, str]
) -> None:
    dossier = (await filed(desk)).split("/")[-2]
    answer = await take(desk, dossier, who, reason=reason)
    assert (answer.status_code, answer.json()["code"]) == told
    assert await desk.runtime.db["emergencies"].count_documents({}) == 0


async def test_there_is_nothing_of_a_dossier_that_is_not_there(desk: Desk) -> None:
    answer = await take(desk, "none")
    assert (answer.status_code, answer.json()["code"]) == (404, "dossier-not-found")


async def test_an_account_takes_five_a_day_and_a_repeat_is_none_more(desk: Desk) -> None:
    dossier = (await filed(desk)).split("/")[-2]
    for n in range(5):
        later(desk, minutes=1)
        for _ in range(2):
            assert (await take(desk, dossier, key=f"k-{n}")).status_code == 200
    assert (await take(desk, dossier, key="k-1", reason=f"{REASON} Nữa.")).json()["code"] == "idempotency-key-reused"
    refused = await take(desk, dossier)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert int(refused.headers["retry-after"]) == 24 * 3600 - 4 * 60
    assert (await take(desk, dossier, ADMIN)).status_code == 200, "another account has its own"
    later(desk, hours=24)
    assert (await take(desk, dossier)).status_code == 200


async def test_many_at_the_same_moment_are_no_more_than_five(desk: Desk) -> None:
    dossier = (await filed(desk)).split("/")[-2]
    found = await asyncio.gather(*(take(desk, dossier, key=f"at-once-{n}") for n in range(12)))
    assert sorted(one.status_code for one in found) == [200] * 5 + [429] * 7


async def test_on_the_page_it_is_opened_by_code_and_given_back(desk: Desk) -> None:
    made = (await desk.post("/api/v1/dossiers", OWNER, filing())).json()
    strange = officer("l-9", "leader", agency="H19.8")
    fields = {"key": "by-hand", "code": f" {made['code'].lower()} ", "reason": "gấp"}
    wrong = await desk.http.post("/emergency", data=fields, headers={**strange, **SAME})
    assert (wrong.status_code, "ít nhất 20 ký tự" in wrong.text, 'value="gấp"' in wrong.text or ">gấp<" in wrong.text) == (
        422, True, True
    )  # fmt: skip
    opened = await desk.http.post("/emergency", data={**fields, "reason": REASON}, headers={**strange, **SAME})
    assert (opened.status_code, opened.headers["location"]) == (303, f"/cases/{made['id']}?lang=vi")
    assert made["code"] in await desk.page(opened.headers["location"], strange)
    [own] = (await desk.http.get("/api/v1/emergencies", headers=strange)).json()["items"]
    ended = await desk.http.post(
        "/emergency", data={"key": "end", "end-now": own["id"]}, headers={**strange, **SAME}
    )  # fmt: skip
    assert ended.headers["location"] == "/emergency?lang=vi&done=ended"
    assert await status(desk, f"/cases/{made['id']}", strange) == 404
    foreign = await desk.post(f"/api/v1/emergencies/{own['id']}/end", officer("l-6", "leader", agency="H19.6"))
    assert foreign.status_code == 404


async def test_the_agency_s_leader_ends_it(desk: Desk) -> None:
    dossier = (await filed(desk)).split("/")[-2]
    given = (await take(desk, dossier)).json()
    answer = await desk.post(f"/api/v1/emergencies/{given['id']}/end", officer("l-2", "leader", agency=AGENCY))
    assert (answer.status_code, answer.json()["in_force"]) == (200, False)
    assert await status(desk, f"/api/v1/dossiers/{dossier}") == 404


class Topic:
    """`away`: nothing is taken."""

    def __init__(self) -> None:
        self.away, self.records = True, list[tuple[str, Record]]()

    async def send(self, topic: str, records: list[Record]) -> list[bool]:
        if not self.away:
            self.records += [(topic, one) for one in records]
        return [not self.away for _ in records]


async def test_every_service_is_told_as_soon_as_the_broker_takes_it(desk: Desk) -> None:
    dossier = (await filed(desk)).split("/")[-2]
    given = (await take(desk, dossier)).json()
    topic: Any = Topic()
    publisher = EntryPublisher(topic, EMERGENCIES.name, EmergencyStore(desk.runtime.db), desk.runtime.clock)
    assert await publisher.once() == 0
    topic.away = False
    assert [await publisher.once() for _ in range(2)] == [1, 0]
    await desk.post(f"/api/v1/emergencies/{given['id']}/end", STRANGE)
    assert await publisher.once() == 1
    known = Emergencies()
    [(name, first), (_, second)] = topic.records
    assert name == EMERGENCIES.name
    for offset, record in enumerate((first, second)):
        found: Any = type("R", (), {"topic": name, "offset": offset, "key": record.key, "value": record.value})
        known.take([found])
        assert len(known.held("l-9", OTHER, desk.runtime.clock.now())) == 1 - offset
    [one] = known.of_dossier(dossier)
    assert reason_of(one, desk.runtime.persons.keys) == REASON
