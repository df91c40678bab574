"""What is asked and recorded where somebody opens a dossier in an emergency. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from dossier_intake.policy import POLICY
from dossier_shared.clock import instant
from dossier_shared.contracts.entries import EmergencyEntry
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid
from dossier_shared.runtime.emergencies import EmergencyView, Sealer, sealed_reason
from dossier_shared.vocabulary.text import Line, letters

LEAST: Final = 20  # letters of a reason: "khẩn cấp" alone is none


class OpenInEmergency(BaseModel):
    """`reason`: why it must be read now; the person whose dossier it is will read it."""

    model_config = ConfigDict(extra="forbid")
    reason: Line


class EmergenciesView(BaseModel):
    items: list[EmergencyView]


def id_of(who: Principal, key: str) -> str:
    """The same for a repeat."""
    return sha256(f"emergency\0{who.sub}\0{key}".encode()).hexdigest()[:16]


def demand_reason(reason: str) -> None:
    """Raises Invalid."""
    if letters(reason) < LEAST:
        raise Invalid(
            "reason-too-short",
            f"Hãy nêu rõ vì sao phải xem hồ sơ ngay, ít nhất {LEAST} ký tự. Người có hồ sơ sẽ đọc lý do này.",
            f"Say why the dossier must be read now, in {LEAST} characters at least. The person will read this reason.",
        )


def opened(
    id_: str, who: Principal, dossier: str, state: Any, holder: str | None, reason: str, keys: Sealer,
    now: datetime, lasts: timedelta,
) -> EmergencyEntry:  # fmt: skip
    """`holder`: by whose key the dossier's sealed parts are encrypted. Raises KeyUnknown."""
    return EmergencyEntry(
        id=id_, dossier=dossier, code=state["code"], agency=state["agency"], subject=who.sub,
        role=next(role for role in POLICY.roles("open-in-emergency") if role in who.roles), officer_agency=who.agency,
        start=instant(now), end=instant(now + lasts), sealed=sealed_reason(reason, dossier, id_, holder, keys),
    )  # fmt: skip
