"""What is shown of a case to whom: names, answers and words to who works on it, how far it is to who is above."""

from __future__ import annotations

from dataclasses import replace

from dossier_review.pages.work_list import item_of
from dossier_review.schemas import case_detail, case_view
from dossier_shared.http.tokens import Principal

from .support import AGENCY, COLLEAGUE, LEADER, ON_THE_DAY, SPECIALIST, Case, decisions, officer

ABOVE = officer("above", "superior", agency="H19")
ABOVE_AND_A_LEADER = officer("both", "superior", "leader", agency="H19")  # of the province's own cases
COUNTER = officer("counter", "counter", agency=AGENCY)
WORD = "Nhà ở cuối hẻm"


def case() -> Case:
    made = Case().accepted()
    made.does(SPECIALIST, decisions.note_case(made.state, SPECIALIST, WORD))
    return made


def holder(made: Case) -> str:
    name = made.state["holder"]
    assert name
    return name


def test_who_works_on_it_sees_what_was_filed() -> None:
    made = case()
    for who in (SPECIALIST, LEADER, COLLEAGUE):
        seen = case_detail(made.dossier, who)
        assert seen["applicant"] == holder(made)
        assert WORD in str(seen["thread"])


def test_who_is_above_sees_how_far_it_is_whatever_else_they_are_elsewhere() -> None:
    made = case()
    for who in (ABOVE, ABOVE_AND_A_LEADER, COUNTER, Principal("nobody", frozenset({"leader"}))):
        seen = case_detail(made.dossier, who)
        assert seen == case_view(made.dossier), who
        assert holder(made) not in str(seen)
        assert WORD not in str(seen)


def test_lists_name_nobody() -> None:
    """The queue, and the work list."""
    made = case()
    item = replace(item_of(made.dossier, LEADER, ON_THE_DAY), resource={})  # by which the page asks what one may do
    for shown in (str(case_view(made.dossier)), str(item)):
        assert holder(made) not in shown
        assert WORD not in shown


def test_words_of_what_is_waited_for_are_for_who_works_on_it() -> None:
    made = Case().awaiting("supplement")
    text = made.state["waits_for"]["text"]
    assert text
    assert text in str(case_detail(made.dossier, SPECIALIST))
    assert text not in str(case_detail(made.dossier, ABOVE_AND_A_LEADER))
