"""Case B1, dossiers that already keep what nothing can be computed with: healed by the catalogue, not by a database shell."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import Any

import pytest
from tests.cases.written import TEXT, findings
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake  # noqa: F401
from tests.component.intake.papers import PROCEDURE, STRAIGHT_THROUGH, agency_of, filing

from dossier_intake import handlers
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.kept_limits import kept_limit
from dossier_intake.rules.deadlines import Limit
from dossier_intake.state import State, evolve
from dossier_intake.state_types import AskedOfCitizen
from dossier_intake.store import Catalogues
from dossier_local.memory import Author
from dossier_shared.contracts.envelope import from_entry
from dossier_shared.contracts.events import Accepted, SupplementReceived
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Conflict, Problem

CATALOGUE = Catalogue.load_packaged()
AGENCY = agency_of()
ADMIN = officer("admin", "admin", agency=None)
CITIZEN = officer("citizen", "citizen", agency=None)
COUNTER = officer("counter", "counter", agency=AGENCY)
AT = datetime(2026, 6, 1, 2, tzinfo=UTC)
WHO = Principal("counter", frozenset({"counter"}), AGENCY, "Lê Thị Cúc")
DAY = {"amount": 3, "unit": "working_day", "same_day": False}
BAD_LIMITS: list[Any] = [
    {**DAY, "cut_off": "15:00:00+07:00"},
    {**DAY, "cut_off": "00:15:00Z"},  # what became of 15:00 without quotes
    {**DAY, "cut_off": 900},
    {**DAY, "amount": "3 ngày"},
    {**DAY, "unit": "week"},
    {"unit": "working_day"},
    {},
    None,
]


def state_with(limit: Any) -> State:
    return {
        "code": "C-1", "status": "submitted", "agency": AGENCY, "procedure": PROCEDURE, "owner": "citizen",
        "submitted_at": "2026-06-01T01:00:00.000000Z", "limit": limit,
    }  # fmt: skip


@pytest.mark.parametrize("limit", BAD_LIMITS)
def test_b1_a_kept_limit_nothing_can_be_computed_with_is_corrected_by_the_catalogue(limit: Any) -> None:
    (new,) = handlers.accept_dossier(state_with(limit), AT, CATALOGUE)
    assert isinstance(new.data, Accepted)
    wanted = CATALOGUE.procedure(PROCEDURE)
    assert new.data.corrected is not None
    assert new.data.corrected.catalogue == CATALOGUE.version
    assert Limit.kept(new.data.corrected.limit) == wanted.deadline.model_copy(update={"note": None})
    assert new.data.lines[0]["vi"].startswith("Đính chính: ")
    assert new.data.lines[0]["basis"]
    (right,) = handlers.accept_dossier(state_with(CATALOGUE.limits[wanted.key]), AT, CATALOGUE)
    assert isinstance(right.data, Accepted)
    assert (right.data.corrected, right.data.appointment) == (None, new.data.appointment)
    assert right.data.lines == new.data.lines[1:]


def test_b1_the_limit_of_a_good_dossier_is_its_own() -> None:
    kept = kept_limit(state_with({**DAY, "cut_off": "15:00:00"}), CATALOGUE)
    assert (kept.limit.amount, kept.limit.cut_off, kept.lines, kept.corrected) == (3, time(15), (), None)


def test_b1_the_version_in_force_when_it_was_filed_corrects() -> None:
    old, entry = TEXT.replace("fee_vnd: 0", "valid_until: 2026-06-30"), TEXT[TEXT.index("- code: '9.") :]
    both = Catalogue.parse(
        old + entry.replace("fee_vnd: 0", "valid_from: 2026-07-01").replace("amount: 2", "amount: 9")
    )
    state: State = {**state_with({}), "procedure": "9.000001"}
    assert kept_limit(state, both).limit.amount == 2
    assert kept_limit({**state, "submitted_at": "2026-08-01T01:00:00.000000Z"}, both).limit.amount == 9


def test_b1_without_a_right_limit_anywhere_it_is_said_what_to_do() -> None:
    with pytest.raises(Conflict) as refused:
        handlers.accept_dossier({**state_with({}), "procedure": "9.9"}, AT, CATALOGUE)
    assert refused.value.code == "limit-not-computable"


def test_b1_the_correction_is_kept_and_holds_for_what_follows() -> None:
    """An older register's appointment was taken as it was; the limit is met first when the clock runs on."""
    bad = {**DAY, "cut_off": "15:00:00+07:00"}
    asked: AskedOfCitizen = {"what": "supplement", "at": "2026-06-02T02:00:00.000000Z"}
    state: State = {
        **state_with(bad),
        "status": "awaiting_supplement",
        "accepted_at": "2026-06-01T02:00:00.000000Z",
        "asked": asked,
    }
    (new,) = handlers.receive_supplement(state, datetime(2026, 6, 4, 2, tzinfo=UTC), CATALOGUE, "Đã ký.", [], ())
    assert isinstance(new.data, SupplementReceived)
    assert new.data.corrected is not None
    event = Author("intake", "d", agency=AGENCY).says(new.data, new.sealed, at="2026-06-04T02:00:00.000000Z")
    after = evolve(state, event)
    assert after["limit"] == new.data.corrected.limit
    assert Limit.kept(after["limit"])


