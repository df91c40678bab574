"""E9: awaiting a payment, a supplement or an opinion that never comes. The request is taken back, or the dossier closed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.component.review.conftest import review as review
from tests.component.work.test_lists import offered
from tests.unit.intake.test_answers import ASKED, CAME, CATALOGUE, PAYMENT, SUPPLEMENT, Filed, promised
from tests.unit.monitor.stories import START, Chain
from tests.unit.monitor.test_recount import facts_of, mark_of
from tests.unit.review.support import AT, LEADER, SPECIALIST, Case, decisions
from tests.unit.review.support import officer as principal

from dossier_intake import handlers as intake
from dossier_intake.pages.my_dossiers import card
from dossier_monitor.projection.domain import stage, waits_for
from dossier_monitor.recount.counting import compare
from dossier_review import handlers
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.events import PaymentConfirmed, ReasonSealed, RequestWithdrawn, Stopped
from dossier_shared.contracts.lifecycle import OPEN, PORTAL
from dossier_shared.journal import dossier as journal
from dossier_shared.problems import Forbidden

KINDS = ("supplement", "payment", "consultation")
WHY = ReasonSealed(reason="Được miễn.")
SPECIALIST_TOKEN, LEADER_TOKEN = officer("specialist", "specialist"), officer("leader", "leader")


@pytest.mark.parametrize("what", KINDS)
async def test_e9_a_dossier_that_awaits_what_never_comes_is_closed_over_http(review: Desk, what: str) -> None:
    for id_ in ("back", "stopped", "rejected", "returned"):
        await review.put(Case(id_).awaiting(what).dossier)

    async def after(id_: str, command: str, who: dict[str, str] = LEADER_TOKEN) -> dict[str, Any]:
        answer = await review.post(f"/api/v1/dossiers/{id_}/{command}", who, {"reason": "Không còn cần."})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert body["waits_for"] is None
        return body

    page = await review.page("/work", LEADER_TOKEN)
    assert offered(page, "back") == ["withdraw-request", "reject", "stop", "hand-over"]
    assert (await after("back", "withdraw-request", SPECIALIST_TOKEN))["stage"] == "appraisal"
    assert (await after("stopped", "stop"))["status"] == "stopped"
    assert (await after("rejected", "reject"))["status"] == "rejected"
    assert (await after("returned", "return"))["stage"] == "appraisal"
    refused = await review.post("/api/v1/dossiers/back/withdraw-request", SPECIALIST_TOKEN, {"reason": "Lại."})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing-awaited")
    assert (await review.post("/api/v1/dossiers/back/stop", SPECIALIST_TOKEN, {"reason": "?"})).status_code == 403
    assert (await review.post("/api/v1/dossiers/back/stop", LEADER_TOKEN, {})).status_code == 422
    entries = (await review.stored("stopped"))["journal"]
    taken_back = "consultation-withdrawn" if what == "consultation" else "request-withdrawn"
    assert [(e["type"], e["portal"]) for e in entries[-2:]] == [(taken_back, 4), ("stopped", 8)]


def test_e9_whoever_asked_does_not_reject() -> None:
    case = Case().awaiting("payment")
    both = principal("specialist", "specialist", "leader")
    with pytest.raises(Forbidden) as refused:
        decisions.reject_case(case.state, both, "Không nộp.")
    assert refused.value.code == "same-person"


def test_e9_an_answer_under_way_meets_a_request_taken_back() -> None:
    """Kept with the case; it moves nothing, also where the same is asked for again, and where all is over by then."""
    again, over = Case("again").awaiting("payment"), Case("over").awaiting("payment")
    for case in (again, over):
        case.does(SPECIALIST, decisions.withdraw_request(case.state, SPECIALIST, "Được miễn."))
    again.does(SPECIALIST, decisions.request_payment(again.state, SPECIALIST, 5_000, "Lệ phí khác."))
    over.does(LEADER, decisions.stop_case(over.state, LEADER, "Không còn cư trú."))
    for case, status in ((again, "awaiting_payment"), (over, "stopped")):
        knew = {"review": 1}  # of the first request only
        event = case.intake.says(PaymentConfirmed(appointment=AT, amount_vnd=20_000), heard=knew)
        assert journal.hear(handlers.RULES, case.dossier, event, parse_instant(AT), AT)
        assert case.state["status"] == status
        assert case.state["answers"][-1]["asked"]["amount_vnd"] == 20_000
    paid = again.intake.says(PaymentConfirmed(appointment=AT, amount_vnd=5_000), heard={"review": 3})
    assert journal.hear(handlers.RULES, again.dossier, paid, parse_instant(AT), AT)
    assert (again.state["status"], "waits_for" in again.state) == ("in_review", False)


@pytest.mark.parametrize(("what", "asks"), [("payment", PAYMENT), ("supplement", SUPPLEMENT)])
def test_e9_the_clock_runs_on_and_the_citizen_reads_it(what: str, asks: Any) -> None:
    filed = Filed().hears(*asks)
    rules = intake.rules(lambda: CATALOGUE)

    def hears(data: Any) -> None:
        event = filed.review.says(data, WHY, at=CAME)
        assert journal.hear(rules, filed.dossier, event, parse_instant(CAME), CAME)

    hears(RequestWithdrawn(what=what))
    told = filed.last()
    assert (told.type, told.data["appointment"]) == ("rescheduled", promised((ASKED, CAME)))
    assert (filed.state["status"], filed.state["appointment"]) == ("in_review", told.data["appointment"])
    assert "asked" not in filed.state
    hears(Stopped())
    assert (filed.state["status"], filed.state["portal_status"], PORTAL["stopped"]) == ("stopped", 8, 8)
    assert "stopped" not in OPEN
    shown = card(filed.dossier, "vi", parse_instant("2030-01-01T00:00:00.000000Z"))
    assert (shown.status, shown.tone, shown.late, shown.reason) == ("Đã dừng giải quyết", "bad", False, "Được miễn.")


def test_e9_an_answer_recorded_first_keeps_its_appointment() -> None:
    filed = Filed().hears(*PAYMENT)
    filed.pays()
    before = dict(filed.state)
    event = filed.review.says(RequestWithdrawn(what="payment"), WHY, at=CAME)
    assert journal.hear(intake.rules(lambda: CATALOGUE), filed.dossier, event, parse_instant(CAME), CAME)
    assert filed.last().type == "payment-confirmed"
    assert filed.state == before


def test_e9_the_board_counts_it_as_over() -> None:
    chain, at, agency = Chain(), START, "X-H19-25217"
    facts = {"procedure": "1.000894", "overseers": ["H19"], "code": "c", "owner": "o", "channel": "online"}
    story = [
        chain.event("d", "intake", "submitted", at, agency, facts),
        chain.event("d", "intake", "accepted", at, agency, {"appointment": AT, "lines": []}),
        chain.event("d", "review", "payment-requested", at, agency, {"amount_vnd": 1}),
    ]
    assert waits_for(mark_of(story), stage(mark_of(story))) == "payment"
    story.append(chain.event("d", "review", "request-withdrawn", at, agency, {"what": "payment"}))
    assert waits_for(mark_of(story), stage(mark_of(story))) == "specialist"
    story.append(chain.event("d", "review", "stopped", at, agency, {}))
    for cut in range(1, len(story) + 1):
        projection = mark_of(story[:cut])
        assert compare("d", facts_of(story[:cut]), projection).differences == []
    assert (stage(projection), waits_for(projection, "stopped")) == ("stopped", "")
