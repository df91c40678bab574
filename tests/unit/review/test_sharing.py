"""What nobody has goes to whoever has least: as evenly as what they have already lets it, and never to who filed it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier_review import handlers
from dossier_review.sharing import Free, shared_out
from dossier_shared.problems import Conflict, Forbidden, Problem

from .support import COLLEAGUE, LEADER, SPECIALIST, Case, decisions

OFFICERS = "abcdef"
# one byte each: collections of collections are slow to draw where the machine has much to do
LOADS = st.binary(min_size=1, max_size=6).map(lambda drawn: {OFFICERS[n]: byte % 31 for n, byte in enumerate(drawn)})
BARRED = st.binary(max_size=40).map(
    lambda drawn: [frozenset(one for n, one in enumerate(OFFICERS) if byte >> n & 1) for byte in drawn]
)


@given(LOADS, st.integers(0, 60))
def test_nobody_is_given_one_while_another_has_two_less(loads: dict[str, int], count: int) -> None:
    plan = shared_out([Free(str(n)) for n in range(count)], loads)
    after = dict(loads)
    for officer in plan.values():
        after[officer] += 1
    assert len(plan) == count, "everyone may, so everything is given"
    given_to = [after[officer] for officer in set(plan.values())]
    assert max(given_to, default=0) - min(after.values()) <= 1 or not plan
    assert max(given_to, default=0) - min(given_to, default=0) <= 1


@given(LOADS, BARRED)
def test_who_may_not_have_it_does_not_and_the_same_question_has_one_answer(
    loads: dict[str, int], barred: list[frozenset[str]]
) -> None:
    cases = [Free(str(n), those) for n, those in enumerate(barred)]
    plan = shared_out(cases, loads)
    assert plan == shared_out(cases, dict(reversed(loads.items())))
    for case in cases:
        assert (case.id in plan) == (not set(loads) <= set(case.barred))
        assert plan.get(case.id) not in case.barred


def test_what_somebody_took_meanwhile_stays_theirs() -> None:
    free = Case().accepted()
    assert free.does(LEADER, decisions.share_case(free.state, LEADER, "colleague")) == ["assigned"]
    with pytest.raises(Conflict) as taken:
        decisions.share_case(free.state, LEADER, "specialist")
    assert taken.value.code == "assigned-already"


@pytest.mark.parametrize(
    "case",
    [Case(owner="colleague").accepted(), Case().appraised(), Case().awaiting("supplement"), Case().submitted()],
    ids=["filed by the officer", "appraised", "waits", "not accepted"],
)
def test_what_cannot_be_given_is_refused_alone(case: Case) -> None:
    with pytest.raises(Problem):
        decisions.share_case(case.state, LEADER, "colleague")


def test_a_leader_shares_out_nothing_of_their_own() -> None:
    with pytest.raises(Forbidden):
        decisions.share_case(Case(owner="leader").accepted().state, LEADER, "colleague")


def test_by_rule_only_what_people_have_not_touched() -> None:
    fresh = Case().accepted()
    assert [new.data.model_dump() for new in handlers.assign_by_rule(fresh.state, "colleague")] == [
        {"officer": "colleague"}
    ]
    given_back = Case().assigned()
    given_back.does(LEADER, decisions.release_case(given_back.state, LEADER, SPECIALIST.sub, None))
    touched = [
        Case().submitted(), Case().assigned(COLLEAGUE), Case().appraised(), given_back, Case(owner="colleague").accepted(),
    ]  # fmt: skip
    assert [handlers.assign_by_rule(case.state, "colleague") for case in touched] == [()] * len(touched)
