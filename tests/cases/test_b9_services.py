"""B9 in review, signing, notify and intake: names in force, and superiors by the tree in force; E4: no opinion of nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake
from tests.component.intake.papers import agency_of, filing
from tests.component.review.conftest import review
from tests.component.signing_api.conftest import keys, signing
from tests.unit.notify.told import Told
from tests.unit.review.support import Case
from tests.unit.signing_rules.support import Result

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_notify.handlers import rules
from dossier_notify.policy import POLICY
from dossier_notify.rules.messages import Texts
from dossier_notify.state import State
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import NotFound
from dossier_shared.runtime.directory import Directory
from dossier_signing.documents.results import document_of

from .directories import agency, directory, procedure, record

__all__ = ["intake", "keys", "review", "signing"]

MINE, FORMER, NEW = "H19.1", "H19", "G99"  # the dossiers' agency; above it in their events; above it now
CALLED, NAMED = "Thủ tục theo danh mục mới", "Ủy ban nhân dân phường Theo Danh Mục Mới"
SPECIALIST = officer("specialist-1", "specialist")


def moves(known: Directory, procedure_code: str) -> None:
    entries = (agency(NEW), agency(FORMER), agency("H19.2", FORMER), agency(MINE, NEW, name=NAMED))
    known.take([record(entry) for entry in (*entries, procedure(procedure_code, CALLED))])
    known.whole()


async def test_b9_review(review: Desk) -> None:
    await review.put(Case("one").accepted().dossier)
    superior: Callable[[str], dict[str, str]] = lambda code: officer("s", "superior", agency=code)  # noqa: E731

    async def statuses() -> list[int]:
        path = "/api/v1/dossiers/one"
        return [(await review.http.get(path, headers=superior(code))).status_code for code in (FORMER, NEW)]

    assert await statuses() == [200, 404], "until the directory is known: as the dossier's events tell"
    procedure_code = (await review.http.get("/api/v1/dossiers/one", headers=SPECIALIST)).json()["procedure"]
    moves(review.runtime.directory, procedure_code)
    assert await statuses() == [404, 200]
    queue = await review.http.get("/api/v1/queue?stage=appraisal", headers=SPECIALIST)
    assert [case["procedure_name"] for case in queue.json()["items"]] == [CALLED]
    assert CALLED in await review.page("/work", SPECIALIST)
    assigned = await review.post("/api/v1/dossiers/one/assign", SPECIALIST)
    assert assigned.json()["procedure_name"] == CALLED
    assert (await review.stored("one"))["state"]["procedure_name"] != CALLED, "shown, never written"


async def test_b9_the_agency_asked_reads_who_asks_by_the_name_in_force(review: Desk) -> None:
    await review.put(Case("one").accepted().dossier)
    moves(review.runtime.directory, "p")
    asked = await review.post(
        "/api/v1/dossiers/one/consult", SPECIALIST, {"agency": "H19.2", "question": "Có đúng không?"}
    )
    assert asked.status_code == 200, asked.text
    assert f"{NAMED} hỏi ý kiến" in await review.page("/work", officer("x", "specialist", agency="H19.2"))


async def test_e4_no_opinion_is_asked_of_an_agency_in_no_catalogue(review: Desk) -> None:
    await review.put(*(Case(name).accepted().dossier for name in ("one", "two")))
    wish = {"agency": "H19.22", "question": "Có đúng không?"}
    path = "/api/v1/dossiers/one/consult"
    moves(review.runtime.directory, "p")
    refused = await review.post(path, SPECIALIST, wish, "k")
    assert (refused.status_code, refused.json()["code"]) == (422, "agency-unknown")
    elsewhere = await review.post(path, officer("x", "specialist", agency="H19.2"), wish)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "dossier-not-found"), "rights come first"
    items = [{"key": f"b{n}", "dossier": id_, **wish, "agency": code} for n, (id_, code) in enumerate(
        [("one", "H19.22"), ("two", "H19.2")]
    )]  # fmt: skip
    batch = await review.post("/api/v1/dossiers:consult", SPECIALIST, {"items": items})
    assert [item["status"] for item in batch.json()["items"]] == [422, 200]


async def test_e4_before_the_directory_is_known_any_agency_may_be_asked(review: Desk) -> None:
    await review.put(Case("one").accepted().dossier)
    wish = {"agency": "H19.22", "question": "Có đúng không?"}
    first = await review.post("/api/v1/dossiers/one/consult", SPECIALIST, wish, "k")
    assert first.status_code == 200, first.text
    moves(review.runtime.directory, "p")
    again = await review.post("/api/v1/dossiers/one/consult", SPECIALIST, wish, "k")
    assert (again.status_code, again.json()) == (200, first.json()), "a repeat keeps its answer"


async def test_b9_signing(signing: Desk) -> None:
    await signing.put(Result("certificate", "one").decided().dossier)
    leader = officer("leader", "leader")

    async def statuses() -> list[int]:
        asking = [officer("s", "superior", agency=code) for code in (FORMER, NEW)]
        return [(await signing.http.get("/api/v1/dossiers/one", headers=who)).status_code for who in asking]

    assert await statuses() == [200, 404]
    moves(signing.runtime.directory, "1.001193")
    assert await statuses() == [404, 200]
    queue = (await signing.http.get("/api/v1/queue", headers=leader)).json()["items"]
    assert [one["procedure_name"] for one in queue] == [CALLED]
    assert CALLED in await signing.page("/work", leader)


async def test_b9_a_result_is_headed_by_the_agency_as_it_is_called_when_it_is_signed(signing: Desk) -> None:
    await signing.put(*(Result("certificate", id_).decided().dossier for id_ in ("before", "one", "two")))
    leader = officer("Trần Thị Bình", "leader")
    assert (await signing.post("/api/v1/dossiers/before/sign", leader)).status_code == 202
    signs = {"title": "Giám đốc", "place": "Đồng Nai", "letterhead": ["Ủy ban", "mới"]}
    entries = (agency(NEW, name="Bộ Mới"), agency(MINE, NEW, name="Sở Mới", signature=signs))
    signing.runtime.directory.take([record(entry) for entry in entries])
    assert (await signing.post("/api/v1/dossiers/one/sign", leader)).status_code == 202
    items = [{"key": "k", "dossier": "two"}]
    assert (await signing.post("/api/v1/dossiers:sign", leader, {"items": items})).json()["items"][0]["status"] == 202
    heads = {}
    for id_ in ("before", "one", "two"):
        state = (await signing.stored(id_))["state"]
        document = document_of(state)
        heads[id_] = (document.agency_vi, document.parent_agency_vi, document.leader_title, document.place)
    assert heads["one"] == heads["two"] == ("Sở Mới", "Bộ Mới", "Giám đốc", "Đồng Nai")
    assert heads["before"][0] == "Ủy ban nhân dân xã Bù Đăng", "of one asked for before nothing changes"


@pytest.mark.parametrize(("known", "sees"), [(False, [True, False]), (True, [False, True])])
def test_b9_notify(known: bool, sees: list[bool]) -> None:
    told, state = Directory(), heard_by_notify()
    if known:
        moves(told, state["procedure"])

    def may(code: str) -> bool:
        try:
            POLICY.demand(Principal("s", frozenset({"superior"}), code), "read", state, Context(told))
        except NotFound:
            return False
        return True

    assert [may(FORMER), may(NEW)] == sees
    assert (told.named(state)["procedure_name"] == CALLED) is known


def heard_by_notify() -> State:
    dossier: Dossier[State] = Dossier("d-1")
    now = datetime(2025, 7, 3, 2, tzinfo=UTC)
    assert journal.hear(rules(Texts()), dossier, Told(phone=None).submitted(), now, "2025-07-03T02:00:00.000000Z")
    return dossier.state


async def test_b9_intake_shows_an_old_dossier_by_the_catalogue_in_force(intake: Desk) -> None:
    citizen, counter = officer("citizen", "citizen", agency=None), officer("counter", "counter", agency=agency_of())
    filed = (await intake.post("/api/v1/dossiers", citizen, filing())).json()
    known = Catalogue.load_packaged()
    document = known.document()
    mine = {"name_vi": NAMED, "name_en": "Renamed", "parent": "H19"}
    agencies = [one | mine for one in document["agencies"] if one["code"] == agency_of()]
    procedures = [one | {"name_vi": CALLED} for one in document["procedures"] if one["code"] == filed["procedure"]]
    admin = officer("admin", "admin", agency=None)
    answer = await intake.http.put(
        "/api/v1/catalogue", headers=admin, json={"agencies": agencies, "procedures": procedures}
    )
    assert answer.status_code == 200, answer.text
    for who, path in (
        (citizen, f"/api/v1/dossiers/{filed['id']}"),
        (citizen, "/api/v1/dossiers"),
        (counter, "/api/v1/queue"),
        (counter, f"/api/v1/dossiers?code={filed['code']}"),
    ):
        body = (await intake.http.get(path, headers=who)).json()
        for shown in body.get("items", [body]):
            assert (shown["agency_name"], shown["procedure_name"]) == (NAMED, CALLED), path
    assert NAMED in await intake.page("/", citizen)
    assert CALLED in await intake.page("/work", counter)
    accepted = await intake.post(f"/api/v1/dossiers/{filed['id']}/accept", counter)
    assert accepted.json()["agency_name"] == NAMED


def test_b9_names_are_added_to_nothing_that_had_none() -> None:
    known = directory(agency("A"), procedure("p", CALLED))
    assert known.named({"agency": "A", "procedure": "p"}) == {"agency": "A", "procedure": "p"}
    assert known.named({"status": "x"}) == {"status": "x"}
