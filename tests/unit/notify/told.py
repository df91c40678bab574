"""Intake and signing, telling of one dossier."""

from __future__ import annotations

from typing import Any

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import (
    Accepted,
    Applicant,
    Downloaded,
    Refused,
    RefusedSealed,
    Signed,
    Submitted,
    SubmittedSealed,
)

ID = "0197a2c0-0000-7000-8000-000000000001"
CITIZEN_ID = "001099012345"


class Told:
    """The events of one dossier as the two sources write them. `at`: an instant, when all of it happens."""

    def __init__(self, dossier: str = ID, *, phone: str | None = "+84912345678", at: str | None = None) -> None:
        self.id, self.phone, self.at = dossier, phone, at
        self.filed_by: str | None = None
        self.intake, self.signing = Author("intake", dossier), Author("signing", dossier)

    def submitted(self, *, wants: tuple[str, ...] = ("refused", "result"), **said: Any) -> Event:
        data = Submitted(
            code=said.pop("code", "H19.1-20250701-0000001"),
            procedure="1.001193",
            procedure_name="Đăng ký khai sinh",
            catalogue="1",
            channel="online",
            owner=said.pop("owner", "citizen-1"),
            messages=list(wants),
            overseers=["H19"],
            **said,
        )
        applicant = Applicant(name="Nguyễn Thị Ánh", citizen_id=CITIZEN_ID, phone=self.phone)
        sealed = SubmittedSealed(applicant=applicant, filed_by=self.filed_by)
        return self.intake.says(data, sealed, at=self.at or "2025-07-01T01:00:00.000000Z")

    def accepted(self) -> Event:
        data = Accepted(appointment="2025-07-04T01:00:00.000000Z")
        return self.intake.says(data, at=self.at or "2025-07-01T02:00:00.000000Z")

    def refused(self) -> Event:
        sealed = RefusedSealed(reason="Thiếu giấy chứng sinh")
        return self.intake.says(Refused(), sealed, at="2025-07-01T02:00:00.000000Z")

    def downloaded(self) -> Event:
        return self.signing.says(Downloaded(file="ab" * 32), at="2025-07-04T01:00:00.000000Z")

    def signed(self, outcome: str = "approved") -> Event:
        data = Signed(reference="r-1", number="12/GKS", kind="decision", outcome=outcome, owner="citizen-1")
        return self.signing.says(data, at=self.at or "2025-07-03T01:00:00.000000Z", heard={"review": 2})