# -- over HTTP ----------------------------------------------------------------------------------------------------------


async def filed(desk: Desk) -> str:
    answer = await desk.post("/api/v1/dossiers", CITIZEN, filing())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def spoil(desk: Desk, dossier: str, limit: Any, **more: Any) -> None:
    values = {"state.limit": limit, **{f"state.{key}": value for key, value in more.items()}}
    await desk.runtime.dossiers.table.update_one({"_id": dossier}, {"$set": values})


async def test_b1_acceptance_of_an_old_dossier_works_and_records_the_correction(intake: Desk) -> None:  # noqa: F811
    id_ = await filed(intake)
    await spoil(intake, id_, BAD_LIMITS[0])
    answer = await intake.post(f"/api/v1/dossiers/{id_}/accept", COUNTER)
    assert answer.status_code == 200, answer.text
    assert answer.json()["appointment_lines"][0]["vi"].startswith("Đính chính: ")
    stored = await intake.stored(id_)
    event = from_entry(id_, "intake", stored["journal"][-1])
    assert stored["state"]["limit"] == event.data["corrected"]["limit"]


async def test_a4_a_batch_with_a_broken_limit_answers_for_each(intake: Desk) -> None:  # noqa: F811
    ids = [await filed(intake) for _ in range(4)]
    await spoil(intake, ids[1], BAD_LIMITS[0], procedure="9.000001")
    await spoil(intake, ids[2], BAD_LIMITS[1])
    items = [{"key": f"k-{number}", "dossier": id_} for number, id_ in enumerate(ids)]
    answer = await intake.post("/api/v1/dossiers:accept", COUNTER, {"items": items})
    assert [one["status"] for one in answer.json()["items"]] == [200, 409, 200, 200]
    assert answer.json()["items"][1]["problem"]["code"] == "limit-not-computable"
    corrected = await intake.http.put("/api/v1/catalogue", content=TEXT, headers=ADMIN)
    assert corrected.status_code == 200, corrected.text
    again = await intake.post("/api/v1/dossiers:accept", COUNTER, {"items": [{"key": "k-9", "dossier": ids[1]}]})
    assert [one["status"] for one in again.json()["items"]] == [200]


# -- catalogues an earlier release stored --------------------------------------------------------------------------------


def stored(change: Any) -> str:
    """The packaged catalogue as it could be kept before, with one thing wrong."""
    document = CATALOGUE.document()
    change(document, next(entry for entry in document["procedures"] if entry["code"] == PROCEDURE))
    return json.dumps(document)


def bad_cut_off(_: dict[str, Any], procedure: dict[str, Any]) -> None:
    procedure["deadline"]["cut_off"] = "15:00:00+07:00"


def bad_calendar(document: dict[str, Any], _: dict[str, Any]) -> None:
    document["calendar"]["cut_off"] = "00:15:00Z"
    document["calendar"]["hours"] = [["07:30:00Z", "17:00:00Z"]]


def bad_amount(_: dict[str, Any], procedure: dict[str, Any]) -> None:
    procedure["deadline"]["amount"] = True


def bad_names(document: dict[str, Any], procedure: dict[str, Any]) -> None:
    document["agencies"][0]["name_vi"] = "\u200e"
    procedure["name_vi"] = "Xác nhận "


