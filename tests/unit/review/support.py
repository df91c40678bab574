"""A case brought to any state by the events that lead there, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from dossier_local.memory import Author
from dossier_review import handlers
from dossier_review.handlers import RULES
from dossier_review.lists import Day
from dossier_review.policy import POLICY
from dossier_review.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.events import (
    Accepted,
    Applicant,
    PaymentConfirmed,
    Refused,
    RefusedSealed,
    Submitted,
    SubmittedSealed,
    SupplementReceived,
    SupplementReceivedSealed,
)
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import Dossier, New

AGENCY = "H19.1"
AT = "2025-07-01T01:00:00.000000Z"
DUE = "2025-07-04T10:00:00.000000Z"
ON_THE_DAY = Day(DUE, DUE, DUE, DUE)  # nothing but what is late is near its appointment
LATER = "2025-07-08T10:00:00.000000Z"
ASKED = "H19.2"  # the agency consulted


def officer(sub: str, *roles: str, agency: str | None = AGENCY) -> Principal:
    return Principal(sub, frozenset(roles), agency, sub)


SPECIALIST = officer("specialist", "specialist")
LEADER = officer("leader", "leader")
COLLEAGUE = officer("colleague", "specialist")
DEPUTY = officer("deputy", "leader", "specialist")
STRANGER = officer("stranger", "leader", "specialist", agency="H19.2")


ACTIONS = {
    "appraise_case": "appraise", "approve_case": "approve", "reject_case": "reject", "return_case": "return",
    "assign_case": "assign", "release_case": "release", "share_case": "share-out", "note_case": "note",
    "request_supplement": "request-supplement", "request_payment": "request-payment", "consult_agencies": "consult",
    "answer_consultation": "answer-consultation", "withdraw_consultation": "withdraw-consultation",
    "withdraw_request": "withdraw-request", "request_extension": "request-extension", "extend_case": "extend",
    "stop_case": "stop", "grant_withdrawal": "grant-withdrawal", "decline_withdrawal": "decline-withdrawal",
    "hand_over": "hand-over",
}  # fmt: skip


class Decisions:
    """The decisions of `handlers` as the verbs reach them: the table of rights is asked first, of `who` in the verb's role."""

    def __getattr__(self, name: str) -> Any:
        decide = getattr(handlers, name)
        if name not in ACTIONS:
            return decide

        def act(state: State, who: Principal, *given: Any) -> Any:
            action = ACTIONS[name]
            roles = POLICY.roles(action)
            acting = who if not who.roles.isdisjoint(roles) else replace(who, roles=who.roles | {roles[0]})
            if "agency" in state:
                wish = SimpleNamespace(officer=given[0]) if name == "assign_case" else None
                POLICY.demand(acting, action, state, Context(wish=wish))
            own = (who,) if name in ("assign_case", "answer_consultation") else ()
            return decide(state, *own, *given)

        return act


decisions = Decisions()


class Case:
    """`hears` what intake says; `does` what an officer does, recorded as the ledger would."""

    def __init__(self, dossier: str = "d-1", due: str = DUE, **filing: Any) -> None:
        self.dossier: Dossier[State] = Dossier(dossier)
        self.intake = Author("intake", dossier, agency=AGENCY, at=AT)
        self.due, self.filing = due, filing

    @property
    def state(self) -> State:
        return self.dossier.state

    def does(self, who: Principal, news: Sequence[New]) -> list[str]:
        actor = f"{sorted(who.roles)[0]}:{who.sub}"
        for new in news:
            journal.record(RULES, self.dossier, new, time=AT, recorded=AT, agency=AGENCY, actor=actor)
        return [new.data.name for new in news]

    def hears(self, *events: New) -> Case:
        for new in events:
            event = self.intake.says(new.data, new.sealed)
            assert journal.hear(RULES, self.dossier, event, parse_instant(AT), AT)
        return self

    def submitted(self) -> Case:
        filed = Submitted(
            code=f"H19.1-{self.dossier.id}", procedure="1.001193", procedure_name="Đăng ký khai sinh", catalogue="v",
            channel="online", result_kind="certificate", agency_name="UBND xã Bù Đăng", overseers=["H19"],
            **{"owner": "citizen", **self.filing},
        )  # fmt: skip
        return self.hears(New(filed, SubmittedSealed(applicant=Applicant(name="Nguyễn Văn An"), form={"a": 1})))

    def accepted(self) -> Case:
        return self.submitted().hears(New(Accepted(appointment=self.due)))

    def refused(self) -> Case:
        return self.submitted().hears(New(Refused(), RefusedSealed(reason="Thiếu giấy tờ.")))

    def assigned(self, officer: Principal = SPECIALIST) -> Case:
        self.accepted()
        self.does(LEADER, decisions.assign_case(self.state, LEADER, officer.sub))
        return self

    def appraised(self, who: Principal = SPECIALIST, proposal: str = "approve") -> Case:
        self.accepted()
        self.does(who, decisions.appraise_case(self.state, who, proposal, None))
        return self

    def awaiting(self, what: str) -> Case:
        """What: supplement, payment or consultation (of `ASKED`)."""
        self.accepted()
        asks = {
            "supplement": decisions.request_supplement(self.state, SPECIALIST, "Thiếu chữ ký."),
            "payment": decisions.request_payment(self.state, SPECIALIST, 20_000, "Lệ phí."),
            "consultation": decisions.consult_agencies(self.state, SPECIALIST, [ASKED], "Có tranh chấp không?"),
        }
        self.does(SPECIALIST, asks[what])
        return self

    def asks_for_money(self) -> Case:
        self.does(SPECIALIST, decisions.request_payment(self.state, SPECIALIST, 20_000, "Lệ phí."))
        return self

    def supplemented(self) -> Case:
        received = SupplementReceived(appointment=LATER)
        return self.awaiting("supplement").hears(New(received, SupplementReceivedSealed(text="Đã ký.")))

    def paid(self) -> Case:
        return self.awaiting("payment").hears(New(PaymentConfirmed(appointment=LATER, amount_vnd=20_000)))

    def returned(self) -> Case:
        self.appraised()
        self.does(LEADER, decisions.return_case(self.state, LEADER, "Bổ sung ý kiến."))
        return self

    def approved(self) -> Case:
        self.appraised()
        self.does(LEADER, decisions.approve_case(self.state, LEADER, None))
        return self

    def rejected(self) -> Case:
        self.appraised()
        self.does(LEADER, decisions.reject_case(self.state, LEADER, "Không đủ điều kiện."))
        return self
