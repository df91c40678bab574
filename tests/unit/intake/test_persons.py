"""Whom a filing is about, who filed it and by which leave."""

from __future__ import annotations

from typing import Any

import pytest

from dossier_intake.policy import POLICY
from dossier_shared.contracts.events import Submitted
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden, Invalid, NotFound
from dossier_shared.vocabulary.persons import person_of

from .case import AGENCY, CENTRE, CITIZEN, COUNTER, HELPER, KEY, NUMBER, OTHERS_NUMBER, Case, checked, who

PERSON, OTHER = person_of(KEY, "citizen", NUMBER), person_of(KEY, "citizen", OTHERS_NUMBER)
AT_CENTRE = who("counter", "c", agency=CENTRE)
SERVED = "X-H19-25308"
IN_PERSON = {"kind": "in_person", "at": "2026-06-01T02:00:00.000000Z", "reference": ""}


def filed(principal: Principal, **changes: Any) -> Submitted:
    return checked(principal, **changes).submitted("c")


@pytest.mark.parametrize(("principal", "changes", "kind"), [
    (CITIZEN, {}, "self"),
    (who("citizen", person=PERSON), {}, "self"),
    (who("agent", person=PERSON), {}, "self"),
    (HELPER, {}, "helper"),
    (COUNTER, {"channel": "direct"}, "counter"),
    (HELPER, {"bulk": True}, "bulk"),
    (who("citizen", person=OTHER), {"applicant": {"name": "Nguyễn Văn An"}}, "self"),
])  # fmt: skip
def test_who_files(principal: Principal, changes: dict[str, Any], kind: str) -> None:
    found = filed(principal, **changes)
    assert found.filed_by is not None
    assert (found.filed_by.sub, found.filed_by.kind) == (principal.sub, kind)
    assert found.person == (None if "applicant" in changes else PERSON)
    assert NUMBER not in found.model_dump_json(), "the number stays in what is sealed"


def test_an_organisation_is_a_person_by_its_tax_code() -> None:
    company = {"name": "Công ty TNHH An Bình", "kind": "organisation", "tax_code": "0100109106"}
    found = filed(who("citizen", person=OTHER), applicant=company)
    assert found.person == person_of(KEY, "tax", "0100109106")
    assert found.filed_by is not None
    assert found.filed_by.kind == "self", "who acts for an organisation acts as it"


def test_who_files_for_a_person_they_are_not_must_have_their_consent() -> None:
    neighbour = who("citizen", person=OTHER)
    with pytest.raises(Invalid) as refused:
        filed(neighbour)
    assert (refused.value.code, refused.value.errors[0]["path"]) == ("consent-required", "/consent")
    given = {"kind": "paper", "reference": "GUQ-17", "at": "2026-06-01T08:00:00+07:00"}
    found = checked(neighbour, consent=given)
    consent = found.submitted("c").consent
    assert consent is not None
    assert consent.model_dump() == {**given, "at": "2026-06-01T01:00:00.000000Z"}
    assert found.sealed.filed_by == neighbour.name
    with pytest.raises(Invalid) as later:
        filed(neighbour, consent={**given, "at": "2026-06-01T09:00:01+07:00"})
    assert later.value.code == "consent-later"


def test_the_consent_of_others_who_file() -> None:
    at_the_counter = filed(COUNTER, channel="direct").consent
    assert at_the_counter is not None
    assert at_the_counter.model_dump() == IN_PERSON
    assert filed(HELPER).consent is None
    assert filed(CITIZEN, demanded=True).consent is None, "nobody needs leave for their own"
    for bulk in (True, False):
        with pytest.raises(Invalid) as refused:
            filed(HELPER, demanded=True, bulk=bulk)
        assert refused.value.code == "consent-required"


def test_where_the_post_is_to_bring_the_result() -> None:
    at_home = {"name": "Nguyễn Văn An", "address": "12 Phố Huế"}
    assert checked(delivery={"how": "post"}, applicant=at_home).sealed.delivery_address == "12 Phố Huế"
    elsewhere = checked(delivery={"how": "post", "address": "1 Phố Vọng"}, applicant=at_home)
    assert (elsewhere.sealed.delivery_address, elsewhere.submitted("c").delivery) == ("1 Phố Vọng", "post")
    assert checked(delivery={"how": "counter"}, applicant=at_home).sealed.delivery_address is None
    with pytest.raises(Invalid) as refused:
        checked(delivery={"how": "post"})
    assert refused.value.errors[0]["path"] == "/delivery/address"


def test_a_centre_receives_for_the_agencies_it_serves_and_no_other() -> None:
    case = Case(AT_CENTRE, agency=SERVED, channel="direct")
    assert (case.state["agency"], case.state["received_at"]) == (SERVED, CENTRE)
    assert POLICY.may(AT_CENTRE, "accept", case.state)
    with pytest.raises(Forbidden) as refused:
        Case(AT_CENTRE, agency="X-H19-25318", channel="direct")
    assert refused.value.code == "other-agency"
    by_itself = Case(who("counter", agency=SERVED), agency=SERVED, channel="direct")
    assert "received_at" not in by_itself.state
    with pytest.raises(NotFound):
        POLICY.demand(AT_CENTRE, "accept", by_itself.state)


def test_a_dossier_is_the_persons_whoever_filed_it() -> None:
    walk_in = Case(COUNTER, channel="direct").state
    assert walk_in["owner"] == ""
    assert POLICY.may(who("citizen", "anybody", person=PERSON), "read", walk_in)
    assert not POLICY.may(who("citizen", "anybody", person=OTHER), "read", walk_in)
    assert POLICY.may(HELPER, "read", Case(HELPER).state), "what a helper filed they see"


@pytest.mark.parametrize(("state", "officer", "own"), [
    (Case(CITIZEN).state, who("counter", CITIZEN.sub, AGENCY), True),
    (Case(HELPER).state, who("counter", HELPER.sub, AGENCY), True),
    (Case(COUNTER, channel="direct").state, COUNTER, False),
    (Case(COUNTER, channel="direct").state, who("counter", "c", AGENCY, PERSON), True),
    (Case(CITIZEN).state, COUNTER, False),
])  # fmt: skip
def test_nobody_decides_what_is_their_own(state: Any, officer: Principal, own: bool) -> None:
    if not own:
        POLICY.demand(officer, "accept", state)
        return
    with pytest.raises(Forbidden) as refused:
        POLICY.demand(officer, "accept", state)
    assert refused.value.code == "own-dossier"
