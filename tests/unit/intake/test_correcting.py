"""An officer puts right what the applicant said of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from dossier_intake.correcting import Correct, correct, filed_answers
from dossier_intake.policy import POLICY
from dossier_shared.contracts.events import Signed
from dossier_shared.errors import Refusal
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Conflict, Forbidden, Invalid, NotFound
from dossier_shared.vocabulary.persons import person_of

from .case import AGENCY, AT, CATALOGUE, CITIZEN, COUNTER, KEY, NUMBER, OTHERS_NUMBER, Case, who

SPECIALIST = who("specialist", agency=AGENCY)
PERSON, OTHER = person_of(KEY, "citizen", NUMBER), person_of(KEY, "citizen", OTHERS_NUMBER)


def corrected(case: Case, by: Any = SPECIALIST, **wish: Any) -> New:
    answers = filed_answers(case.dossier)
    assert answers is not None
    body = Correct(reason="Theo bản gốc.", **wish)
    POLICY.demand(by, "correct", case.state)
    (new,) = correct(case.state, AT, CATALOGUE, answers, body, KEY)
    case.does([new])
    return new


def test_the_name_is_put_right_and_nothing_else_changes() -> None:
    case = Case().accepted()
    before = case.state
    new = corrected(case, applicant={"name": " Nguyễn  Văn Ân"})
    assert new.data.model_dump() == {"fields": ["/applicant/name"]}
    assert new.sealed is not None
    sealed = new.sealed.model_dump(exclude_none=True)
    assert sealed == {"reason": "Theo bản gốc.", "applicant": {**before["applicant"], "name": "Nguyễn Văn Ân"}}
    same = {key: value for key, value in case.state.items() if key != "applicant"}
    assert same == {key: value for key, value in before.items() if key != "applicant"}
    assert case.state["applicant"]["name"] == "Nguyễn Văn Ân"


def test_an_answer_is_put_right_in_the_form_and_in_its_words() -> None:
    case = Case().accepted()
    answers = filed_answers(case.dossier)
    assert answers is not None
    new = corrected(case, form={"person": {"full_name": "Trần Thị Mài", "birth_date": "13/04/1995"}})
    assert new.data.model_dump() == {"fields": ["/form/person/full_name", "/form/person/birth_date"]}
    assert new.sealed is not None
    sealed = new.sealed.model_dump(exclude_none=True)
    right = {**answers["person"], "full_name": "Trần Thị Mài", "birth_date": "1995-04-13"}
    assert sealed["form"] == {**answers, "person": right}
    assert "applicant" not in sealed
    assert any("Trần Thị Mài" in row["value"] for row in sealed["summary"])
    assert filed_answers(case.dossier) == sealed["form"], "the next correction begins here"


@pytest.mark.parametrize(("wish", "code"), [
    ({"applicant": {"name": "An 1"}}, "name-invalid"),
    ({"applicant": {"name": "Nguyễn Văn An"}}, "nothing-corrected"),
    ({"applicant": {"citizen_id": "999"}}, "citizen-id-invalid"),
    ({"form": {"there_is_no_such_field": 1}}, "form-invalid"),
    ({}, "nothing-corrected"),
])  # fmt: skip
def test_it_is_checked_as_a_filing_is(wish: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        corrected(Case(), **wish)
    assert refused.value.code == code


def test_another_persons_number_must_be_said_to_be_one() -> None:
    case = Case()
    assert case.state["person"] == PERSON
    with pytest.raises(Conflict) as refused:
        corrected(case, applicant={"citizen_id": OTHERS_NUMBER})
    assert refused.value.code == "another-person"
    corrected(case, applicant={"citizen_id": OTHERS_NUMBER}, another_person=True)
    assert case.state["person"] == OTHER
    corrected(case, applicant={"citizen_id": None}, another_person=True)
    assert "person" not in case.state
    corrected(case, applicant={"citizen_id": NUMBER})
    assert case.state["person"] == PERSON, "a number where there was none is no other's"


def test_who_may_and_until_when() -> None:
    corrected(Case(), COUNTER, applicant={"phone": None})
    with pytest.raises(NotFound):
        corrected(Case(), who("specialist", agency="H19.2"), applicant={"phone": None})
    with pytest.raises(Forbidden):
        corrected(Case(), who("specialist", CITIZEN.sub, AGENCY), applicant={"phone": None})
    signed = Case().accepted()
    signed.hears("signing", Signed(reference="r", number="n", kind="decision", outcome="approved"))
    with pytest.raises(Refusal) as late:
        corrected(signed, applicant={"phone": None})
    assert late.value.code == "illegal-transition"