def bad_form(_: dict[str, Any], procedure: dict[str, Any]) -> None:
    procedure["form"] = {"type": "object", "$defs": {"n": {"allOf": [{"$ref": "#/$defs/n"}]}}, "$ref": "#/$defs/n"}


@pytest.mark.parametrize("change", [bad_cut_off, bad_amount, bad_form])
def test_b1_a_stored_catalogue_serves_all_but_the_procedure_that_is_wrong(change: Any) -> None:
    catalogue = Catalogue.stored(stored(change))
    assert {fault.key[0] for fault in catalogue.faults} == {PROCEDURE}
    with pytest.raises(Problem) as refused:
        catalogue.fileable(PROCEDURE, AGENCY, "online")
    assert refused.value.code in ("procedure-under-correction", "procedure-unknown")
    assert catalogue.fileable(STRAIGHT_THROUGH, agency_of(STRAIGHT_THROUGH), "online")
    assert catalogue.working_time() is catalogue.calendar


def test_b1_names_nobody_sees_do_not_stop_a_stored_catalogue() -> None:
    catalogue = Catalogue.stored(stored(bad_names))
    code = CATALOGUE.document()["agencies"][0]["code"]
    assert catalogue.agency(code).name_vi == code
    assert catalogue.procedure(PROCEDURE).name_vi == "Xác nhận"
    assert catalogue.fileable(PROCEDURE, AGENCY, "online")
    assert [fault.field for fault in catalogue.faults] == ["name_vi"]


def test_b2_by_a_stored_calendar_that_is_wrong_nothing_is_promised() -> None:
    catalogue = Catalogue.stored(stored(bad_calendar))
    with pytest.raises(Conflict) as refused:
        handlers.accept_dossier(state_with(DAY), AT, catalogue)
    assert refused.value.code == "calendar-not-computable"


def test_b1_an_import_that_leaves_the_fault_is_refused_and_one_that_corrects_it_heals() -> None:
    for change, wrong, right in (
        (bad_cut_off, "deadline", f"procedures: [{{code: '{PROCEDURE}', deadline: {{cut_off: 15:00}}}}]"),
        (bad_calendar, "hours", "calendar: {cut_off: 15:00, hours: [[7:30, 11:30], [13:00, 17:00]]}"),
    ):
        broken = Catalogue.stored(stored(change))
        other = findings("agencies: [{code: H19, name_en: The City}]", broken)
        assert {one["code"] for one in other} == {"still-faulty"}
        assert any(wrong in one["message"]["en"] for one in other)
        healed = Catalogue.parse(right, broken)
        assert (healed.faults, healed.spoilt) == ((), frozenset())
        assert healed.working_time().rules.cut_off == time(15)
    whole = Catalogue.parse(CATALOGUE.document(), Catalogue.stored(stored(bad_amount)))
    assert (whole.procedures, whole.faults) == (CATALOGUE.procedures, ())


async def test_b1_a_service_starts_with_a_stored_catalogue_that_is_wrong_and_is_healed_by_an_import(
    intake: Desk,  # noqa: F811
) -> None:
    db, clock = intake.runtime.db, intake.runtime.clock
    await db["catalogues"].insert_one(
        {"_id": "old", "text": stored(bad_calendar), "at": datetime(2026, 1, 1, tzinfo=UTC)}
    )
    id_ = await filed(intake)
    await intake.http.put("/api/v1/catalogue?dry_run=true", content="{}", headers=ADMIN)  # reads the newest first
    refused = await intake.post(f"/api/v1/dossiers/{id_}/accept", COUNTER)
    assert (refused.status_code, refused.json()["code"]) == (409, "calendar-not-computable")
    right = "calendar: {cut_off: 15:00, hours: [[7:30, 11:30], [13:00, 17:00]]}"
    healed = await intake.http.put("/api/v1/catalogue", content=right, headers=ADMIN)
    assert healed.status_code == 200, healed.text
    accepted = await intake.post(f"/api/v1/dossiers/{id_}/accept", COUNTER)
    assert accepted.status_code == 200, accepted.text
    fresh = Catalogues(db, clock)
    await fresh.refresh()
    assert fresh.current.faults == ()
    await db["catalogues"].insert_one({"_id": "worse", "text": "[]", "at": datetime(2099, 1, 1, tzinfo=UTC)})
    await fresh.refresh()
    assert fresh.current.working_time()
