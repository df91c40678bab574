from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from dossier_review.state import State
from dossier_shared.http.paging import Paged
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.vocabulary.codes import AgencyCode, Subject
from dossier_shared.vocabulary.money import PositiveDong
from dossier_shared.vocabulary.text import HumanText, OptionalText


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Assign(_Body):
    """`officer`: subject of the account it is given to; absent: whoever asks."""

    officer: Subject | None = None


class RequestSupplement(_Body):
    """Everything that is missing, at once: the citizen reads it."""

    text: HumanText


class RequestPayment(_Body):
    amount_vnd: PositiveDong
    reason: HumanText


class Consult(_Body):
    """`agency`: code of the agency asked."""

    agency: AgencyCode
    question: HumanText


class AnswerConsultation(_Body):
    answer: HumanText


class Appraise(_Body):
    proposal: Literal["approve", "reject"]
    note: OptionalText = None


class Approve(_Body):
    note: OptionalText = None


class Reject(_Body):
    reason: HumanText


class Return(_Body):
    reason: HumanText


class WithdrawRequest(_Body):
    """Why what was asked for is not needed any more: the citizen reads it."""

    reason: HumanText


class Stop(_Body):
    reason: HumanText


class Note(_Body):
    text: HumanText


class Awaited(BaseModel):
    """`agency`: the one asked, of a consultation; `amount_vnd`: of a payment."""

    what: Literal["supplement", "payment", "consultation"]
    since: str
    agency: str | None = None
    amount_vnd: int | None = None


class Asked(Awaited):
    """`text`: what is missing, the reason, or the question."""

    text: str


class Answer(BaseModel):
    """`documents`, of a supplement only: SHA-256 of each paper; `names`: their file names, in the same order."""

    asked: Asked
    at: str
    text: str | None
    documents: list[str] | None = None
    names: list[str] | None = None


class CaseView(BaseModel):
    """Instants are ISO 8601, UTC. `due`: the appointment, once accepted. Who did it is a subject, `review` where a rule
    did. `notes`: how many; null where none."""

    id: str
    version: int
    code: str
    status: Literal[
        "submitted", "accepted", "refused", "in_review",
        "awaiting_supplement", "awaiting_payment", "awaiting_consultation", "approved", "rejected",
        "stopped",
    ]  # fmt: skip
    stage: Literal["appraisal", "approval", "waiting"] | None
    procedure: str
    procedure_name: str
    agency: str
    submitted_at: str
    accepted_at: str | None
    due: str | None
    assigned_to: str | None
    proposal: Literal["approve", "reject"] | None
    appraised_by: str | None
    appraised_at: str | None
    decided_by: str | None
    decided_at: str | None
    notes: int | None
    waits_for: Awaited | None


class CaseDetail(CaseView):
    """What it is more than a CaseView, only specialists and leaders see. `form`: the answers, by the procedure's own fields."""

    waits_for: Asked | Awaited | None
    applicant: str | None = None
    form: dict[str, Any] | None = None
    answers: list[Answer] | None = None


class QueueView(Paged):
    items: list[CaseView]


_INSIDE = frozenset({"by", "seq"})  # of a request: who asked, and which of review's events it is
_SHOWN = tuple(name for name in CaseView.model_fields if name not in ("id", "version", "waits_for"))


def case_view(dossier: Dossier[State]) -> dict[str, Any]:
    """What an officer's list shows; no personal data."""
    waits = dossier.state.get("waits_for")
    return {
        "id": dossier.id,
        "version": dossier.version,
        **{key: dossier.state.get(key) for key in _SHOWN},
        "waits_for": {key: value for key, value in waits.items() if key not in _INSIDE | {"text"}} if waits else None,
    }


def case_detail(dossier: Dossier[State], who: Principal) -> dict[str, Any]:
    """Who appraises or decides sees what was filed; a superior does not."""
    if who.roles.isdisjoint({"specialist", "leader"}):
        return case_view(dossier)
    state = dossier.state
    waits = state.get("waits_for")
    return {
        **case_view(dossier),
        "applicant": state.get("holder"),
        "form": state.get("form"),
        "waits_for": {key: value for key, value in waits.items() if key not in _INSIDE} if waits else None,
        "answers": state.get("answers", []),
    }
