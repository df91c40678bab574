"""Whose a dossier is: its filer's, and the person's whom it is about."""

from __future__ import annotations

from typing import Any

import pytest

from dossier_intake.policy import POLICY
from dossier_shared.http.tokens import PersonClaim, Principal, principal_of_claims
from dossier_shared.vocabulary.persons import person_of

from .support import ISSUER

NUMBER = "001099012345"
PERSONS = PersonClaim("citizen_id", "of these tests alone")
OTHERS_KEY = PersonClaim("citizen_id", "of another country")


def of_token(persons: PersonClaim, **claims: Any) -> str | None:
    return principal_of_claims({"iss": ISSUER, "sub": "citizen-1", "roles": ["citizen"], **claims}, persons).person


def test_the_same_number_is_the_same_person_in_every_service() -> None:
    known = person_of(PERSONS.key.encode(), "citizen", NUMBER)
    assert of_token(PERSONS, citizen_id=NUMBER) == of_token(PERSONS, citizen_id="001 099 012 345") == known
    assert NUMBER not in known
    assert of_token(OTHERS_KEY, citizen_id=NUMBER) not in (None, known)
    assert person_of(PERSONS.key.encode(), "passport", NUMBER) != known


@pytest.mark.parametrize("number", [None, "", "1", "abc", 1099012345, ["001099012345"], "999099012345"])
def test_what_is_no_number_makes_nobody_a_person(number: object) -> None:
    assert of_token(PERSONS, citizen_id=number) is None


def test_without_a_key_nobody_is_a_person() -> None:
    assert of_token(PersonClaim("citizen_id", ""), citizen_id=NUMBER) is None


def test_whose_a_dossier_is() -> None:
    def who(sub: str, role: str, person: str | None = None) -> Principal:
        return Principal(sub, frozenset({role}), person=person)

    def owns(who: Principal, owner: str, person: str | None = None) -> bool:
        return POLICY.may(who, "read-papers", {"code": "c", "owner": owner, "status": "submitted", "person": person})

    assert owns(who("u-1", "citizen"), "u-1")
    assert owns(who("u-2", "citizen", "p-1"), "u-1", "p-1")
    assert owns(who("u-2", "citizen", "p-1"), "", "p-1"), "filed at a counter"
    assert not owns(who("u-2", "citizen", "p-2"), "u-1", "p-1")
    assert not owns(who("u-2", "citizen"), "", None)
    assert not owns(who("u-2", "specialist", "p-1"), "u-1", "p-1"), "in an office one acts for the office"
