"""What the citizen was asked for: shown, answered once, and the appointment that follows from the pause."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from dossier_intake import handlers
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.handlers import RULES
from dossier_intake.policy import POLICY
from dossier_intake.rules.deadlines import Limit, Pause, appointment
from dossier_intake.state import State
from dossier_local.memory import Author
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.envelope import from_entry
from dossier_shared.contracts.events import (
    Accepted,
    Applicant,
    Appraised,
    ConsultationAnswered,
    ConsultationRequested,
    Document,
    EventData,
    PaymentRequested,
    ReasonSealed,
    Signed,
    Submitted,
    SubmittedSealed,
    SupplementRequested,
    SupplementRequestedSealed,
)
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.problems import Conflict, NotFound

CATALOGUE = Catalogue.load_packaged()
CALENDAR = CATALOGUE.calendar
LIMIT = Limit(amount=2, unit="working_day", cut_off=time(15))
AGENCY = "H19.1"
ACCEPTED, ASKED, CAME = "2026-06-01T02:00:00.000000Z", "2026-06-02T03:00:00.000000Z", "2026-06-04T03:00:00.000000Z"
PAPER = Document(code="G1", id="9f" * 32, type="application/pdf", size=1)
CITIZEN = Principal("citizen", frozenset({"citizen"}), None, "Nguyễn Văn An")
NEIGHBOUR = Principal("neighbour", frozenset({"citizen"}), None, "Lê Văn Bình")
COUNTER = Principal("counter", frozenset({"counter"}), AGENCY, "Lê Thị Cúc")
ELSEWHERE = Principal("elsewhere", frozenset({"counter"}), "H19.2", "Trần Thị Dung")
ADMIN = Principal("admin", frozenset({"admin"}), None, "Hồ Thị Én")
SUPPLEMENT = (SupplementRequested(), SupplementRequestedSealed(text="Thiếu chữ ký."))
PAYMENT = (PaymentRequested(amount_vnd=20_000), ReasonSealed(reason="Lệ phí."))


class Filed:
    """A dossier accepted here, of which review tells. `register`: the appointment that an older register gave it."""

    def __init__(self, register: str | None = None) -> None:
        self.dossier: Dossier[State] = Dossier("d")
        self.review = Author("review", "d", agency=AGENCY)
        filed = Submitted(
            code="C-1", procedure="1.0", catalogue="v", channel="online", owner="citizen",
            limit=LIMIT.model_dump(mode="json"),
        )  # fmt: skip
        self.does("citizen:citizen", [New(filed, SubmittedSealed(applicant=Applicant(name="An")))], ACCEPTED)
        promise = appointment(parse_instant(ACCEPTED), LIMIT, CALENDAR)
        lines = [] if register else [line._asdict() for line in promise.lines]
        accepted = Accepted(appointment=register or instant(promise.instant), lines=lines)
        self.does("counter:counter", [New(accepted)], ACCEPTED)

    @property
    def state(self) -> State:
        return self.dossier.state

    def does(self, actor: str, news: Any, at: str) -> None:
        for new in news:
            journal.record(RULES, self.dossier, new, time=at, recorded=at, agency=AGENCY, actor=actor)

    def hears(self, data: EventData, sealed: Any = None, at: str = ASKED) -> Filed:
        event = self.review.says(data, sealed, at=at)
        assert journal.hear(RULES, self.dossier, event, parse_instant(at), at)
        return self

    def supplements(self, who: Principal = CITIZEN, at: str = CAME) -> None:
        POLICY.demand(who, "supplement", self.state)
        news = handlers.receive_supplement(
            self.state, parse_instant(at), CATALOGUE, "Đã ký.", [(PAPER, "a.pdf")], {PAPER.code}
        )
        self.does(f"citizen:{who.sub}", news, at)

    def pays(self, who: Principal = COUNTER, at: str = CAME) -> None:
        POLICY.demand(who, "payment-confirmed", self.state)
        self.does(f"counter:{who.sub}", handlers.confirm_payment(self.state, parse_instant(at), CATALOGUE, "BL-7"), at)

    def last(self) -> Any:
        return from_entry("d", "intake", self.dossier.journal[-1])


def promised(*pauses: tuple[str, str]) -> str:
    made = [Pause(parse_instant(start), parse_instant(end)) for start, end in pauses]
    return instant(appointment(parse_instant(ACCEPTED), LIMIT, CALENDAR, made).instant)


def test_a_supplement_ends_the_pause_and_moves_the_appointment() -> None:
    filed = Filed().hears(*SUPPLEMENT)
    assert (filed.state["status"], filed.state["portal_status"]) == ("awaiting_supplement", 5)
    assert filed.state["asked"] == {"what": "supplement", "at": ASKED, "text": "Thiếu chữ ký."}
    filed.supplements()
    event = filed.last()
    assert event.data["appointment"] == promised((ASKED, CAME)) == filed.state["appointment"]
    assert event.data["appointment"] > promised()
    assert any("Tạm dừng" in line["vi"] for line in event.data["lines"])
    assert event.heard == {"review": 1}, "says which request it answers"
    assert [document["code"] for document in event.data["documents"]] == ["G1"]
    assert event.open() == {"text": "Đã ký.", "documents": ["a.pdf"]}
    assert "Đã ký" not in str(event.data)
    assert (filed.state["status"], filed.state["portal_status"]) == ("in_review", 4)
    assert "asked" not in filed.state


def test_what_an_older_register_promised_is_moved_by_each_pause_and_never_computed_anew() -> None:
    filed = Filed(register="2026-08-04T03:00:00.000000Z").hears(*SUPPLEMENT)
    filed.supplements()
    assert filed.state["appointment"] == "2026-08-06T03:00:00.000000Z"
    filed.hears(*PAYMENT, at="2026-06-08T03:00:00.000000Z")
    filed.pays(at="2026-06-08T04:00:00.000000Z")
    assert filed.state["appointment"] == "2026-08-06T04:00:00.000000Z"


def test_every_pause_counts() -> None:
    filed = Filed().hears(*SUPPLEMENT)
    filed.supplements()
    later, paid = "2026-06-08T03:00:00.000000Z", "2026-06-10T03:00:00.000000Z"
    filed.hears(*PAYMENT, at=later)
    assert (filed.state["status"], filed.state["portal_status"], filed.state["asked"]["amount_vnd"]) == (
        "awaiting_payment", 6, 20_000,
    )  # fmt: skip
    filed.pays(at=paid)
    event = filed.last()
    assert event.data["appointment"] == promised((ASKED, CAME), (later, paid))
    assert (event.data["amount_vnd"], event.open()) == (20_000, {"receipt": "BL-7"})


def test_another_agencys_opinion_stops_no_clock_and_is_no_business_of_the_citizen() -> None:
    filed = Filed().hears(ConsultationRequested(agency="H19.2"))
    assert (filed.state["status"], filed.state["asked"]) == (
        "awaiting_consultation",
        {"what": "consultation", "at": ASKED},
    )
    for act in (filed.supplements, filed.pays):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "nothing-awaited"
    filed.hears(ConsultationAnswered(agency="H19.2"))
    assert (filed.state["status"], filed.state["appointment"]) == ("in_review", promised())
    assert "asked" not in filed.state


def test_nothing_is_taken_that_was_not_asked_for() -> None:
    for filed in (Filed(), Filed().hears(*PAYMENT), Filed().hears(Appraised(proposal="approve"))):
        with pytest.raises(Conflict):
            filed.supplements()
    filed = Filed().hears(*SUPPLEMENT)
    filed.supplements()
    with pytest.raises(Conflict):
        filed.supplements()


def test_who_may_bring_it() -> None:
    asked = Filed().hears(*SUPPLEMENT)
    for who in (NEIGHBOUR, ELSEWHERE):
        with pytest.raises(NotFound):
            asked.supplements(who)
    asked.supplements(COUNTER)
    owes = Filed().hears(*PAYMENT)
    with pytest.raises(NotFound):
        owes.pays(ELSEWHERE)
    owes.pays(ADMIN)
    with pytest.raises(NotFound):
        POLICY.demand(ADMIN, "payment-confirmed", {})


def test_a_request_heard_late_does_not_take_a_result_back() -> None:
    signed = Signed(reference="r", number="n", kind="decision", outcome="approved")
    filed = Filed()
    event = Author("signing", "d", agency=AGENCY).says(signed, at=CAME)
    assert journal.hear(RULES, filed.dossier, event, parse_instant(CAME), CAME)
    filed.hears(*SUPPLEMENT)
    assert filed.state["status"] == "signed"
