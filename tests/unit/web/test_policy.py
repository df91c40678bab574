"""What a table of rights decides, whatever service it is of."""

from __future__ import annotations

import pytest

from dossier_shared.http.policy import FILTERED, Allow, Bar, Context, Deny, Policy, Relation, Rule
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden, NotFound, Problem

HOLDS = Relation("holds", lambda who, case, _: case.get("agency") == who.agency)
SERVED = Relation("served", lambda who, case, context: case.get("agency") in context.world)
DID = Relation("did", lambda who, case, _: case.get("by") == who.sub)
OWN = Bar("own", lambda who, case, _: case.get("filer") == who.sub, lambda: Forbidden("own", "Của bạn.", "Your own."))
TOO_MUCH = Bar(
    "too-much", lambda who, case, context: context.wish is not None and context.wish > 9,
    lambda: Forbidden("too-much", "Quá nhiều.", "Too much."),
)  # fmt: skip
POLICY = Policy(
    Rule("sign", ("leader", "deputy"), (HOLDS,), (OWN, TOO_MUCH)),
    Rule("sign", ("centre",), (SERVED,)),
    Rule("list", ("leader",), (FILTERED,)),
    repeated=(DID,),
)
CASE = {"agency": "a", "filer": "f", "by": "b"}


def who(sub: str, *roles: str, agency: str | None = "a") -> Principal:
    return Principal(sub, frozenset(roles), agency)


def test_what_no_rule_speaks_of_is_denied() -> None:
    assert POLICY.roles("burn") == ()
    decision = POLICY.decide(who("u", "leader", "deputy", "centre"), "burn", CASE)
    assert isinstance(decision, Deny)
    with pytest.raises(Forbidden):
        POLICY.demand(who("u", "leader"), "burn", CASE)


def test_it_says_by_which_role_and_relation() -> None:
    assert POLICY.decide(who("u", "deputy"), "sign", CASE) == Allow("deputy", "holds")
    assert POLICY.decide(who("u", "deputy", "leader"), "sign", CASE) == Allow("leader", "holds")
    assert POLICY.decide(who("u", "centre", agency="z"), "sign", CASE, Context({"a"})) == Allow("centre", "served")
    assert POLICY.decide(who("u", "leader"), "list", {}) == Allow("leader", "filtered")


@pytest.mark.parametrize(("asker", "context", "status", "code"), [
    (who("u"), Context(), 403, "forbidden"),
    (who("u", "citizen"), Context(), 403, "forbidden"),
    (who("u", "leader", agency="z"), Context(), 404, "dossier-not-found"),
    (who("u", "leader", agency=None), Context(), 404, "dossier-not-found"),
    (who("f", "leader"), Context(), 403, "own"),
    (who("u", "leader"), Context(wish=10), 403, "too-much"),
    (who("f", "leader", "centre", agency="a"), Context({"b"}), 403, "own"),
    (who("f", "leader", "centre", agency="z"), Context({"b"}), 404, "dossier-not-found"),
])  # fmt: skip
def test_the_nearest_reason_is_told(asker: Principal, context: Context, status: int, code: str) -> None:
    with pytest.raises(Problem) as refused:
        POLICY.demand(asker, "sign", CASE, context)
    assert (refused.value.http_status, refused.value.code) == (status, code)


def test_one_line_that_allows_is_enough() -> None:
    assert POLICY.may(who("f", "leader", "centre"), "sign", CASE, Context({"a"}))


def test_who_did_it_may_repeat_it_and_nobody_else() -> None:
    permit = POLICY.permit(who("b", "leader", agency="z"), "sign")
    permit(CASE, True)
    with pytest.raises(NotFound):
        permit(CASE, False)
    with pytest.raises(NotFound):
        POLICY.permit(who("c", "leader", agency="z"), "sign")(CASE, True)
    POLICY.permit(who("f", "leader"), "sign")(CASE, True)  # a bar was passed then
    with pytest.raises(Forbidden):
        POLICY.permit(who("b"), "sign")(CASE, True)


LENDER = Bar("own", OWN.holds, OWN.refused, of_lender=True)
BY_DEPUTIES = Policy(Rule("sign", ("leader", "counter"), (HOLDS,), (LENDER, TOO_MUCH)))


@pytest.mark.parametrize(("lent_by", "roles", "may"), [
    ({("leader", "f")}, {"leader"}, False),
    ({("leader", "g")}, {"leader"}, True),
    ({("leader", "f"), ("leader", "g")}, {"leader"}, True),  # one of them may
    ({("counter", "f")}, {"leader", "counter"}, True),  # leads by a right of their own
    (set(), {"leader"}, True),
])  # fmt: skip
def test_a_deputy_may_no_more_than_one_of_those_who_lend_the_role(
    lent_by: set[tuple[str, str]], roles: set[str], may: bool
) -> None:
    lent = frozenset(role for role, _ in lent_by)
    deputy = Principal("d", frozenset(roles), "a", lent=lent, lent_by=frozenset(lent_by))
    assert BY_DEPUTIES.may(deputy, "sign", CASE) is may
    assert POLICY.may(deputy, "sign", CASE), "of a bar that is the deputy's alone"
