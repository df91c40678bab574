"""A result brought to any state by the events that lead there, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dossier_local.memory import Author
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.events import Approved, DecisionSealed, Rejected, SummaryRow
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.effects import Intent
from dossier_signing import handlers
from dossier_signing.documents.outcomes import Made, NotMade
from dossier_signing.handlers import RULES
from dossier_signing.policy import POLICY
from dossier_signing.state import State, reference_of

AGENCY = "H19.1"
AT = "2025-07-01T01:00:00.000000Z"
DUE = "2025-07-04T10:00:00.000000Z"
UNTIL = datetime.fromisoformat("2025-07-01T01:01:00+00:00")
LEADER = Principal("leader", frozenset({"leader"}), AGENCY, "Trần Thị Bình")
MADE = Made("f" * 64, 4321, "1f")


class Result:
    def __init__(self, kind: str = "certificate", dossier: str = "d-1") -> None:
        self.dossier: Dossier[State] = Dossier(dossier)
        self.kind = kind
        self.review = Author("review", dossier, agency=AGENCY, at=AT)

    @property
    def state(self) -> State:
        return self.dossier.state

    def records(self, news: Sequence[New], actor: str = "leader:leader") -> list[str]:
        for new in news:
            journal.record(RULES, self.dossier, new, time=AT, recorded=AT, agency=AGENCY, actor=actor)
        return [new.data.name for new in news]

    def decided(
        self,
        model: type[Approved | Rejected] = Approved,
        reason: str | None = None,
        holder: str = "Nguyễn Thị Ánh",
        owner: str = "citizen",
        by: str = "",
        **whose: str,
    ) -> Result:
        data = model(
            code=f"H19.1-{self.dossier.id}", procedure="1.001193", procedure_name="Đăng ký khai sinh",
            agency_name="Ủy ban nhân dân xã Bù Đăng", overseers=["H19"], result_kind=self.kind, owner=owner,
            appointment=DUE, **whose,
        )  # fmt: skip
        rows = [SummaryRow(label_vi="Ngày sinh", label_en="Date of birth", value="01/11/2026")]
        sealed = DecisionSealed(holder=holder, summary=rows, reason=reason)
        event = self.review.says(data, sealed, actor=f"leader:{by}" if by else None)
        assert journal.hear(RULES, self.dossier, event, parse_instant(AT), AT)
        return self

    def asked(self, who: Principal = LEADER) -> list[str]:
        if "agency" in self.state:
            POLICY.demand(who, "sign", self.state)
        return self.records(handlers.request_signature(self.dossier.id, self.state, who))

    def intent(self) -> Intent:
        return Intent(self.dossier.id, reference_of(self.dossier.id), self.state, UNTIL)

    def comes_back(self, outcome: Made | NotMade) -> list[str]:
        return self.records(handlers.signature_made(self.intent(), outcome), "rule:signing")
