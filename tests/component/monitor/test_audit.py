"""The audit on real processes: from a look at a service to the auditor's page and the person's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import EMERGENCIES

from ...unit.monitor.stories import START, Chain  # noqa: TID252
from ...unit.runtime.test_emergencies import REASON, taken  # noqa: TID252
from .conftest import Watch

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
AGENCY, BESIDE, CODE = "X-H19-25217", "X-H19-25220", "X-H19-25217-20261128-000001"


async def test_a_look_is_seen_by_the_auditor_and_by_whose_dossier_it_is(watch: Watch, eventually: Eventually) -> None:
    data = {
        "code": CODE, "procedure": "1.001193", "catalogue": "1", "channel": "online", "owner": "khai", "overseers": ["H19"],
    }  # fmt: skip
    sealed = {"applicant": {"name": "Nguyễn Thị Khai", "phone": None}}
    chain = Chain()  # one of each agency, so that the board knows whose they are
    for id_, agency in (("audited", AGENCY), ("beside", BESIDE)):
        own = {**data, "code": CODE.replace(AGENCY, agency)}
        await watch.feed([chain.event(id_, "intake", "submitted", START, agency, own, sealed)])
    looking = await watch.headers("specialist", agency=AGENCY, sub="who-looks")
    foreign = await watch.headers("specialist", agency=BESIDE, sub="who-may-not")

    async def there() -> bool:
        return (await watch.client.get(f"/api/v1/timelines/{CODE}", headers=looking)).status_code == 200

    assert await eventually(there, within=60)
    assert (await watch.client.get(f"/timelines/{CODE}", headers=foreign)).status_code == 404
    assert (await watch.client.get("/api/v1/search", params={"q": "khai"}, headers=looking)).status_code == 200
    auditor = await watch.headers("auditor", agency="H19", sub="who-audits")

    searches = {"kind": "search", "who": "who-looks"}

    async def searched() -> Any:
        return (await watch.client.get("/api/v1/audit", params=searches, headers=auditor)).json()["items"]

    async def told() -> bool:
        found = await watch.client.get("/api/v1/audit", params={"of": CODE.lower()}, headers=auditor)
        kinds = {(one["kind"], one["subject"]) for one in found.json()["items"]}
        return {("look", "who-looks"), ("denied", "who-may-not")} <= kinds

    assert await eventually(told, within=20)
    [one] = await eventually(searched, within=20)
    assert len(one["question"]) == 16
    assert "khai" not in str(one)
    elsewhere = await watch.headers("auditor", agency="G01", sub="who-audits-elsewhere")
    assert (await watch.client.get("/api/v1/audit", params=searches, headers=elsewhere)).json()["items"] == []
    table = await watch.client.get("/audit.csv", params=searches, headers=auditor)
    assert len(table.text.splitlines()) == 2
    for role, status in (("admin", 403), ("superior", 403), ("leader", 403), ("citizen", 403)):
        headers = await watch.headers(role, agency="H19")
        assert (await watch.client.get("/api/v1/audit", headers=headers)).status_code == status
        assert (await watch.client.get("/audit", headers=headers)).status_code == status
    page = await watch.client.get("/audit", params={"of": CODE}, headers=auditor)
    assert "who-looks" in page.text
    mine = await watch.client.get(f"/timelines/{CODE}", headers=await watch.headers("citizen", sub="khai"))
    assert "Ai đã xem hồ sơ này" in mine.text
    assert "Chuyên viên" in mine.text
    assert "who-looks" not in mine.text
    seen = await watch.client.get(f"/timelines/{CODE}", headers=looking)
    assert "Ai đã xem hồ sơ này" not in seen.text
    await _an_emergency(watch, eventually, auditor)


async def _an_emergency(watch: Watch, eventually: Eventually, auditor: dict[str, str]) -> None:
    """As intake tells it: to whose dossier it is, to the agency that has it, to those above and to the auditor."""
    one = taken("e-1", dossier="audited", code=CODE, agency=AGENCY, officer_agency=BESIDE)
    assert all(await watch.sender.send(EMERGENCIES.name, [Record(b"e-1", one.model_dump_json().encode(), [])]))
    persons = await watch.headers("citizen", sub="khai")

    async def shown() -> bool:
        return REASON in (await watch.client.get(f"/timelines/{CODE}", headers=persons)).text

    assert await eventually(shown, within=20)
    readers = {
        ("auditor", "H19"): 1, ("superior", "H19"): 1, ("leader", AGENCY): 1, ("leader", BESIDE): 1, ("leader", "G01"): 0,
        ("auditor", "G01"): 0, ("auditor", None): 1, ("admin", None): 1,
    }  # fmt: skip
    for (role, agency), count in readers.items():
        headers = await watch.headers(role, agency=agency)
        found = (await watch.client.get("/api/v1/emergencies", headers=headers)).json()
        assert [entry["reason"] for entry in found["items"]] == [REASON] * count, (role, agency)
        assert (REASON in (await watch.client.get("/emergencies", headers=headers)).text) is bool(count)
    for role in ("citizen", "counter", "specialist"):
        headers = await watch.headers(role, agency=AGENCY)
        assert (await watch.client.get("/api/v1/emergencies", headers=headers)).status_code == 403
