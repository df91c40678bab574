"""A case brought to any state by the events that lead there, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dossier_local.memory import Author
from dossier_review import handlers
from dossier_review.handlers import RULES
from dossier_review.lists import Day
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
        self.does(LEADER, handlers.assign_case(self.state, LEADER, officer.sub))
        return self

    def appraised(self, who: Principal = SPECIALIST, proposal: str = "approve") -> Case:
        self.accepted()
        self.does(who, handlers.appraise_case(self.state, who, proposal, None))
        return self

    def awaiting(self, what: str) -> Case:
        """What: supplement, payment or consultation (of `ASKED`)."""
        self.accepted()
        asks = {
            "supplement": handlers.request_supplement(self.state, SPECIALIST, "Thiếu chữ ký."),
            "payment": handlers.request_payment(self.state, SPECIALIST, 20_000, "Lệ phí."),
            "consultation": handlers.consult_agencies(self.state, SPECIALIST, [ASKED], "Có tranh chấp không?"),
        }
        self.does(SPECIALIST, asks[what])
        return self

    def asks_for_money(self) -> Case:
        self.does(SPECIALIST, handlers.request_payment(self.state, SPECIALIST, 20_000, "Lệ phí."))
        return self

    def supplemented(self) -> Case:
        received = SupplementReceived(appointment=LATER)
        return self.awaiting("supplement").hears(New(received, SupplementReceivedSealed(text="Đã ký.")))

    def paid(self) -> Case:
        return self.awaiting("payment").hears(New(PaymentConfirmed(appointment=LATER, amount_vnd=20_000)))

    def returned(self) -> Case:
        self.appraised()
        self.does(LEADER, handlers.return_case(self.state, LEADER, "Bổ sung ý kiến."))
        return self

    def approved(self) -> Case:
        self.appraised()
        self.does(LEADER, handlers.approve_case(self.state, LEADER, None))
        return self

    def rejected(self) -> Case:
        self.appraised()
        self.does(LEADER, handlers.reject_case(self.state, LEADER, "Không đủ điều kiện."))
        return self
