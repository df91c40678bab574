"""Every action in every state: what it records, or how it is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from dossier_shared.contracts.envelope import from_entry
from dossier_shared.errors import Refusal
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Forbidden, NotFound, NotReady

from .support import ASKED, COLLEAGUE, DEPUTY, DUE, LEADER, SPECIALIST, STRANGER, Case, decisions

ACTIONS: dict[str, Callable[[Case, Principal], Sequence[New]]] = {
    "assign": lambda case, who: decisions.assign_case(case.state, who, None),
    "appraise": lambda case, who: decisions.appraise_case(case.state, who, "approve", "Đủ điều kiện."),
    "approve": lambda case, who: decisions.approve_case(case.state, who, None),
    "reject": lambda case, who: decisions.reject_case(case.state, who, "Không đủ điều kiện."),
    "return": lambda case, who: decisions.return_case(case.state, who, "Xem lại."),
    "note": lambda case, who: decisions.note_case(case.state, who, "Đã gọi điện."),
    "supplement": lambda case, who: decisions.request_supplement(case.state, who, "Thiếu chữ ký."),
    "payment": lambda case, who: decisions.request_payment(case.state, who, 20_000, "Lệ phí."),
    "consult": lambda case, who: decisions.consult_agencies(case.state, who, [ASKED], "Có tranh chấp không?"),
    "answer": lambda case, who: decisions.answer_consultation(case.state, who, "Không."),
    "withdraw": lambda case, who: decisions.withdraw_request(case.state, who, "Được miễn."),
    "stop": lambda case, who: decisions.stop_case(case.state, who, "Không còn cư trú."),
}
STATES: dict[str, Callable[[], Case]] = {
    "unknown": Case,
    "submitted": lambda: Case().submitted(),
    "refused": lambda: Case().refused(),
    "accepted": lambda: Case().accepted(),
    "assigned": lambda: Case().assigned(),
    "awaiting_supplement": lambda: Case().awaiting("supplement"),
    "awaiting_payment": lambda: Case().awaiting("payment"),
    "awaiting_consultation": lambda: Case().awaiting("consultation"),
    "supplemented": lambda: Case().supplemented(),
    "paid": lambda: Case().paid(),
    "appraised": lambda: Case().appraised(),
    "returned": lambda: Case().returned(),
    "approved": lambda: Case().approved(),
    "rejected": lambda: Case().rejected(),
    "withdrawn": lambda: _after(Case().awaiting("payment"), "withdraw"),
    "stopped": lambda: _after(Case().awaiting("payment"), "stop"),
}
WAIT, NO = NotReady, Refusal  # by the rules or the lifecycle
ASKS = ("supplement-requested", "payment-requested", "consultation-requested")
BACK, GONE = "request-withdrawn", "consultation-withdrawn"
CLOSED = ((BACK, "rejected"), (BACK, "returned"))  # what waits for something that never comes
# state -> assign, appraise, approve, reject, return, note; request supplement, payment, consult, answer; withdraw, stop
EXPECTED: dict[str, tuple[str | tuple[str, ...] | type[Refusal], ...]] = {
    "unknown": (WAIT,) * 12,
    "submitted": (WAIT,) * 12,
    "refused": (NO,) * 12,
    "accepted": ("assigned", "appraised", NO, NO, NO, "noted", *ASKS, NO, NO, "stopped"),
    "assigned": ("assigned", "appraised", NO, NO, NO, "noted", *ASKS, NO, NO, "stopped"),
    "awaiting_supplement": ("assigned", NO, NO, *CLOSED, "noted", NO, NO, NO, NO, BACK, (BACK, "stopped")),
    "awaiting_payment": ("assigned", NO, NO, *CLOSED, "noted", NO, NO, NO, NO, BACK, (BACK, "stopped")),
    "awaiting_consultation": (
        "assigned",
        NO,
        NO,
        (GONE, "rejected"),
        (GONE, "returned"),
        "noted",
        NO,
        NO,
        NO,
        "consultation-answered",
        GONE,
        (GONE, "stopped"),
    ),
    "supplemented": ("assigned", "appraised", NO, NO, NO, "noted", *ASKS, NO, NO, "stopped"),
    "paid": ("assigned", "appraised", NO, NO, NO, "noted", *ASKS, NO, NO, "stopped"),
    "appraised": ("assigned", NO, "approved", "rejected", "returned", "noted", NO, NO, NO, NO, NO, "stopped"),
    "returned": ("assigned", "appraised", NO, NO, NO, "noted", *ASKS, NO, NO, "stopped"),
    "approved": (NO, NO, NO, NO, NO, "noted", NO, NO, NO, NO, NO, NO),
    "rejected": (NO, NO, NO, NO, NO, "noted", NO, NO, NO, NO, NO, NO),
    "withdrawn": ("assigned", "appraised", NO, NO, NO, "noted", *ASKS, NO, NO, "stopped"),
    "stopped": (NO,) * 12,
}


def _after(case: Case, action: str) -> Case:
    case.does(LEADER, ACTIONS[action](case, LEADER))
    return case


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("position", "action"), list(enumerate(ACTIONS)))
def test_every_action_in_every_state(state: str, position: int, action: str) -> None:
    case, expected = STATES[state](), EXPECTED[state][position]
    before = dict(case.state)
    if isinstance(expected, str | tuple):
        recorded = [expected] if isinstance(expected, str) else list(expected)
        assert case.does(LEADER, ACTIONS[action](case, LEADER)) == recorded
        return
    with pytest.raises(expected) as refused:
        case.does(LEADER, ACTIONS[action](case, LEADER))
    assert isinstance(refused.value, NotReady) == (expected is WAIT)
    assert case.state == before


def test_the_table_is_whole() -> None:
    assert EXPECTED.keys() == STATES.keys()
    assert {len(row) for row in EXPECTED.values()} == {len(ACTIONS)}


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_whoever_appraised_does_not_decide(action: str) -> None:
    case = Case().appraised(DEPUTY)
    with pytest.raises(Forbidden) as refused:
        ACTIONS[action](case, DEPUTY)
    assert refused.value.code == "same-person"
    assert case.does(LEADER, ACTIONS[action](case, LEADER))


def test_the_last_appraiser_counts() -> None:
    case = Case().appraised(DEPUTY)
    case.does(LEADER, ACTIONS["return"](case, LEADER))
    case.does(SPECIALIST, ACTIONS["appraise"](case, SPECIALIST))
    assert case.does(DEPUTY, ACTIONS["approve"](case, DEPUTY)) == ["approved"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", ["accepted", "appraised", "awaiting_supplement"])
def test_another_agency_s_officer_may_do_nothing(state: str, action: str) -> None:
    with pytest.raises(NotFound):
        ACTIONS[action](STATES[state](), STRANGER)


def test_an_assigned_case_is_appraised_by_its_officer_or_a_leader() -> None:
    case = Case().assigned(SPECIALIST)
    assert case.state["assigned_to"] == "specialist"
    with pytest.raises(Forbidden) as refused:
        ACTIONS["appraise"](case, COLLEAGUE)
    assert refused.value.code == "assigned-to-another"
    assert case.does(SPECIALIST, ACTIONS["appraise"](case, SPECIALIST)) == ["appraised"]
    led = Case().assigned(SPECIALIST)
    assert led.does(LEADER, ACTIONS["appraise"](led, LEADER)) == ["appraised"]


def test_a_specialist_takes_only_what_nobody_has() -> None:
    case = Case().accepted()
    case.does(SPECIALIST, decisions.assign_case(case.state, SPECIALIST, None))
    assert case.state["assigned_to"] == "specialist"
    for who, officer in ((COLLEAGUE, None), (SPECIALIST, "colleague")):
        with pytest.raises(Forbidden) as refused:
            decisions.assign_case(case.state, who, officer)
        assert refused.value.code == "assigned-by-leader"
    case.does(LEADER, decisions.assign_case(case.state, LEADER, "colleague"))
    assert case.state["assigned_to"] == "colleague"


def test_a_decision_carries_what_the_result_needs() -> None:
    case = Case().rejected()
    entry = from_entry("d-1", "review", case.dossier.journal[-1])
    assert entry.data["owner"] == "citizen"
    assert entry.data["appointment"] == DUE
    assert entry.data["overseers"] == ["H19"]
    assert entry.open() == {"holder": "Nguyễn Văn An", "summary": [], "reason": "Không đủ điều kiện."}
    assert case.state["status"] == "rejected"
    assert case.state["decided_by"] == "leader"
    assert case.state["stage"] is None


def test_no_personal_data_outside_the_sealed_part() -> None:
    for state in ("rejected", "approved", "returned"):
        for entry in STATES[state]().dossier.journal:
            assert "Nguyễn" not in str(entry["data"])
            assert "điều kiện" not in str(entry["data"])


def test_straight_through_is_decided_by_rule_in_the_same_step() -> None:
    case = Case(straight_through=True).accepted()
    assert [entry["type"] for entry in case.dossier.journal] == ["appraised", "approved"]
    assert {entry["actor"] for entry in case.dossier.journal} == {"rule:review"}
    assert case.state["status"] == "approved"


def test_notes_are_counted_and_change_nothing_else() -> None:
    case = Case().appraised()
    before = dict(case.state)
    case.does(SPECIALIST, ACTIONS["note"](case, SPECIALIST))
    case.does(LEADER, ACTIONS["note"](case, LEADER))
    texts = [(line["by"], line["text"]) for line in case.state["thread"][-2:]]
    assert texts == [("specialist", "Đã gọi điện."), ("leader", "Đã gọi điện.")]
    assert case.state == {**before, "notes": 2, "thread": case.state["thread"]}
