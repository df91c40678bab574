"""Who may open what there is of a dossier (case D3): by the right one has today, not by one had once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake  # noqa: F401 - a fixture
from tests.component.intake.papers import agency_of, filing
from tests.component.signing_api.conftest import keys, signing  # noqa: F401 - fixtures
from tests.unit.signing_rules.support import Result

from dossier_notify.policy import POLICY
from dossier_notify.state import State
from dossier_shared.contracts.events import Approved
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Problem
from dossier_shared.runtime.directory import Directory

HERE, ELSEWHERE = agency_of(), "H19.2"
CLERK = officer("clerk", "counter", agency=HERE)
MOVED = officer("clerk", "counter", agency=ELSEWHERE)
COLLEAGUE = officer("colleague", "counter", agency=HERE)
STRANGER = officer("stranger", "counter", agency=ELSEWHERE)


async def test_d3_the_signed_pdf_is_opened_by_right_of_today(signing: Desk) -> None:  # noqa: F811
    """The release before wrote the clerk down as the owner of what was filed at the counter."""
    dossier = Result("certificate", "one").decided(model=Approved).dossier
    dossier.state["owner"] = "clerk"
    agency = dossier.state["agency"]
    await signing.put(dossier)

    async def opened(who: dict[str, str]) -> list[int]:
        paths = ("/api/v1/dossiers/one", "/api/v1/dossiers/one/result")
        return [(await signing.http.get(path, headers=who)).status_code for path in paths]

    may, may_not = [200, 409], [404, 404]  # 409: it is not signed yet, and they are told so
    assert await opened(officer("clerk", "counter", agency=agency)) == may
    assert await opened(officer("colleague", "counter", agency=agency)) == may
    assert await opened(officer("clerk", "counter", agency="H99.9")) == may_not
    assert await opened(officer("clerk", "specialist", "leader", agency="H99.9")) == may_not
    assert await opened(officer("clerk", "superior", agency="H99.9")) == [404, 403]  # the document is for nobody above
    assert await opened(officer("clerk", "counter", agency=None)) == may_not
    assert await opened(officer("clerk", "citizen", agency=None)) == may  # their own, from their own account
    assert await opened(officer("clerk", "agent", agency=None)) == may


async def test_d3_what_is_filed_at_a_counter_is_the_offices(intake: Desk) -> None:  # noqa: F811
    answer = await intake.post("/api/v1/dossiers", CLERK, filing())
    assert answer.status_code == 201, answer.text
    view, path = answer.json(), f"/api/v1/dossiers/{answer.json()['id']}"

    async def sees(who: dict[str, str]) -> list[int]:
        by_code = await intake.http.get("/api/v1/dossiers", params={"code": view["code"]}, headers=who)
        supplement = await intake.post(f"{path}/supplement", who, {"text": "Đây ạ."})
        return [(await intake.http.get(path, headers=who)).status_code, by_code.status_code, supplement.status_code]

    for who in (CLERK, COLLEAGUE):
        assert await sees(who) == [200, 200, 409]  # nothing is awaited, and they are told so
    for who in (officer("clerk", "citizen", agency=None), officer("clerk", "agent", agency=None)):
        assert await sees(who) == [404, 404, 404]
    assert (await sees(STRANGER))[:2] == [404, 404]
    assert await sees(MOVED) == await sees(STRANGER)
    both = officer("clerk", "citizen", "counter", agency=ELSEWHERE)
    assert await sees(both) == await sees(STRANGER)
    for who in (CLERK, MOVED, both):
        assert (await intake.http.get("/api/v1/dossiers", headers=who)).json()["items"] == []
    assert (await intake.stored(view["id"]))["journal"][0]["data"]["owner"] == ""


async def test_d3_what_the_release_before_filed_at_a_counter(intake: Desk) -> None:  # noqa: F811
    """It wrote the clerk down as its owner."""
    id_ = (await intake.post("/api/v1/dossiers", CLERK, filing())).json()["id"]
    await intake.runtime.dossiers.table.update_one({"_id": id_}, {"$set": {"state.owner": "clerk"}})
    for who, status in ((CLERK, 200), (COLLEAGUE, 200), (MOVED, 404)):
        assert (await intake.http.get(f"/api/v1/dossiers/{id_}", headers=who)).status_code == status
        assert (await intake.http.get("/api/v1/dossiers", headers=who)).json()["items"] == []


async def test_d3_a_citizens_own_stays_their_own(intake: Desk) -> None:  # noqa: F811
    for role in ("citizen", "agent"):
        who = officer(role, role, agency=None)
        id_ = (await intake.post("/api/v1/dossiers", who, filing())).json()["id"]
        assert (await intake.http.get(f"/api/v1/dossiers/{id_}", headers=who)).status_code == 200
        assert [one["id"] for one in (await intake.http.get("/api/v1/dossiers", headers=who)).json()["items"]] == [id_]


@pytest.mark.parametrize(
    ("roles", "agency", "seen"),
    [
        ({"citizen"}, None, True),
        ({"agent"}, None, True),
        ({"counter"}, "H19.1", True),
        ({"counter"}, "H19.2", False),
        ({"leader"}, None, False),
        ({"replay"}, "H19.1", False),
    ],
)
def test_d3_what_was_told_is_seen_by_right_of_today(roles: set[str], agency: str | None, seen: bool) -> None:
    state: State = {"owner": "clerk", "agency": "H19.1", "overseers": ["H19"]}
    who = Principal("clerk", frozenset(roles), agency)
    if seen:
        POLICY.demand(who, "read", state, Context(Directory()))
    else:
        with pytest.raises(Problem):
            POLICY.demand(who, "read", state, Context(Directory()))


def test_d3_nobody_owns_what_has_no_owner() -> None:
    nobody, context = Principal("", frozenset({"citizen"})), Context(Directory())
    for owner in ("", None):
        state: Any = {"owner": owner, "agency": "H19.1", "overseers": []}
        assert not POLICY.may(nobody, "read", state, context)
